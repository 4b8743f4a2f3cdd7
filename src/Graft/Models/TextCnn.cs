using System.Buffers;
using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Convolutions over the words of a text with windows of several sizes, and the greatest value of each over the text.</summary>
/// <remarks>
/// <para>Feature j of a window of h words is max_i relu(w_jᵀ x_{i:i+h-1} + b_j) over all places i where the window lies within the text; a text shorter
/// than a window is filled up with zeros (paper, section 2, equations 1 to 4). B rows of T words with D numbers each; windows x maps features.</para>
/// <para>Cost: 2 B T D h operations a map. Layers are named words, windows.0, windows.1 ...; weights of a window have the shape [maps, D, 1, h].</para>
/// <para>Differs from the paper: rows of the head's weights are not clipped to the norm 3.</para>
/// </remarks>
[Named("text-cnn")]
[Paper("Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014", "https://arxiv.org/abs/1408.5882")]
public sealed class TextCnn : Backbone
{
    private const int MostWindows = 100;

    private readonly List<ConvMaxOverTime> _windows = [];
    private readonly Dropout? _dropout;
    private WordTable? _words;

    /// <param name="width">Length of a word vector; at least 1. Paper: 300.</param>
    /// <param name="windows">Words in each window; 1 to 100 windows, each at least 1 word. Left out: 3, 4 and 5, as in the paper.</param>
    /// <param name="maps">Features of each window; at least 1.</param>
    /// <param name="dropout">Share of the features that is set to 0 in training; in [0, 1).</param>
    /// <param name="channels">Which word vectors are learned.</param>
    public TextCnn(int width = 100, IReadOnlyList<int>? windows = null, int maps = 100, float dropout = 0.5f, WordChannels channels = WordChannels.Learned)
    {
        Width = Check.AtLeast(1, width);
        Windows = windows ?? [3, 4, 5];
        if (Windows.Count is 0 or > MostWindows || Windows.Any(w => w < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(windows), $"windows: expected 1 to {MostWindows} sizes, each at least 1, got [{string.Join(", ", Windows.Take(10))}].");
        }

        Maps = Check.AtLeast(1, maps);
        Dropout = Check.Fraction(dropout);
        Channels = channels;
        _dropout = dropout > 0 ? new Dropout(dropout) : null;
    }

    /// <summary>Length of a word vector.</summary>
    public int Width { get; }

    /// <summary>Words in each window.</summary>
    public IReadOnlyList<int> Windows { get; }

    /// <summary>Features of each window.</summary>
    public int Maps { get; }

    /// <summary>Share of the features that is set to 0 in training.</summary>
    public float Dropout { get; }

    /// <summary>Which word vectors are learned.</summary>
    public WordChannels Channels { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers => ["words", .. Windows.Select((_, i) => WindowName(i))];

    /// <inheritdoc/>
    public override int BlockCount => 2;

    /// <param name="x">Numbers of tokens, [B, T].</param>
    /// <returns>Shape [B, windows x maps].</returns>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <inheritdoc/>
    /// <remarks>No window sees words behind the end of a text, so that they need no mask.</remarks>
    public override Tensor Forward(Tensor x, Tensor? lengths) => Found(_words!.Forward(x), lengths);

    /// <summary>The table of words, or all windows side by side.</summary>
    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths) => Check.Within(0, BlockCount - 1, index) == 0
        ? Steps.Masked(_words!.Forward(x), lengths)
        : Found(x, lengths);

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index) => Check.Within(0, BlockCount - 1, index) == 0
        ? new(InputKind.Sequence, [Input.Sizes[0], Width])
        : new(InputKind.Table, [Windows.Count * Maps]);

    /// <summary>Weights of such a network, or vectors of words for its table.</summary>
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file) => _words!.Translate(file, Input, "words");

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"TextCnn({Width} -> {Maps} x [{string.Join(", ", Windows)}])");

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        _words = WordTable.For(ToString(), input, Width, Channels);
        foreach (int size in Windows)
        {
            _windows.Add(new ConvMaxOverTime(Width, Maps, size));
        }

        return Windows.Count * Maps;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children()
    {
        if (_words is not null)
        {
            yield return ("words", _words);
        }

        for (int i = 0; i < _windows.Count; i++)
        {
            yield return (WindowName(i), _windows[i]);
        }

        if (_dropout is not null)
        {
            yield return ("dropout", _dropout);
        }
    }

    private static string WindowName(int index) => string.Create(CultureInfo.InvariantCulture, $"windows.{index}");

    // All windows side by side. The array is a borrowed one, so that a step allocates nothing.
    private Tensor Found(Tensor x, Tensor? lengths)
    {
        Tensor[] features = ArrayPool<Tensor>.Shared.Rent(_windows.Count);
        for (int i = 0; i < _windows.Count; i++)
        {
            features[i] = _windows[i].Forward(x, lengths);
        }

        Tensor y = Tensor.Concat(features.AsSpan(0, _windows.Count), 1).Relu();
        ArrayPool<Tensor>.Shared.Return(features, clearArray: true);
        return _dropout?.Forward(y) ?? y;
    }
}
