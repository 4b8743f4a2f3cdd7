using System.Globalization;
using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>What a recurrent layer gives.</summary>
/// <param name="Output">The hidden state of the last layer after every step, [B, T, D · H] with D = 2 in both directions; 0 beyond a row's length.</param>
/// <param name="Hidden">The hidden state of the last layer after each row's last step, [B, D · H]; backwards that is the first step.</param>
public readonly record struct RecurrentOutput(Tensor Output, Tensor Hidden);

/// <summary>A network that reads sequences step by step and carries a state along; layers stand on each other.</summary>
/// <remarks>State names are those of PyTorch: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, and with _reverse for the way back. All values begin
/// uniform in ±1 / sqrt(H), as there. Sequences come batch first.</remarks>
public abstract class Recurrent : Module
{
    private readonly Parameter[] _parameters;
    private readonly int _directions;

    private protected Recurrent(int inFeatures, int hidden, int layers, bool bidirectional, int gates)
    {
        InFeatures = Check.AtLeast(1, inFeatures);
        Hidden = Check.AtLeast(1, hidden);
        Layers = Check.AtLeast(1, layers);
        _directions = bidirectional ? 2 : 1;
        float bound = 1 / MathF.Sqrt(hidden);
        Initializer uniform = Init.Uniform(-bound, bound);
        _parameters = new Parameter[layers * _directions * 4];
        for (int i = 0; i < _parameters.Length; i += 4)
        {
            int features = i / 4 < _directions ? inFeatures : OutFeatures;
            _parameters[i] = new Parameter([gates * hidden, features], uniform, outputLast: true);
            _parameters[i + 1] = new Parameter([gates * hidden, hidden], uniform, outputLast: true);
            _parameters[i + 2] = new Parameter([gates * hidden], uniform);
            _parameters[i + 3] = new Parameter([gates * hidden], uniform);
        }
    }

    /// <summary>Size of a step of the input.</summary>
    public int InFeatures { get; }

    /// <summary>Size of the state of one direction, H.</summary>
    public int Hidden { get; }

    /// <summary>Number of layers.</summary>
    public int Layers { get; }

    /// <summary>Whether the sequence is read backwards as well.</summary>
    public bool IsBidirectional => _directions == 2;

    /// <summary>Size of a step of the output: H, or 2 · H in both directions.</summary>
    public int OutFeatures => _directions * Hidden;

    /// <param name="x">Shape [B, T, in].</param>
    /// <returns>Shape [B, T, out]: the state after every step.</returns>
    /// <exception cref="ShapeException">The input has other axes.</exception>
    public override Tensor Forward(Tensor x) => Run(x).Output;

    /// <summary>Reads sequences of different lengths.</summary>
    /// <param name="x">Shape [B, T, in].</param>
    /// <param name="lengths">Integers [B], from 0 to T: how many steps of each row count. Left out: all.</param>
    /// <exception cref="ShapeException">The input has other axes, or a length lies outside.</exception>
    public RecurrentOutput Run(Tensor x, Tensor? lengths = null)
    {
        if (x.Rank != 3 || x.Shape[2] != InFeatures)
        {
            throw new ShapeException(ToString()!, $"input [B, T, {InFeatures}]", x.Shape.ToString(), "Sequences come batch first, then time, then features.");
        }

        Tensor hidden = default;
        for (int layer = 0; layer < Layers; layer++)
        {
            RecurrentResult forth = Read(x, layer * _directions, lengths, reverse: false);
            if (_directions == 1)
            {
                (x, hidden) = (forth.Output, forth.Hidden);
                continue;
            }

            RecurrentResult back = Read(x, (layer * 2) + 1, lengths, reverse: true);
            x = Tensor.Concat([forth.Output, back.Output], 2);
            hidden = Tensor.Concat([forth.Hidden, back.Hidden], 1);
        }

        return new RecurrentOutput(x, hidden);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{GetType().Name}({InFeatures} -> {OutFeatures}{(Layers > 1 ? $", {Layers} layers" : "")}{(IsBidirectional ? ", both directions" : "")})");

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Parameter Parameter)> OwnParameters()
    {
        string[] names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
        for (int i = 0; i < _parameters.Length; i++)
        {
            int layer = i / 4 / _directions;
            string way = i / 4 % _directions == 1 ? "_reverse" : "";
            yield return (string.Create(CultureInfo.InvariantCulture, $"{names[i % 4]}_l{layer}{way}"), _parameters[i]);
        }
    }

    /// <summary>One layer in one direction.</summary>
    private protected abstract RecurrentResult Read(
        Tensor x, Tensor inputWeight, Tensor hiddenWeight, Tensor inputBias, Tensor hiddenBias, Tensor? lengths, bool reverse);

    private RecurrentResult Read(Tensor x, int index, Tensor? lengths, bool reverse)
    {
        ReadOnlySpan<Parameter> p = _parameters.AsSpan(index * 4, 4);
        return Read(x, p[0].Value, p[1].Value, p[2].Value, p[3].Value, lengths, reverse);
    }
}
