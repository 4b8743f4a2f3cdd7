using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

/// <summary>Recurrent layers, in one direction or both.</summary>
/// <remarks>Inputs: sequences [T, B, F], weights [D, G H, F] and [D, G H, H], biases [D, 2 G H], lengths [B], first states and cells [D, B, H], with D directions and G gates.
/// Results: states of all steps [T, D, B, H], last states and last cells [D, B, H]. LSTM and GRU as PyTorch has them run in one op each; what differs (other functions, a reset
/// before the product, plain recurrent units) runs step by step.</remarks>
[Operator("LSTM")]
[Operator("GRU")]
[Operator("RNN")]
internal sealed class RecurrentOperator : GraphOperator
{
    private readonly int _gates;
    private readonly int _hidden;
    private readonly bool[] _ways;
    private readonly bool _isBatchFirst;
    private readonly RecurrentWay[] _cells;

    public RecurrentOperator(GraphNode node)
        : base(node)
    {
        _gates = node.Operator switch { "LSTM" => 4, "GRU" => 3, _ => 1 };
        _hidden = (int)Math.Clamp(node.Integer("hidden_size", 0), 0, 1 << 20);
        _isBatchFirst = node.Integer("layout", 0) != 0;
        _ways = node.Text("direction", "forward") switch
        {
            "forward" => [false],
            "reverse" => [true],
            "bidirectional" => [false, true],
            var other => throw Unsupported("a direction 'forward', 'reverse' or 'bidirectional'", $"'{other}'"),
        };
        if (node.Attributes.ContainsKey("clip") || node.Integer("input_forget", 0) != 0)
        {
            throw Unsupported("a layer without 'clip' and 'input_forget'", "one with them");
        }

        string[] functions = node.Texts("activations") ?? [];
        int each = node.Operator == "LSTM" ? 3 : node.Operator == "GRU" ? 2 : 1;
        if (functions.Length > 0 && functions.Length != each * _ways.Length)
        {
            throw Unsupported($"{each * _ways.Length} activations", $"{functions.Length}");
        }

        RecurrentFunctions known = new(node, functions);
        _cells = [.. _ways.Select((isReverse, way) => new RecurrentWay(node, known, way * each, isReverse))];
        if (!_cells.All(c => c.IsKnown))
        {
            throw Unsupported("activations that can be run", string.Join(", ", functions));
        }
    }

    public override GraphRole RoleOf(int input, int count) => input switch
    {
        1 or 2 => GraphRole.Weight,
        3 => GraphRole.Shift,
        _ => GraphRole.Number,
    };

    public override GraphData Run(OperatorInputs x)
    {
        var outputs = new GraphData[1];
        Run(x, outputs);
        return outputs[0];
    }

    public override void Run(OperatorInputs x, Span<GraphData> outputs)
    {
        Tensor sequences = x[0], input = x[1], hidden = x[2];
        int ways = _ways.Length, size = hidden.Rank == 3 ? hidden.Shape[2] : 0;
        if (sequences.Rank != 3 || x.Has(7) || size == 0 || (_hidden > 0 && size != _hidden)
            || !Fits(input, ways, _gates * size, sequences.Shape[2]) || !Fits(hidden, ways, _gates * size, size)
            || (x.Optional(3) is { } biases && !Fits(biases, ways, 2 * _gates * size)))
        {
            throw Unsupported(
                $"sequences [T, B, F] and weights [{ways}, {_gates} x H, F] and [{ways}, {_gates} x H, H] without peepholes", $"{sequences.Shape}, {input.Shape} and {hidden.Shape}{(x.Has(7) ? " with peepholes" : "")}");
        }

        int steps = sequences.Shape[_isBatchFirst ? 1 : 0], batch = sequences.Shape[_isBatchFirst ? 0 : 1];
        if (x.IsTracing)
        {
            int[][] sizes = _isBatchFirst ? [[batch, steps, ways, size], [batch, ways, size]] : [[steps, ways, batch, size], [ways, batch, size]];
            for (int i = 0; i < outputs.Length; i++)
            {
                outputs[i] = OperatorInputs.Zeros(sizes[Math.Min(i, 1)]);
            }

            return;
        }

        Tensor rows = _isBatchFirst ? sequences : sequences.Transpose(0, 1);      // [B, T, F]
        Tensor? lengths = Lengths(x, batch, steps);
        var all = new RecurrentResult[ways];
        for (int way = 0; way < ways; way++)
        {
            all[way] = _cells[way].Run(
                rows, Of(x, 1, way)!.Value, Of(x, 2, way)!.Value, Of(x, 3, way), lengths, First(x, 5, way, batch, size), _gates == 4 ? First(x, 6, way, batch, size) : null);
        }

        int axis = _isBatchFirst ? 1 : 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            outputs[i] = Node.Outputs[i].Length == 0 ? default
                : i == 0 ? Joined([.. all.Select(r => (_isBatchFirst ? r.Output : r.Output.Transpose(0, 1)).Unsqueeze(axis + 1))], axis + 1)
                : Joined([.. all.Select(r => (i == 1 ? r.Hidden : r.Cell).Unsqueeze(axis))], axis);
        }
    }

    private static Tensor Joined(Tensor[] parts, int axis) => parts.Length == 1 ? parts[0] : Tensor.Concat(parts, axis);

    private static bool Fits(Tensor tensor, params ReadOnlySpan<int> sizes) => tensor.Shape.Sizes.SequenceEqual(sizes);

    private static Tensor? Of(OperatorInputs x, int input, int way) => x.Optional(input)?.Select(0, way);

    private static Tensor? Lengths(OperatorInputs x, int batch, int steps)
    {
        if (!x.Has(4) || (x.Data(4).Numbers is { } numbers && numbers.Values.All(v => v == steps)))
        {
            return null;
        }

        Tensor lengths = x[4].ToInt();
        return lengths.Rank == 1 && lengths.Shape[0] == 1 && batch > 1 ? Tensor.From([.. Enumerable.Repeat(lengths.ToIntArray()[0], batch)], [batch]) : lengths;
    }

    // Zeros need not be said; a state that a file has for a batch of one is that of every row.
    private Tensor? First(OperatorInputs x, int input, int way, int batch, int size)
    {
        if (!x.Has(input) || (x.Data(input).Numbers is { } numbers && Array.TrueForAll(numbers.Values, v => v == 0)))
        {
            return null;
        }

        Tensor given = x[input];
        if (given.Rank != 3 || way >= given.Shape[_isBatchFirst ? 1 : 0])
        {
            throw Unsupported($"first states [{_ways.Length}, B, H]", given.Shape.ToString());
        }

        Tensor state = given.Select(_isBatchFirst ? 1 : 0, way);
        return state.Shape[0] == 1 && batch > 1 ? state.Expand(batch, size) : state;
    }
}
