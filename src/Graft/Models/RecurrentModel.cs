using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>How the states of all steps become the features of a sequence.</summary>
public enum SequencePooling
{
    /// <summary>The state after the last step; read backwards, after the first.</summary>
    Last,

    /// <summary>The mean of the states after every step.</summary>
    Mean,

    /// <summary>The greatest value of each number over the states after every step.</summary>
    Max,

    /// <summary>The mean of the states weighted by learned attention (Yang et al., NAACL 2016).</summary>
    Attention,
}

/// <summary>Recurrent layers that stand on each other, for sequences or texts; steps beyond a row's length count nothing.</summary>
/// <remarks>B rows of T steps with F numbers each. A subclass names its layers and makes them. Of texts, a table gives each token its F numbers.</remarks>
public abstract class RecurrentModel : Backbone
{
    private const int MostLayers = 100;

    private readonly List<Recurrent> _layers = [];
    private readonly Dropout? _dropout;
    private readonly string _name;
    private readonly int _width;
    private WordTable? _words;
    private AttentionPooling? _attention;

    /// <param name="width">Length of a word vector, for tokens; 0 for sequences of numbers.</param>
    private protected RecurrentModel(string name, IReadOnlyList<int>? hidden, bool bidirectional, float dropout, SequencePooling pooling, int width = 0)
    {
        Hidden = hidden ?? [64];
        if (Hidden.Count is 0 or > MostLayers || Hidden.Any(h => h < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(hidden), $"hidden: expected 1 to {MostLayers} sizes, each at least 1, got [{string.Join(", ", Hidden.Take(10))}].");
        }

        _name = name;
        _width = width;
        Bidirectional = bidirectional;
        Dropout = Check.Fraction(dropout);
        Pooling = pooling;
        _dropout = dropout > 0 ? new Dropout(dropout) : null;
    }

    /// <summary>Size of the state of each layer.</summary>
    public IReadOnlyList<int> Hidden { get; }

    /// <summary>Whether sequences are read backwards as well.</summary>
    public bool Bidirectional { get; }

    /// <summary>Share of a layer's outputs, and of the features, that is set to 0 in training.</summary>
    public float Dropout { get; }

    /// <summary>How states become features.</summary>
    public SequencePooling Pooling { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers =>
    [
        .. IsForText ? ["words"] : Array.Empty<string>(),
        .. Hidden.Select((_, i) => LayerName(i)),
        .. Pooling == SequencePooling.Attention ? ["attention"] : Array.Empty<string>(),
    ];

    /// <inheritdoc/>
    public override int BlockCount => Hidden.Count + FirstLayer;

    private bool IsForText => _width > 0;

    private int FirstLayer => IsForText ? 1 : 0;

    /// <param name="x">Shape [B, T, F]; of texts the numbers of tokens, [B, T].</param>
    /// <returns>Shape [B, last state]; twice that in both directions.</returns>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? lengths) => RunBlocks(x, lengths);

    /// <summary>The table of words, or one recurrent layer; the last one also makes features of the states.</summary>
    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        int layer = Check.Within(0, BlockCount - 1, index) - FirstLayer;
        if (layer < 0)
        {
            x = _words!.Forward(x);
            return _dropout?.Forward(x) ?? x;
        }

        RecurrentOutput states = _layers[layer].Run(x, lengths);
        Tensor y = layer == _layers.Count - 1 ? Pooled(states, lengths) : states.Output;
        return _dropout?.Forward(y) ?? y;
    }

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index)
    {
        int layer = Check.Within(0, BlockCount - 1, index) - FirstLayer;
        int width = layer < 0 ? _width : (Bidirectional ? 2 : 1) * Hidden[layer];
        return layer == Hidden.Count - 1 ? new(InputKind.Table, [width]) : new(InputKind.Sequence, [Input.Sizes[0], width]);
    }

    /// <summary>Weights of such a network, or vectors of words for its table.</summary>
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file) => _words?.Translate(file, Input, "words") ?? file.Tensors;

    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name}({string.Join(", ", Hidden)}{(Bidirectional ? "; both directions" : "")})";

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        int features;
        if (IsForText)
        {
            _words = WordTable.For(ToString(), input, _width);
            features = _width;
        }
        else
        {
            features = input.Kind == InputKind.Sequence
                ? input.Sizes[1]
                : throw new ShapeException(ToString(), "sequences", input.ToString(), input.Kind switch
                {
                    InputKind.Picture => "Use cnn for pictures.",
                    InputKind.Tokens => $"Use text-{_name} for texts.",
                    _ => "Use mlp for tables.",
                });
        }

        foreach (int size in Hidden)
        {
            Recurrent layer = MakeLayer(features, size);
            _layers.Add(layer);
            features = layer.OutFeatures;
        }

        _attention = Pooling == SequencePooling.Attention ? new AttentionPooling(features, features) : null;
        return features;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() =>
        Present([("words", _words), .. _layers.Select((l, i) => (LayerName(i), (Module?)l)), ("attention", _attention), ("dropout", _dropout)]);

    private protected abstract Recurrent MakeLayer(int features, int hidden);

    private Tensor Pooled(RecurrentOutput states, Tensor? lengths)
    {
        Tensor y = states.Output;
        return Pooling switch
        {
            SequencePooling.Last => states.Hidden,
            SequencePooling.Max => Steps.Max(y, lengths),
            SequencePooling.Attention => _attention!.Forward(y, lengths),
            _ => lengths is { } steps ? y.Sum(1) / steps.ToFloat().Clamp(1, float.MaxValue).Reshape([steps.Count, 1]) : y.Mean(1),
        };
    }

    private string LayerName(int index) => string.Create(CultureInfo.InvariantCulture, $"{_name}.{index}");
}
