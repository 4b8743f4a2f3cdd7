using Graft.Data.Encoders;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Layers one after the other, each a line of text: any plain network, for tables and pictures, with names that published weights have.</summary>
/// <remarks>
/// <para>Lines: "conv 16 3 stride 2 padding 1" (channels, window; also dilation, groups, no-bias), "linear 64", "batch-norm", "layer-norm", "max-pool 2 stride 2 padding 0",
/// "avg-pool 2", "mean" (of the whole picture), "flatten", "dropout 0.5", and functions: relu, leaky-relu 0.1, relu6, gelu, silu, elu, tanh, sigmoid, softplus, hard-swish.</para>
/// <para>A layer is called by its place from 0, or by the name behind "as": "conv 8 3 as conv1" has the weight conv1.weight. What comes out last is a row of features;
/// a picture becomes the mean over it.</para>
/// <para>Each line is a block, but for a batch-norm behind a conv, which belongs to its block.</para>
/// </remarks>
[Named("stack")]
public sealed class LayerStack : Backbone
{
    private const int MostLayers = 1000;

    private readonly LayerText[] _texts;
    private readonly int[] _blocks;
    private readonly List<Module> _modules = [];
    private readonly List<InputShape> _outputs = [];
    private Sequential? _all;

    /// <param name="lines">The lines, first to last; 1 to 1000.</param>
    public LayerStack(IReadOnlyList<string> lines)
    {
        Lines = lines.Count is > 0 and <= MostLayers ? lines : throw new ArgumentException($"lines: expected 1 to {MostLayers} layers, got {lines.Count}.", nameof(lines));
        _texts = [.. lines.Select((text, i) => new LayerText(text, i))];
        _blocks = [.. Enumerable.Range(0, _texts.Length).Where(i => !_texts[i].Joins(i == 0 ? null : _texts[i - 1]))];
        if (_texts.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count() != _texts.Length)
        {
            throw new ArgumentException($"lines: expected distinct names, got {_texts.GroupBy(t => t.Name).First(g => g.Count() > 1).Key} twice.", nameof(lines));
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers =>
        [.. _texts.Where((_, i) => i >= _modules.Count || _modules[i].Parameters().Any()).Select(t => t.Name)];

    /// <inheritdoc/>
    public override int BlockCount => _blocks.Length;

    /// <summary>Whether no layer needs the size of a picture: it is averaged before the first row of features.</summary>
    public override bool TakesAnySize => !_texts.Any(t => t.NeedsSize);

    /// <summary>The lines.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <param name="x">Shape [B, F] or [B, C, H, W].</param>
    /// <returns>Shape [B, features].</returns>
    public override Tensor Forward(Tensor x)
    {
        x = _all!.Forward(x);
        return x.Rank == 4 ? x.AdaptiveAvgPool2d(1).Flatten() : x;
    }

    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        int first = _blocks[Check.Within(0, BlockCount - 1, index)], last = LastLine(index);
        x = first == last ? _modules[first].Forward(x) : ((Conv2d)_modules[first]).Forward(x, (BatchNorm)_modules[last]);
        return index == BlockCount - 1 && x.Rank == 4 ? x.AdaptiveAvgPool2d(1).Flatten() : x;
    }

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index) => _outputs[LastLine(Check.Within(0, BlockCount - 1, index))];

    /// <inheritdoc/>
    public override string ToString() => $"LayerStack({_texts.Length} layers)";

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        if (input.Kind is not (InputKind.Table or InputKind.Picture))
        {
            throw new ShapeException(ToString(), "tables or pictures", input.ToString(), "Use lstm or gru for sequences, text-cnn for texts.");
        }

        foreach (LayerText text in _texts)
        {
            _modules.Add(text.Make(ref input));
            _outputs.Add(input);
        }

        _outputs[^1] = input.Kind == InputKind.Picture ? new InputShape(InputKind.Table, [input.Sizes[2]]) : input;
        _all = new Sequential([.. _modules]);
        return _outputs[^1].Length;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() => _modules.Select((m, i) => (_texts[i].Name, m));

    private int LastLine(int block) => (block + 1 < _blocks.Length ? _blocks[block + 1] : _texts.Length) - 1;
}
