using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models.Graphs.Operators;
using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Models.Graphs;

/// <summary>The steps of a graph for inputs of one shape: what is left when everything that only has to do with shapes is computed.</summary>
/// <remarks>The graph is traced side by side for three sizes of the batch. Numbers that come out the same for all are constants; others grow in a straight line with
/// the batch and are found from it when the graph runs. What remains are steps on tensors.</remarks>
internal sealed class GraphPlan
{
    private static readonly int[] Batches = [2, 3, 5];

    // What a small file may ask for: numbers that come out of shapes, and values of two rows.
    private const long MostNumbers = 1 << 24, MostValues = 1 << 28;

    private readonly List<Step> _steps = [];
    private readonly Dictionary<string, int> _slots = new(StringComparer.Ordinal);
    private readonly List<GraphData> _constants = [];
    private readonly List<Line> _lines = [];
    private readonly List<(int Slot, Func<Tensor> Value)> _state = [];
    private readonly int _output;
    private readonly GraphInput _input;
    private readonly List<(int Slot, GraphSide Side)> _sides = [];
    private readonly HashSet<int> _beside = [];
    private volatile Template? _template;
    private long _numbers;

    /// <summary>Traces a graph.</summary>
    /// <param name="structure">The graph.</param>
    /// <param name="input">What one row looks like.</param>
    /// <param name="layers">The layers with the weights, by value.</param>
    /// <param name="state">Where the weights lie, by value.</param>
    /// <exception cref="GraftInputException">The graph cannot be run on such inputs.</exception>
    public GraphPlan(GraphStructure structure, InputShape input, IReadOnlyDictionary<string, GraphLayer> layers, IReadOnlyDictionary<string, Func<Tensor>> state)
    {
        _input = new GraphInput(structure.Input, input);
        using var silence = new NoGrad();
        using var scope = new TensorScope();
        int count = 0, most = 1 + structure.Sides.Count + structure.Numbers.Count + structure.Weights.Count + structure.Nodes.Sum(n => n.Outputs.Count + 1);
        GraphData[][] lanes = [.. Batches.Select(_ => new GraphData[most])];
        Add(structure.Input.Name, [.. Batches.Select(b => (GraphData)_input.Feed(Tensor.Zeros([b, .. input.TensorSizes])))]);
        foreach (GraphSide side in structure.Sides)
        {
            int slot = Add(side.Value.Name, [.. Batches.Select(b => (GraphData)OperatorInputs.Zeros(side.Sizes(b, _input.Shape)))]);
            _sides.Add((slot, side));
            _beside.Add(slot);
        }

        foreach ((string name, GraphTensor tensor) in structure.Numbers)
        {
            var numbers = GraphNumbers.From(tensor);
            Add(name, [numbers, numbers, numbers]);
        }

        foreach (GraphWeight weight in structure.Weights)
        {
            GraphData zeros = OperatorInputs.Zeros([.. weight.Sizes]);
            _state.Add((Add(weight.Value, [zeros, zeros, zeros]), state[weight.Value]));
        }

        foreach (GraphNode node in structure.Nodes)
        {
            Trace(node);
        }

        _output = Slot(structure.Output, "the output");
        if (lanes[0][_output].Tensor is not { Rank: > 0 } || !Batches.Select((b, i) => lanes[i][_output].Sizes[0] == b).All(same => same))
        {
            throw new GraftInputException("", $"graph: expected an output with one row for each of the batch, got [{string.Join(", ", lanes[0][_output].Sizes)}] for {Batches[0]} rows at '{structure.Output}'.");
        }

        Fuse();
        Blocks = Boundaries(lanes[0]);
        OutputSizes = [.. lanes[0][_output].Sizes.Skip(1)];

        int Slot(string name, string taker) => _slots.TryGetValue(name, out int slot) ? slot
            : throw new GraftInputException("", $"graph: expected nodes in the order in which they can be run, got {taker} before '{name}', which it takes.");

        int Add(string name, GraphData[] values)
        {
            int slot = count++;
            if (name.Length > 0)
            {
                _slots[name] = slot;
            }

            for (int i = 0; i < lanes.Length; i++)
            {
                lanes[i][slot] = values[i];
            }

            Remember(slot, values);
            return slot;
        }

        void Trace(GraphNode node)
        {
            var op = GraphOperator.For(node);
            int[] slots = [.. node.Inputs.Select(i => i.Length == 0 ? -1 : Slot(i, $"{node.Operator} '{(node.Name.Length > 0 ? node.Name : node.Outputs[0])}'"))];
            GraphLayer? layer = node.Inputs.Select(i => layers.GetValueOrDefault(i)).FirstOrDefault(l => l is not null);
            try
            {
                OperatorInputs[] inputs = Inputs();
                if (op.Adapt(inputs) is { } adapted)
                {
                    slots[adapted.Input] = Add("", [.. adapted.Lanes.Select(l => (GraphData)l)]);
                    inputs = Inputs();
                }

                GraphData[][] results = [.. inputs.Select(i => Results(op, i, node.Outputs.Count))];
                Bound(results);
                int[] outputs = [.. node.Outputs.Select((name, i) => Add(name, [.. results.Select(r => r[i])]))];
                if (results[0].Any(r => r.Tensor is not null))
                {
                    _steps.Add(new Step(op, slots, outputs, layer));
                    if (slots.Any(_beside.Contains) && slots.All(s => s < 0 || _beside.Contains(s) || lanes[0][s].Numbers is not null))
                    {
                        _beside.UnionWith(outputs);
                    }
                }
            }
            catch (Exception e) when (e is ShapeException or ArgumentException or InvalidOperationException or OverflowException or IndexOutOfRangeException or NullReferenceException or DivideByZeroException)
            {
                throw new GraftInputException("", $"graph: {node.Operator} '{(node.Name.Length > 0 ? node.Name : node.Outputs[0])}' cannot be run on {input}: {e.Message.ReplaceLineEndings(" ")}", inner: e);
            }

            OperatorInputs[] Inputs() => [.. lanes.Select(l => new OperatorInputs(l, slots, isTracing: true, layer, node))];
        }
    }

