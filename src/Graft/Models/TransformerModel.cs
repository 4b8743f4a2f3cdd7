using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>How what a transformer says of every token becomes the features of a text.</summary>
public enum TokenPooling
{
    /// <summary>What it says of the first token.</summary>
    Cls,

    /// <summary>The mean over all tokens.</summary>
    Mean,

    /// <summary>The greatest value of each number over all tokens.</summary>
    Max,

    /// <summary>What it says of the first token through one more layer with tanh.</summary>
    Pooler,
}

/// <summary>A transformer that reads a text in both directions; steps behind its end count nothing.</summary>
/// <remarks>
/// <para>B texts of at most T tokens, E numbers each: embeddings, layers (<see cref="TransformerLayer"/>), pooling. Weights begin normal with deviation 0.02.</para>
/// <para>Cost of a layer: 8 B T E² + 4 B T² E + 4 B T E I operations with an inner width I. Names are those of published files; a subclass says which.</para>
/// </remarks>
public abstract class TransformerModel : Backbone
{
    private const int MostLayers = 200;
    private const float Epsilon = 1e-12f;
    private const string WordTableName = "embeddings.word_embeddings.weight";

    private static readonly Initializer Start = Init.Normal(deviation: 0.02f);

    private readonly TransformerNames _names;
    private readonly bool _segments;
    private readonly List<TransformerLayer> _layers = [];
    private TransformerEmbeddings? _embeddings;
    private Linear? _pooler;

    private protected TransformerModel(
        TransformerNames names, bool segments, int width, int depth, int heads, int inner, int positions, TokenPooling pooling, float dropout)
    {
        _names = names;
        _segments = segments;
        Width = Check.AtLeast(1, width);
        Depth = Check.Within(1, MostLayers, depth);
        Heads = Check.AtLeast(1, heads);
        if (width % heads != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(heads), heads, $"heads: expected a divisor of the width {width}, got {heads}.");
        }

        Inner = Check.AtLeast(0, inner);
        Positions = Check.AtLeast(0, positions);
        Pooling = pooling;
        Dropout = Check.Fraction(dropout);
    }

    /// <summary>Numbers that a token has, E.</summary>
    public int Width { get; }

    /// <summary>Number of layers.</summary>
    public int Depth { get; }

    /// <summary>Heads of the attention.</summary>
    public int Heads { get; }

    /// <summary>Width between the two maps of a layer; 0: four times the width.</summary>
    public int Inner { get; }

    /// <summary>Most tokens of a text; 0: those of the input.</summary>
    public int Positions { get; }

    /// <summary>How tokens become features.</summary>
    public TokenPooling Pooling { get; }

    /// <summary>Share of numbers set to 0 in training.</summary>
    public float Dropout { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers =>
        ["embeddings", .. Enumerable.Range(0, Depth).Select(LayerName), .. Pooling == TokenPooling.Pooler ? ["pooler.dense"] : Array.Empty<string>()];

    /// <summary>Embeddings, the layers, and the pooling.</summary>
    public override int BlockCount => Depth + 2;

    /// <param name="x">Numbers of tokens, [B, T].</param>
    /// <returns>Shape [B, E].</returns>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? lengths) => RunBlocks(x, lengths);

    /// <summary>The embeddings, one layer, or the pooling.</summary>
    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        if (Check.Within(0, BlockCount - 1, index) == 0)
        {
            return _embeddings!.Forward(x);
        }

        return index <= Depth ? _layers[index - 1].Forward(x, lengths) : Pooling switch
        {
            TokenPooling.Mean => Steps.Mean(x, lengths),
            TokenPooling.Max => Steps.Max(x, lengths),
            TokenPooling.Pooler => _pooler!.Forward(x.Select(1, 0)).Tanh(),
            _ => x.Select(1, 0),
        };
    }

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index) => Check.Within(0, BlockCount - 1, index) <= Depth
        ? new(InputKind.Sequence, [Input.Sizes[0], Width])
        : new(InputKind.Table, [Width]);

    /// <summary>Takes the name of a whole model off, such as "bert." or "distilbert.", and calls the parts of normalizations by their names of today: gamma is weight, beta is bias.</summary>
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file)
    {
        string prefix = file.Tensors.Keys.FirstOrDefault(n => n.EndsWith(WordTableName, StringComparison.Ordinal))?[..^WordTableName.Length] ?? "";
        var own = new Dictionary<string, NamedArray>(StringComparer.Ordinal);
        foreach ((string name, NamedArray array) in file.Tensors)
        {
            string path = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
            path = path.EndsWith("LayerNorm.gamma", StringComparison.Ordinal) ? path[..^"gamma".Length] + "weight"
                : path.EndsWith("LayerNorm.beta", StringComparison.Ordinal) ? path[..^"beta".Length] + "bias"
                : path;
            own[path] = array;
        }

        return own;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{GetType().Name}({Depth} layers of {Width}, {Heads} heads)");

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        int most = WordTable.Tokens(ToString(), input).Sizes[0];
        if (Positions > 0 && most > Positions)
        {
            throw new ShapeException(ToString(), $"texts of at most {Positions} tokens", input.ToString(), "Cut longer texts, or take more positions.");
        }

        _embeddings = new TransformerEmbeddings(input.Vocabulary, Positions > 0 ? Positions : most, Width, _segments, Dropout, Epsilon, Start);
        for (int i = 0; i < Depth; i++)
        {
            _layers.Add(new TransformerLayer(_names, Width, Heads, Inner > 0 ? Inner : checked(4 * Width), Dropout, Epsilon, Start));
        }

        _pooler = Pooling == TokenPooling.Pooler ? new Linear(Width, Width, initializer: Start) : null;
        return Width;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() =>
        Present([("embeddings", _embeddings), .. _layers.Select((l, i) => (LayerName(i), (Module?)l)), ("pooler.dense", _pooler)]);

    private string LayerName(int index) => string.Create(CultureInfo.InvariantCulture, $"{_names.Layers}.{index}");
}
