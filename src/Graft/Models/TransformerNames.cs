namespace Graft.Models;

/// <summary>What the parts of a transformer are called in published files of weights.</summary>
/// <param name="Layers">Before the number of a layer.</param>
/// <param name="Maps">Queries, keys, values and output of the attention, behind "attention.".</param>
/// <param name="AttentionNorm">What normalizes behind the attention.</param>
/// <param name="Inner">The first of the two maps behind the attention.</param>
/// <param name="Outer">The second.</param>
/// <param name="Norm">What normalizes behind them.</param>
internal sealed record TransformerNames(string Layers, IReadOnlyList<string> Maps, string AttentionNorm, string Inner, string Outer, string Norm)
{
    public static TransformerNames Bert { get; } = new(
        "encoder.layer", ["self.query", "self.key", "self.value", "output.dense"], "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm");

    public static TransformerNames DistilBert { get; } = new(
        "transformer.layer", ["q_lin", "k_lin", "v_lin", "out_lin"], "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm");
}