    /// <summary>What a row looks like when it goes in, filled up where the file wants more steps.</summary>
    public InputShape Input => _input.Shape;

    /// <summary>Sizes of the output of one row.</summary>
    public IReadOnlyList<int> OutputSizes { get; }

    /// <summary>Where it can be cut into parts that run one after the other: the last step of each, what is between it and the next, and its shape.</summary>
    public IReadOnlyList<(int LastStep, int Slot, InputShape Shape)> Blocks { get; }

    /// <summary>All operators that draw in training.</summary>
    public IEnumerable<DropoutOperator> Dropouts => _steps.Select(s => s.Operator).OfType<DropoutOperator>();

    /// <summary>Runs blocks.</summary>
    /// <param name="x">A batch, or what the block before gave.</param>
    /// <param name="lengths">For sequences and texts: integers [B]; null where all rows are full.</param>
    /// <param name="given">What goes into inputs beside the rows, by name; others are made.</param>
    /// <param name="first">The first block.</param>
    /// <param name="last">The last block.</param>
    public Tensor Run(Tensor x, Tensor? lengths, IReadOnlyDictionary<string, Tensor>? given, int first, int last)
    {
        int batch = x.Shape[0];
        Template? known = _template;
        if (known is null || known.Batch != batch)
        {
            known = new Template(batch, [.. _constants]);
            foreach (Line line in _lines)
            {
                known.Values[line.Slot] = line.At(batch);
            }

            _template = known;
        }

        var values = (GraphData[])known.Values.Clone();
        foreach ((int slot, Func<Tensor> value) in _state)
        {
            values[slot] = value();
        }

        foreach ((int slot, GraphSide side) in _sides)
        {
            values[slot] = given is not null && given.TryGetValue(side.Value.Name, out Tensor own) ? own : side.Make(batch, _input.Shape, lengths);
        }

        values[first == 0 ? 0 : Blocks[first - 1].Slot] = first == 0 ? _input.Feed(x) : x;
        int end = last >= Blocks.Count ? _steps.Count - 1 : Blocks[last].LastStep, begin = first == 0 ? 0 : Blocks[first - 1].LastStep + 1;
        for (int i = 0; i <= end; i++)
        {
            // What comes from the inputs beside the rows alone, such as masks, is no part of any block.
            Step step = _steps[i];
            if (i < begin && !_beside.Contains(step.Outputs[0]))
            {
                continue;
            }

            var inputs = new OperatorInputs(values, step.Inputs, isTracing: false, step.Layer, step.Operator.Node);
            if (step.Outputs.Length == 1)
            {
                values[step.Outputs[0]] = step.Operator.Run(inputs);
            }
            else
            {
                GraphData[] results = Results(step.Operator, inputs, step.Outputs.Length);
                for (int k = 0; k < results.Length; k++)
                {
                    values[step.Outputs[k]] = results[k];
                }
            }
        }

        return values[last >= Blocks.Count ? _output : Blocks[last].Slot].Tensor!.Value;
    }

