using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

/// <summary>One direction of a recurrent layer of ONNX.</summary>
/// <remarks>
/// <para>Blocks of gates stand as ONNX has them: input, output, forget, candidate of an LSTM; update, reset, candidate of a GRU. Where the layer is that of PyTorch they are brought
/// into its order and one op runs all steps.</para>
/// <para>Else step by step: a step that lies beyond a row's length leaves its state as it is, so that a row read backwards begins at its own last step.</para>
/// </remarks>
internal sealed class RecurrentWay
{
    private readonly string _kind;
    private readonly bool _isReverse;
    private readonly bool _isOneOp;
    private readonly bool _resetsLate;
    private readonly Func<Tensor, Tensor>? _gate, _candidate, _show;

    public RecurrentWay(GraphNode node, RecurrentFunctions functions, int first, bool isReverse)
    {
        _kind = node.Operator;
        _isReverse = isReverse;
        _resetsLate = node.Integer("linear_before_reset", 0) != 0;
        bool isPlain = _kind == "RNN";
        _gate = isPlain ? null : functions.Of(first, "Sigmoid");
        _candidate = functions.Of(isPlain ? first : first + 1, "Tanh");
        _show = _kind == "LSTM" ? functions.Of(first + 2, "Tanh") : null;
        _isOneOp = !isPlain && functions.IsUsual(first, "Sigmoid") && functions.IsUsual(first + 1, "Tanh") && (_kind == "LSTM" ? functions.IsUsual(first + 2, "Tanh") : _resetsLate);
        IsKnown = _candidate is not null && (isPlain || _gate is not null) && (_kind != "LSTM" || _show is not null);
    }

    /// <summary>Whether all its functions are known.</summary>
    public bool IsKnown { get; }

    /// <param name="x">Shape [B, T, F].</param>
    /// <param name="input">Shape [G H, F].</param>
    /// <param name="hidden">Shape [G H, H].</param>
    /// <param name="biases">Shape [2 G H]: those of the input, then those of the state.</param>
    /// <param name="lengths">Integers [B], or null.</param>
    /// <param name="state">First states [B, H]; null: zeros.</param>
    /// <param name="cell">First cells [B, H]; null: zeros.</param>
    public RecurrentResult Run(Tensor x, Tensor input, Tensor hidden, Tensor? biases, Tensor? lengths, Tensor? state, Tensor? cell)
    {
        int wide = input.Shape[0];
        Tensor? inputBias = biases?.Slice(0, 0, wide), hiddenBias = biases?.Slice(0, wide, wide);
        if (!_isOneOp)
        {
            return StepByStep(x, input, hidden, inputBias, hiddenBias, lengths, state, cell);
        }

        ReadOnlySpan<int> order = _kind == "LSTM" ? [0, 2, 3, 1] : [1, 0, 2];
        (input, hidden, inputBias, hiddenBias) = (Ordered(input, order), Ordered(hidden, order), inputBias is { } a ? Ordered(a, order) : null, hiddenBias is { } b ? Ordered(b, order) : null);
        return _kind == "LSTM"
            ? x.Lstm(input, hidden, inputBias, hiddenBias, lengths, state, cell, _isReverse)
            : x.Gru(input, hidden, inputBias, hiddenBias, lengths, state, _isReverse);
    }

    private RecurrentResult StepByStep(Tensor x, Tensor input, Tensor hidden, Tensor? inputBias, Tensor? hiddenBias, Tensor? lengths, Tensor? state, Tensor? cell)
    {
        int batch = x.Shape[0], steps = x.Shape[1], size = hidden.Shape[1];
        Tensor h = state ?? Tensor.Zeros([batch, size]), c = cell ?? Tensor.Zeros([batch, size]);
        Tensor all = x.Linear(input, inputBias);      // [B, T, G H]
        Tensor? limit = lengths?.ToFloat().Unsqueeze(1);
        var shown = new Tensor[steps];
        for (int i = 0; i < steps; i++)
        {
            int t = _isReverse ? steps - 1 - i : i;
            (Tensor next, Tensor nextCell) = Step(all.Select(1, t), h, c, hidden, hiddenBias);
            if (limit is { } ends)
            {
                Tensor counts = ends.GreaterThan(Tensor.Full([1, 1], t));      // [B, 1]
                (next, nextCell) = (Tensor.Where(counts.Expand(batch, size), next, h), Tensor.Where(counts.Expand(batch, size), nextCell, c));
                shown[t] = next * counts;
            }
            else
            {
                shown[t] = next;
            }

            (h, c) = (next, nextCell);
        }

        return new RecurrentResult(Tensor.Stack(shown, 1), h, c);
    }

