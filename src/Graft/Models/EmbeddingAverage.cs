using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The mean of learned word vectors over the words of a text, then fully connected layers: the model for bags of words.</summary>
/// <remarks>
/// <para>Inputs are counts or weights of words, x ≥ 0 of shape [B, V], as texts become with "inputs: { text: tf }" or tf-idf. With a table E of V rows
/// the mean is (x / Σ x) E: for counts exactly the average of the vectors of all words that the vocabulary has. A text without any gives zeros.</para>
/// <para>Inputs may be tokens as well, [B, T]: then it is the mean of the rows of E over the tokens of each text, and costs as much as these are.</para>
/// <para>The vocabulary is learned on training rows, by the encoder of the inputs. Layers are named words, hidden.0, hidden.1 ...</para>
/// </remarks>
[Named("embedding-average")]
[Paper("Iyyer et al., Deep Unordered Composition Rivals Syntactic Methods for Text Classification, ACL 2015", "https://aclanthology.org/P15-1162")]
public sealed class EmbeddingAverage : Backbone
{
    private const int MostLayers = 100;

    private readonly List<Linear> _layers = [];
    private readonly Dropout? _dropout;
    private WordTable? _words;

    /// <param name="width">Length of a word vector; at least 1.</param>
    /// <param name="hidden">Width of each further layer, with ReLU; up to 100 layers, each at least 1 wide. Left out: none.</param>
    /// <param name="dropout">Share of the mean's and each layer's numbers that is set to 0 in training; in [0, 1).</param>
    public EmbeddingAverage(int width = 100, IReadOnlyList<int>? hidden = null, float dropout = 0)
    {
        Width = Check.AtLeast(1, width);
        Hidden = hidden ?? [];
        if (Hidden.Count > MostLayers || Hidden.Any(h => h < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(hidden), $"hidden: expected at most {MostLayers} widths, each at least 1, got [{string.Join(", ", Hidden.Take(10))}].");
        }

        Dropout = Check.Fraction(dropout);
        _dropout = dropout > 0 ? new Dropout(dropout) : null;
    }

    /// <summary>Length of a word vector.</summary>
    public int Width { get; }

    /// <summary>Width of each further layer.</summary>
    public IReadOnlyList<int> Hidden { get; }

    /// <summary>Share of numbers set to 0 in training.</summary>
    public float Dropout { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers => ["words", .. Hidden.Select((_, i) => HiddenName(i))];

    /// <inheritdoc/>
    public override int BlockCount => Hidden.Count + 1;

    /// <param name="x">Counts of words, each at least 0, shape [B, V], or numbers of tokens, [B, T].</param>
    /// <returns>Shape [B, last width].</returns>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, Tensor? lengths) => RunBlocks(x, lengths);

    /// <summary>The mean of the word vectors, or one hidden layer.</summary>
    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        x = Check.Within(0, BlockCount - 1, index) == 0
            ? Mean(x, lengths)
            : _layers[index - 1].Forward(x, relu: true);
        return _dropout?.Forward(x) ?? x;
    }

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index) => new(InputKind.Table, [Check.Within(0, BlockCount - 1, index) == 0 ? Width : Hidden[index - 1]]);

    /// <summary>Weights of such a network, or vectors of words for its table.</summary>
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file) => _words!.Translate(file, Input, "words");

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"EmbeddingAverage({string.Join(", ", Hidden.Prepend(Width))})");

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        if (input.Kind is not (InputKind.Table or InputKind.Tokens))
        {
            throw new ShapeException(ToString(), "a table of word counts", input.ToString(), input.Kind == InputKind.Picture ? "Use cnn for pictures." : "Use lstm or gru for sequences.");
        }

        _words = new WordTable(input.Kind == InputKind.Tokens ? Check.AtLeast(1, input.Vocabulary) : input.Length, Width, initializer: Init.Normal());
        int width = Width;
        foreach (int next in Hidden)
        {
            _layers.Add(new Linear(width, next));
            width = next;
        }

        return width;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() =>
        Present([("words", _words), .. _layers.Select((l, i) => (HiddenName(i), (Module?)l)), ("dropout", _dropout)]);

    private Tensor Mean(Tensor x, Tensor? lengths) => Input.Kind == InputKind.Tokens
        ? Steps.Mean(_words!.Forward(x), lengths)
        : (x / x.Sum(keepAxes: true, 1).Clamp(1e-6f, float.MaxValue)).MatMul(_words!.Weight!.Value);

    private static string HiddenName(int index) => string.Create(CultureInfo.InvariantCulture, $"hidden.{index}");
}
