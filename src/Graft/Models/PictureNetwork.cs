using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Models;

/// <summary>A network for pictures of the usual form: parts that run one after the other, a mean over the picture behind them, and a classifier where it is wished for.</summary>
/// <remarks>A family makes its parts under the names of its published weights, in the order of the state dictionary, and says how they run.
/// Of such weights the counters of batches are left out: they are not needed.</remarks>
public abstract class PictureNetwork : Backbone
{
    private readonly List<(string Name, Module Part)> _parts = [];
    private readonly List<(Func<Tensor, Tensor> Run, InputShape Output)> _stages = [];

    /// <inheritdoc/>
    public sealed override IReadOnlyList<string> Layers => [.. _parts.Where(p => p.Part.Parameters().Any()).Select(p => p.Name)];

    /// <inheritdoc/>
    public sealed override int BlockCount => Math.Max(1, _stages.Count);

    /// <inheritdoc/>
    public override bool TakesAnySize => true;

    /// <summary>The smallest height and width that go through it.</summary>
    private protected abstract int Least { get; }

    /// <param name="x">Shape [B, C, H, W].</param>
    /// <returns>Shape [B, Features].</returns>
    public sealed override Tensor Forward(Tensor x)
    {
        var chain = Chain.Begin();
        foreach ((Func<Tensor, Tensor> run, _) in _stages)
        {
            x = chain.Next(x, run(x));
        }

        return x;
    }

    /// <inheritdoc/>
    public sealed override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        _ = Input;
        return _stages[Check.Within(0, BlockCount - 1, index)].Run(x);
    }

    /// <inheritdoc/>
    public sealed override InputShape BlockOutput(int index)
    {
        _ = Input;
        return _stages[Check.Within(0, BlockCount - 1, index)].Output;
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file) =>
        file.Tensors.Where(t => !t.Key.EndsWith(".num_batches_tracked", StringComparison.Ordinal)).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);

    /// <inheritdoc/>
    protected sealed override int MakeLayers(InputShape input)
    {
        if (input.Kind != InputKind.Picture || input.Sizes[0] < Least || input.Sizes[1] < Least)
        {
            throw new ShapeException(
                ToString()!, $"pictures of at least {Least} x {Least} pixels", input.ToString(), input.Kind == InputKind.Picture ? "Enlarge them, or use cnn for small pictures." : "Use mlp for tables, lstm or gru for sequences.");
        }

        Make(new PictureExtent(input.Sizes[0], input.Sizes[1], input.Sizes[2]));
        return _stages[^1].Output.Length;
    }

    /// <inheritdoc/>
    protected sealed override IEnumerable<(string Name, Module Child)> Children() => _parts;

    /// <summary>Makes the parts and says how they run.</summary>
    /// <param name="input">The pictures.</param>
    private protected abstract void Make(PictureExtent input);

    /// <summary>Takes a part into the network, behind those it has.</summary>
    /// <param name="name">Its path.</param>
    /// <param name="part">The part.</param>
    private protected T Add<T>(string name, T part)
        where T : Module
    {
        _parts.Add((name, part));
        return part;
    }

    /// <summary>Adds a stage that gives pictures.</summary>
    /// <param name="output">Their extent.</param>
    /// <param name="run">What it computes.</param>
    private protected PictureExtent Stage(PictureExtent output, Func<Tensor, Tensor> run)
    {
        _stages.Add((run, output.Shape));
        return output;
    }

    /// <summary>Adds a stage that gives rows of another form.</summary>
    /// <param name="output">Their form; for the last stage features.</param>
    /// <param name="run">What it computes.</param>
    private protected void Stage(InputShape output, Func<Tensor, Tensor> run) => _stages.Add((run, output));

    /// <summary>Adds the last stage.</summary>
    /// <param name="features">How many features it gives.</param>
    /// <param name="run">What it computes.</param>
    private protected void End(int features, Func<Tensor, Tensor> run) => _stages.Add((run, new InputShape(InputKind.Table, [features])));
}