    private (Tensor Hidden, Tensor Cell) Step(Tensor given, Tensor h, Tensor c, Tensor hidden, Tensor? bias)
    {
        int size = h.Shape[1];
        if (_kind == "RNN")
        {
            return (_candidate!(given + h.Linear(hidden, bias)), c);
        }

        if (_kind == "LSTM")
        {
            Tensor sums = given + h.Linear(hidden, bias);
            Tensor next = (_gate!(Block(sums, 2)) * c) + (_gate(Block(sums, 0)) * _candidate!(Block(sums, 3)));
            return (_gate(Block(sums, 1)) * _show!(next), next);
        }

        Tensor gates = _gate!(given.Slice(1, 0, 2 * size) + h.Linear(hidden.Slice(0, 0, 2 * size), bias?.Slice(0, 0, 2 * size)));
        Tensor update = Block(gates, 0), reset = Block(gates, 1), weights = hidden.Slice(0, 2 * size, size);
        Tensor? last = bias?.Slice(0, 2 * size, size);
        Tensor inner = _resetsLate ? reset * h.Linear(weights, last) : (reset * h).Linear(weights, last);
        Tensor candidate = _candidate!(Block(given, 2) + inner);
        return (candidate + (update * (h - candidate)), c);

        Tensor Block(Tensor x, int which) => x.Slice(1, which * size, size);
    }

    private static Tensor Ordered(Tensor blocks, ReadOnlySpan<int> order)
    {
        int size = blocks.Shape[0] / order.Length;
        var parts = new Tensor[order.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = blocks.Slice(0, order[i] * size, size);
        }

        return Tensor.Concat(parts, 0);
    }
}

/// <summary>The functions that a recurrent layer of ONNX names: for its gates, its candidate and what it shows of its cell.</summary>
/// <param name="node">The layer.</param>
/// <param name="names">Its functions, those of all directions; empty for the usual ones.</param>
internal sealed class RecurrentFunctions(GraphNode node, string[] names)
{
    /// <summary>A function; null where it is not known.</summary>
    public Func<Tensor, Tensor>? Of(int place, string usual)
    {
        string name = Name(place, usual);
        float? alpha = At("activation_alpha", place), beta = At("activation_beta", place);
        return name.ToUpperInvariant() switch
        {
            "SIGMOID" => x => x.Sigmoid(),
            "TANH" => x => x.Tanh(),
            "RELU" => x => x.Relu(),
            "HARDSIGMOID" => x => x.HardSigmoid(alpha ?? 0.2f, beta ?? 0.5f),
            "LEAKYRELU" => x => x.LeakyRelu(alpha ?? 0.01f),
            "ELU" => x => x.Elu(alpha ?? 1),
            "AFFINE" => x => x.Affine(alpha ?? 1, beta ?? 0),
            "SOFTPLUS" => x => x.Softplus(),
            "SOFTSIGN" => x => x / (x.Abs() + 1),
            _ => null,
        };
    }

    /// <summary>Whether a function is the usual one.</summary>
    public bool IsUsual(int place, string usual) => string.Equals(Name(place, usual), usual, StringComparison.OrdinalIgnoreCase);

    private string Name(int place, string usual) => names.Length == 0 ? usual : names[place];

    // Numbers stand for those functions alone that take one, in order.
    private float? At(string attribute, int place)
    {
        float[] given = node.Numbers(attribute) ?? [];
        int index = names.Take(place).Count(TakesNumbers);
        return given.Length == names.Length && place < given.Length ? given[place] : index < given.Length && place < names.Length && TakesNumbers(names[place]) ? given[index] : null;
    }

    private static bool TakesNumbers(string name) => name.ToUpperInvariant() is "HARDSIGMOID" or "LEAKYRELU" or "ELU" or "AFFINE";
}
