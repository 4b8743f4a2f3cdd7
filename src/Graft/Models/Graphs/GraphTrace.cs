using Graft.Data.Encoders;
using Graft.Models.Graphs.Tracing;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Models.Graphs;

/// <summary>An input of a network that is to become a graph.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Rows">Makes example rows, as many as asked for along axis 0; integers become an input of integers. Rows must differ.</param>
public sealed record GraphSample(string Name, Func<int, Tensor> Rows);

/// <summary>Makes a graph of any computation by running it and listing the ops: no network says twice what it consists of.</summary>
/// <remarks>
/// <para>It runs twice, with 2 rows and with 3. A size that grows with the rows is the batch and stays open in the graph; whatever else differs between
/// the runs cannot be written as a graph and is an error. What depends on parameters and constants alone is computed here and becomes a constant;
/// parameters keep their paths as names. All other sizes are those of the examples, but for the number of steps of sequences and texts: those run for three numbers of them, and what
/// grows with the steps stays open too.</para>
/// <para>Cost: two forward passes, all of whose results are in memory at once.</para>
/// </remarks>
public static class GraphTrace
{
    private const int Few = 2;
    private const int Many = 3;

    /// <summary>The graph of a backbone: its features, [B, F], under the name "features".</summary>
    /// <param name="trunk">Initialized; left as it was.</param>
    /// <exception cref="GraftInputException">Something in it has no operator in ONNX.</exception>
    public static Graph Of(Backbone trunk)
    {
        bool wasTraining = trunk.IsTraining;
        trunk.Train(false);
        try
        {
            return Run(trunk.ToString()!, trunk.StateDictionary(), trunk.Input, given =>
            {
                (Tensor x, Tensor? lengths) = GraphSamples.Taken(given);
                return [("features", trunk.Forward(x, lengths))];
            });
        }
        finally
        {
            trunk.Train(wasTraining);
        }
    }

    /// <summary>Runs a computation on rows of a shape and lists its operators; of sequences and texts for any number of steps, where the operators allow it.</summary>
    /// <param name="name">What the graph is called.</param>
    /// <param name="parameters">Parameters and buffers by path; those that are used become constants of these names.</param>
    /// <param name="input">What a row looks like; see <see cref="GraphSamples"/>. It is the longest one where places have numbers of their own.</param>
    /// <param name="forward">The computation: gets a tensor for each input and gives tensors by name, in order. Networks must not be in training.</param>
    /// <exception cref="GraftInputException">Something in it has no operator in ONNX, or depends on the batch in a way that a graph cannot say.</exception>
    public static Graph Run(
        string name, IReadOnlyDictionary<string, Tensor> parameters, InputShape input, Func<IReadOnlyList<Tensor>, IReadOnlyList<(string Name, Tensor Value)>> forward) =>
        (input.HasLengths ? Open(name, parameters, input, forward) : null) ?? Run(name, parameters, GraphSamples.Of(input), forward);

    /// <summary>Runs a computation and lists its operators.</summary>
    /// <param name="name">What the graph is called.</param>
    /// <param name="parameters">Parameters and buffers by path; those that are used become constants of these names.</param>
    /// <param name="inputs">What goes in; at least one. An input behind the first that nothing looks at is left out of the graph.</param>
    /// <param name="forward">The computation: gets a tensor for each input and gives tensors by name, in order. Networks must not be in training.</param>
    /// <exception cref="GraftInputException">Something in it has no operator in ONNX, or depends on the batch in a way that a graph cannot say.</exception>
    public static Graph Run(
        string name, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyList<GraphSample> inputs,
        Func<IReadOnlyList<Tensor>, IReadOnlyList<(string Name, Tensor Value)>> forward) => Run(name, parameters, inputs, forward, isApart: false);

    // Traces for three numbers of steps, put together; null where they cannot be, as with windows of a stride or rows that are too short.
    private static Graph? Open(
        string name, IReadOnlyDictionary<string, Tensor> parameters, InputShape input, Func<IReadOnlyList<Tensor>, IReadOnlyList<(string Name, Tensor Value)>> forward)
    {
        int longest = input.Sizes[0];
        int[] steps = [longest, longest - 1, Math.Max(2, longest - 3)];
        if (steps[1] <= steps[2])
        {
            return null;
        }

        try
        {
            Graph[] graphs = [.. steps.Select(s => Run(name, parameters, GraphSamples.Of(input with { Sizes = [s, .. input.Sizes.Skip(1)] }), forward, isApart: true))];
            return OpenSteps.Join(graphs, steps) is { } open ? OpenSteps.Shared(open) : null;
        }
        catch (Exception e) when (e is GraftInputException or ShapeException)
        {
            return null;
        }
    }

    private static Graph Run(
        string name, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyList<GraphSample> inputs,
        Func<IReadOnlyList<Tensor>, IReadOnlyList<(string Name, Tensor Value)>> forward, bool isApart)
    {
        using var scope = new TensorScope();
        using var silence = new NoGrad();
        Pass few = Pass.Of(Few, parameters, inputs, forward), many = Pass.Of(Many, parameters, inputs, forward);
        if (few.Trace.Operations.Count != many.Trace.Operations.Count || few.Trace.Values.Count != many.Trace.Values.Count)
        {
            throw TraceBuilder.Refused(name, "the same ops for any number of rows", $"{few.Trace.Operations.Count} ops for {Few} rows and {many.Trace.Operations.Count} for {Many}");
        }

        var builder = new TraceBuilder(name, few.Trace.Values, Few, many.Trace.Values, Many, isApart);
        builder.Reserve(few.Outputs.Select(o => o.Name));
        for (int i = 0; i < inputs.Count; i++)
        {
            builder.AddInput(few.Inputs[i], inputs[i].Name);
        }

        foreach ((int place, string path) in few.Parameters)
        {
            builder.AddParameter(place, path);
        }

        for (int i = 0; i < few.Trace.Operations.Count; i++)
        {
            TraceOperators.Add(new TraceStep(builder, few.Trace.Operations[i], many.Trace.Operations[i]));
        }

        return builder.Build(few.Outputs);
    }

    // One run of the computation, with the places of what matters in its trace.
    private sealed record Pass(Trace Trace, int[] Inputs, IReadOnlyList<(int Place, string Path)> Parameters, IReadOnlyList<(int Place, string Name)> Outputs)
    {
        public static Pass Of(
            int rows, IReadOnlyDictionary<string, Tensor> parameters, IReadOnlyList<GraphSample> inputs,
            Func<IReadOnlyList<Tensor>, IReadOnlyList<(string Name, Tensor Value)>> forward)
        {
            Tensor[] samples = [.. inputs.Select(i => i.Rows(rows))];
            using var trace = new Trace();
            int[] places = [.. samples.Select(trace.PlaceOf)];
            (int, string)[] named = [.. parameters.Select(p => (trace.PlaceOf(p.Value), p.Key))];
            IReadOnlyList<(string Name, Tensor Value)> outputs = forward(samples);
            return new Pass(trace, places, named, [.. outputs.Select(o => (trace.PlaceOf(o.Value), o.Name))]);
        }
    }
}
