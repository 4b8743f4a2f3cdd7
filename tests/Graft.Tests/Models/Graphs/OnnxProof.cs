using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Models.Graphs;
using Graft.Models.Graphs.Operators;
using Graft.Models.Weights;
using Graft.Tensors;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models.Graphs;

/// <summary>What tests hand out so that other programs can check it: a graph as an ONNX file, inputs, and what must come out.</summary>
/// <remarks>The files go to the folder that the environment variable GRAFT_ONNX names, where there is one; tests/onnx/check.sh runs them.</remarks>
internal static class OnnxProof
{
    /// <summary>Checks that a graph hangs together and that its file says the same, and hands it out.</summary>
    /// <param name="name">The name of the files.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">For each of its inputs rows.</param>
    /// <param name="outputs">For each of its outputs what must come out.</param>
    public static void Check(string name, Graph graph, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> outputs)
    {
        var known = new HashSet<string>(graph.Inputs.Select(i => i.Name).Concat(graph.Constants.Keys), StringComparer.Ordinal) { "" };
        Assert.Equal(graph.Inputs.Count + graph.Constants.Count + 1, known.Count);
        foreach (GraphNode node in graph.Nodes)
        {
            Assert.All(node.Inputs, i => Assert.Contains(i, known));
            Assert.All(node.Outputs, o => Assert.True(known.Add(o), o));
        }

        Assert.Equal(outputs.Count, graph.Outputs.Count);
        Assert.All(graph.Outputs.Zip(outputs), o => Assert.True(o.First.Sizes!.Skip(1).SequenceEqual(o.Second.Shape.Sizes.ToArray().Skip(1)) && o.First.Sizes![0] == -1 && known.Contains(o.First.Name), o.First.Name));
        string? folder = Environment.GetEnvironmentVariable("GRAFT_ONNX");
        using var temporary = new TempFolder();
        string path = Path.Combine(folder ?? temporary.Path, name + ".onnx");
        OnnxFile.Write(graph, path);
        Assert.Equal(graph.Nodes.Select(n => n.ToString()), OnnxFile.Read(path).Nodes.Select(n => n.ToString()));
        if (RunsHere(graph, outputs[0]))
        {
            RunHere(path, inputs, outputs[0]);
        }

        if (folder is not null)
        {
            File.WriteAllText(Path.ChangeExtension(path, ".json"), new JsonObject
            {
                ["inputs"] = new JsonArray([.. graph.Inputs.Zip(inputs).Select(i => Describe(i.First.Name, i.Second))]),
                ["outputs"] = new JsonArray([.. graph.Outputs.Zip(outputs).Select(o => Describe(o.First.Name, o.Second))]),
            }.ToJsonString());
        }
    }

    // A graph of ours runs what has one input, or lengths beside it, and gives rows.
    private static bool RunsHere(Graph graph, Tensor output) => (graph.Inputs.Count == 1 || graph.Inputs is [_, { Name: "lengths" }]) && output.Rank == 2
        && graph.Nodes.All(n => GraphOperator.Has(n.Operator));

    private static void RunHere(string path, IReadOnlyList<Tensor> inputs, Tensor output)
    {
        Tensor input = inputs[0];
        ReadOnlySpan<int> row = input.Shape.Sizes[1..];
        var trunk = new GraphBackbone(path);
        trunk.Build(row.Length switch
        {
            3 => new InputShape(InputKind.Picture, [row[1], row[2], row[0]]),
            2 => new InputShape(InputKind.Sequence, [.. row]),
            _ => new InputShape(input.ElementType == ElementType.Int32 ? InputKind.Tokens : InputKind.Table, [.. row]),
        });
        trunk.Initialize(1);
        if (trunk.StateDictionary().Count > 0)
        {
            CarryReport report = trunk.LoadWeights(path);
            Assert.Empty(report.Missing);
            Assert.Empty(report.WrongShape);
        }

        trunk.Train(false);
        float[] expected = output.ToArray();
        float largest = Math.Max(1, expected.Max(Math.Abs));
        Assert.All(trunk.Forward(input.ToFloat(), inputs.Count > 1 ? inputs[1] : null).ToArray().Zip(expected), v => Assert.Equal(v.Second, v.First, 1e-4f * largest));
    }

    private static JsonObject Describe(string name, Tensor tensor)
    {
        bool isInteger = tensor.ElementType == ElementType.Int32;
        byte[] bytes = isInteger
            ? [.. tensor.ToIntArray().SelectMany(i => BitConverter.GetBytes((long)i))]
            : [.. tensor.ToArray().SelectMany(BitConverter.GetBytes)];
        return new JsonObject
        {
            ["name"] = name,
            ["type"] = isInteger ? "int64" : "float32",
            ["sizes"] = new JsonArray([.. tensor.Shape.Sizes.ToArray().Select(s => JsonValue.Create(s))]),
            ["data"] = Convert.ToBase64String(bytes),
        };
    }
}