    // Zeros of the trace take no memory; the same values of a batch do.
    private void Bound(GraphData[][] results)
    {
        long values = results[0].Max(r => r.Tensor is { } tensor ? (long)tensor.Count : 0);
        _numbers += results.Sum(lane => lane.Sum(r => (long)(r.Numbers?.Count ?? 0)));
        if (values > MostValues || _numbers > MostNumbers)
        {
            throw new ArgumentException(values > MostValues
                ? string.Create(CultureInfo.InvariantCulture, $"expected at most {MostValues / Batches[0]} values a row, got {values / Batches[0]}.")
                : string.Create(CultureInfo.InvariantCulture, $"expected at most {MostNumbers} numbers that come out of shapes in all, got more."));
        }
    }

    private static GraphData[] Results(GraphOperator op, OperatorInputs inputs, int count)
    {
        var results = new GraphData[count];
        op.Run(inputs, results);
        return results;
    }

    // What is the same for every batch is known for good; what grows with it is a straight line.
    private void Remember(int slot, GraphData[] values)
    {
        while (_constants.Count <= slot)
        {
            _constants.Add(default);
        }

        if (values[0].Numbers is not { } first)
        {
            return;
        }

        if (values.All(v => v.Numbers!.Sizes.SequenceEqual(first.Sizes) && v.Numbers.Values.SequenceEqual(first.Values)))
        {
            _constants[slot] = first;
            return;
        }

        Line line = values.All(v => v.Numbers!.Sizes.SequenceEqual(first.Sizes)) ? Line.Through(slot, values) : Line.Repeated(slot, values) ?? throw Crooked();
        _lines.Add(Batches.Select((b, i) => line.At(b)).Zip(values, (a, v) => a.Sizes.SequenceEqual(v.Numbers!.Sizes) && a.Values.SequenceEqual(v.Numbers.Values)).All(same => same) ? line : throw Crooked());

        static GraftInputException Crooked() => new("", "graph: expected sizes that grow with the batch in a straight line, got others.");
    }

    // A normalization that alone takes what a convolution gives becomes a part of it where both have weights of their own.
    private void FuseNorms()
    {
        bool IsState(int slot) => _state.Exists(s => s.Slot == slot);
        for (int i = _steps.Count - 1; i > 0; i--)
        {
            Step norm = _steps[i];
            if (norm.Operator is not BatchNormalizationOperator { } op || norm.Outputs.Length != 1 || norm.Inputs.Length != 5 || !norm.Inputs.Skip(1).All(IsState))
            {
                continue;
            }

            int taken = norm.Inputs[0], maker = _steps.FindIndex(s => s.Outputs.Contains(taken));
            if (maker >= 0 && _steps[maker].Operator is ConvOperator { Norm: null } conv && _steps[maker].Inputs.Skip(1).All(k => k < 0 || IsState(k)) && IsTakenOnce(taken))
            {
                conv.Norm = op;
                int[] inputs = _steps[maker].Inputs;
                _steps[maker] = new Step(conv, [inputs[0], inputs[1], inputs.Length > 2 ? inputs[2] : -1, .. norm.Inputs[1..]], norm.Outputs, norm.Layer ?? _steps[maker].Layer);
                _steps.RemoveAt(i);
            }
        }
    }

    private bool IsTakenOnce(int slot) => slot != _output && _steps.Sum(s => s.Inputs.Count(k => k == slot)) == 1;

