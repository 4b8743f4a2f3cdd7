using System.Globalization;
using Graft.Data.Encoders;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Fully connected layers, each followed by an activation: the model for tables.</summary>
/// <remarks>Inputs of other kinds are flattened. Layers are named hidden.0, hidden.1 ...</remarks>
[Named("mlp")]
public sealed class Mlp : Backbone
{
    private const int MostLayers = 1000;

    private readonly List<Linear> _layers = [];
    private readonly List<BatchNorm> _norms = [];
    private readonly Dropout? _dropout;

    /// <param name="hidden">Width of each layer; 1 to 1000 layers, each at least 1 wide.</param>
    /// <param name="activation">What follows each layer.</param>
    /// <param name="dropout">Share of a layer's outputs that is set to 0 in training; in [0, 1).</param>
    /// <param name="batchNorm">Whether outputs are normalized over the batch before the activation.</param>
    public Mlp(IReadOnlyList<int> hidden, ActivationKind activation = ActivationKind.Relu, float dropout = 0, bool batchNorm = false)
    {
        if (hidden.Count is 0 or > MostLayers || hidden.Any(h => h < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(hidden), $"hidden: expected 1 to {MostLayers} widths, each at least 1, got [{string.Join(", ", hidden.Take(10))}]. A model without hidden layers is 'linear'.");
        }

        Hidden = hidden;
        Activation = activation;
        Dropout = Check.Fraction(dropout);
        BatchNorm = batchNorm;
        _dropout = dropout > 0 ? new Dropout(dropout) : null;
    }

    /// <summary>Makes a network with ReLU.</summary>
    /// <param name="hidden">Width of each layer.</param>
    public Mlp(params int[] hidden)
        : this((IReadOnlyList<int>)hidden)
    {
    }

    /// <summary>Width of each layer.</summary>
    public IReadOnlyList<int> Hidden { get; }

    /// <summary>What follows each layer.</summary>
    public ActivationKind Activation { get; }

    /// <summary>Share of outputs set to 0 in training.</summary>
    public float Dropout { get; }

    /// <summary>Whether outputs are normalized over the batch.</summary>
    public bool BatchNorm { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers => [.. Hidden.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"hidden.{i}"))];

    /// <inheritdoc/>
    public override int BlockCount => Hidden.Count;

    /// <param name="x">Shape [B, ...], flattened to [B, F].</param>
    /// <returns>Shape [B, last width].</returns>
    public override Tensor Forward(Tensor x)
    {
        for (int i = 0; i < _layers.Count; i++)
        {
            x = Block(i, x, null);
        }

        return x;
    }

    /// <summary>One hidden layer with all that follows it.</summary>
    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        Linear layer = _layers[Check.Within(0, BlockCount - 1, index)];
        x = x.Rank > 2 ? x.Flatten() : x;
        x = BatchNorm ? Activation.Apply(_norms[index].Forward(layer.Forward(x)))
            : Activation == ActivationKind.Relu ? layer.Forward(x, relu: true)
            : Activation.Apply(layer.Forward(x));
        return _dropout?.Forward(x) ?? x;
    }

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index) => new(InputKind.Table, [Hidden[Check.Within(0, BlockCount - 1, index)]]);

    /// <inheritdoc/>
    public override string ToString() => $"Mlp({string.Join(", ", Hidden)})";

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        int width = WordTable.NoTokens(ToString(), input).Length;
        foreach (int next in Hidden)
        {
            _layers.Add(new Linear(width, next));
            if (BatchNorm)
            {
                _norms.Add(new BatchNorm(next));
            }

            width = next;
        }

        return width;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children()
    {
        for (int i = 0; i < _layers.Count; i++)
        {
            yield return (string.Create(CultureInfo.InvariantCulture, $"hidden.{i}"), _layers[i]);
            if (BatchNorm)
            {
                yield return (string.Create(CultureInfo.InvariantCulture, $"hidden.{i}.norm"), _norms[i]);
            }
        }

        if (_dropout is not null)
        {
            yield return ("dropout", _dropout);
        }
    }
}