    // A ReLU that alone takes what a convolution gives becomes a part of it.
    private void Fuse()
    {
        FuseNorms();
        for (int i = _steps.Count - 1; i > 0; i--)
        {
            Step relu = _steps[i];
            if (relu.Operator.Node.Operator != "Relu")
            {
                continue;
            }

            int taken = relu.Inputs[0], maker = _steps.FindIndex(s => s.Outputs.Contains(taken));
            if (maker >= 0 && _steps[maker].Operator.TakesRelu && _steps[maker].Outputs.Length == 1 && IsTakenOnce(taken))
            {
                _steps[maker].Operator.Relu = true;
                _steps[maker] = _steps[maker] with { Outputs = relu.Outputs };
                _steps.RemoveAt(i);
            }
        }
    }

    // Places where one value alone is still needed, each with weights before and behind it.
    private List<(int, int, InputShape)> Boundaries(GraphData[] lane)
    {
        var last = new Dictionary<int, int> { [0] = -1 };
        for (int i = 0; i < _steps.Count; i++)
        {
            foreach (int output in _steps[i].Outputs)
            {
                last[output] = i;
            }

            foreach (int input in _steps[i].Inputs.Where(last.ContainsKey))
            {
                last[input] = i;
            }
        }

        last[_output] = int.MaxValue;
        var found = new List<(int, int, InputShape)>();
        var alive = new HashSet<int> { 0 };
        int lastWeights = _steps.FindLastIndex(s => s.Layer is not null);
        bool hasWeights = false;
        for (int i = 0; i < lastWeights; i++)
        {
            alive.UnionWith(_steps[i].Outputs);
            alive.ExceptWith(_beside);
            alive.RemoveWhere(slot => last[slot] <= i);
            hasWeights |= _steps[i].Layer is not null;
            int one = alive.Count == 1 ? alive.First() : -1;
            if (hasWeights && one >= 0 && lane[one].Tensor is { Rank: > 1 and < 5 } tensor && tensor.Shape[0] == Batches[0] && tensor.Count > 0)
            {
                Shape s = tensor.Shape;
                found.Add((i, one, s.Rank switch
                {
                    4 => new InputShape(InputKind.Picture, [s[2], s[3], s[1]]),
                    3 => new InputShape(InputKind.Sequence, [s[1], s[2]]),
                    _ => new InputShape(InputKind.Table, [s[1]]),
                }));
                hasWeights = false;
            }
        }

        return found;
    }

    private sealed record Step(GraphOperator Operator, int[] Inputs, int[] Outputs, GraphLayer? Layer);

    private sealed record Template(int Batch, GraphData[] Values);

    // Numbers that grow with the batch, or, with an axis, the same ones repeated along it, as often as Length says.
    private sealed record Line(int Slot, IReadOnlyList<int> Sizes, double[] Start, double[] Slope, bool IsInteger, int Axis = -1, Line? Length = null)
    {
        public static Line Through(int slot, GraphData[] values)
        {
            double[] a = values[0].Numbers!.Values, b = values[1].Numbers!.Values;
            double[] slope = [.. a.Zip(b, (p, q) => (q - p) / (Batches[1] - Batches[0]))];
            return new Line(slot, values[0].Numbers!.Sizes, [.. a.Zip(slope, (p, s) => p - (s * Batches[0]))], slope, values[0].Numbers!.IsInteger);
        }

        // Of the axis that grows the first place stands for all; whether it may is seen when the line is compared with the values.
        public static Line? Repeated(int slot, GraphData[] values)
        {
            GraphNumbers first = values[0].Numbers!, second = values[1].Numbers!;
            int axis = first.Sizes.Count != second.Sizes.Count ? -1 : Enumerable.Range(0, first.Sizes.Count).FirstOrDefault(i => first.Sizes[i] != second.Sizes[i], -1);
            if (axis < 0 || first.Sizes[axis] == 0)
            {
                return null;
            }

            GraphNumbers one = first.Take(axis, [0], [1]);
            Line length = Through(slot, [.. values.Select(v => (GraphData)GraphNumbers.List([v.Numbers!.Sizes[axis]]))]);
            return new Line(slot, one.Sizes, one.Values, [], one.IsInteger, axis, length);
        }

        public GraphNumbers At(int batch) => Length is null
            ? new(Sizes, [.. Start.Zip(Slope, (a, b) => a + (b * batch))], IsInteger)
            : new GraphNumbers(Sizes, Start, IsInteger).Stretch([.. Sizes.Select((s, i) => i == Axis ? Math.Max(0, Length.At(batch).Integers[0]) : s)]);
    }
}
