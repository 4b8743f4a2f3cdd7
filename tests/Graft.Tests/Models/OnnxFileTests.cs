using System.Runtime.InteropServices;
using Google.Protobuf;
using Graft.Models.Formats;
using Graft.Models.Formats.Onnx;
using Graft.Models.Graphs;
using Graft.Tensors.Random;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

public sealed class OnnxFileTests
{
    [Fact]
    public void A_graph_is_written_and_read_back()
    {
        Graph graph = Small();

        Graph again = Again(graph);

        Assert.Equal(graph.Name, again.Name);
        Assert.Equal(graph.Metadata, again.Metadata);
        Assert.Equal([-1, 3, 8, 8], again.Inputs[0].Sizes);
        Assert.Equal(["y"], again.Outputs.Select(o => o.Name));
        Assert.Equal(graph.Nodes.Select(n => n.ToString()), again.Nodes.Select(n => n.ToString()));
        Assert.Equal([1L, 1, 1, 1], again.Nodes[0].Integers("pads")!);
        Assert.Equal(0.25f, again.Nodes[1].Number("alpha", 0));
        Assert.Equal("nearest", again.Nodes[3].Text("mode", ""));
        Assert.Equal(graph.Constants["w"].Values, again.Constants["w"].Values!);
        Assert.Equal([0L, -1], again.Constants["shape"].Integers!);
        Assert.Equal(0.5f, again.Constants["half"].Values![0]);
        Assert.Empty(again.Constants["half"].Sizes);
    }

    [Fact]
    public void Its_initializers_are_weights_by_name()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".onnx");
        OnnxFile.Write(Small(), path);

        var file = WeightFile.Read(path);
        File.Delete(path);

        Assert.Equal("onnx", file.Format);
        Assert.Equal("[4, 3, 3, 3]", file.Tensors["w"].ShapeText);
        Assert.Equal(["F32", "I64"], ((string[])["w", "shape"]).Select(n => file.Tensors[n].Type));
    }

    // 1.5 in single precision is 0x3fc00000, in half 0x3e00, in brain 0x3fc0.
    [Theory]
    [InlineData(TensorProto.Types.DataType.Float16, new byte[] { 0x00, 0x3e, 0x00, 0xc0 }, "F16", 1.5f, -2f)]
    [InlineData(TensorProto.Types.DataType.Bfloat16, new byte[] { 0xc0, 0x3f, 0x00, 0xc0 }, "BF16", 1.5f, -2f)]
    [InlineData(TensorProto.Types.DataType.Double, new byte[] { 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0 }, "F64", 1.5f, -2f)]
    [InlineData(TensorProto.Types.DataType.Int8, new byte[] { 3, 0xfe }, "I8", 3f, -2f)]
    [InlineData(TensorProto.Types.DataType.Uint16, new byte[] { 3, 0, 0xff, 0xff }, "U16", 3f, 65535f)]
    [InlineData(TensorProto.Types.DataType.Int32, new byte[] { 3, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff }, "I32", 3f, -2f)]
    public void Raw_numbers_of_every_type_are_read(object type, byte[] raw, string name, float first, float second)
    {
        var tensor = new TensorProto { Name = "t", DataType = (int)type, RawData = ByteString.CopyFrom(raw) };
        tensor.Dims.Add(2);

        NamedArray array = OnnxFile.ReadWeights(Model(tensor), "m")["t"];

        Assert.Equal(name, array.Type);
        Assert.Equal([first, second], array.Values);
    }

    [Fact]
    public void Numbers_in_typed_fields_are_read()
    {
        var half = new TensorProto { Name = "half", DataType = (int)TensorProto.Types.DataType.Float16 };
        half.Dims.Add(1);
        half.Int32Data.Add(0x3e00);
        var wide = new TensorProto { Name = "wide", DataType = (int)TensorProto.Types.DataType.Int64 };
        wide.Dims.Add(2);
        wide.Int64Data.Add([7, -7]);
        var plain = new TensorProto { Name = "plain", DataType = (int)TensorProto.Types.DataType.Float };
        plain.FloatData.Add(0.25f);

        IReadOnlyDictionary<string, NamedArray> weights = OnnxFile.ReadWeights(Model(half, wide, plain), "m");

        Assert.Equal([1.5f], weights["half"].Values);
        Assert.Equal([7f, -7], weights["wide"].Values);
        Assert.Equal([0.25f], weights["plain"].Values);
        Assert.Empty(weights["plain"].Sizes);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        var outside = new TensorProto { Name = "w", DataType = 1, DataLocation = TensorProto.Types.DataLocation.External };
        var large = new TensorProto { Name = "w", DataType = 1, RawData = ByteString.CopyFrom(1, 2, 3, 4) };
        large.Dims.Add([1 << 20, 1 << 20]);
        var text = new TensorProto { Name = "w", DataType = (int)TensorProto.Types.DataType.String };

        Assert.Equal(
            "m: onnx: tensor 'w': expected numbers inside the file, got a reference to another file. Save the model as one file.",
            Assert.Throws<GraftInputException>(() => OnnxFile.ReadWeights(Model(outside), "m")).Message);
        Assert.Equal("m: onnx: tensor 'w': expected sizes of at most 2147483647 numbers, got [1048576, 1048576].", Assert.Throws<GraftInputException>(() => OnnxFile.ReadWeights(Model(large), "m")).Message);
        Assert.Equal("m: onnx: tensor 'w': expected numbers, got type 8 of the ONNX standard.", Assert.Throws<GraftInputException>(() => OnnxFile.ReadWeights(Model(text), "m")).Message);
        Assert.Equal("m: onnx: expected a model, got one without a graph.", Assert.Throws<GraftInputException>(() => OnnxFile.Read([], "m")).Message);
    }

    [Fact]
    public void Older_operators_become_those_of_version_17()
    {
        var model = new ModelProto { Graph = new GraphProto() };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 7 });
        model.Graph.Input.Add(new ValueInfoProto { Name = "x" });
        model.Graph.Output.Add(new ValueInfoProto { Name = "s" });
        model.Graph.Node.Add(Node("Clip", "x", "c", new AttributeProto { Name = "max", F = 6 }, new AttributeProto { Name = "min", F = 0 }));
        model.Graph.Node.Add(Node("Dropout", "c", "d", new AttributeProto { Name = "ratio", F = 0.25f }));
        model.Graph.Node.Add(Node("Softmax", "d", "s"));

        Graph graph = OnnxFile.Read(model.ToByteArray(), "m");

        Assert.Equal(["Clip", "Dropout", "Shape", "Flatten", "Softmax", "Reshape"], graph.Nodes.Select(n => n.Operator));
        Assert.Equal(["x", "c.min", "c.max"], graph.Nodes[0].Inputs);
        Assert.Equal(6, graph.Constants["c.max"].Values![0]);
        Assert.Equal(0.25f, graph.Constants[graph.Nodes[1].Inputs[1]].Values![0]);
        Assert.Equal("s", graph.Nodes[^1].Outputs[0]);
    }

    [Fact]
    public void Constants_without_names_are_refused()
    {
        var model = new ModelProto { Graph = new GraphProto() };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        model.Graph.Output.Add(new ValueInfoProto { Name = "y" });
        model.Graph.Node.Add(Node("Constant", "", "", new AttributeProto { Name = "value_float", F = 1 }));
        model.Graph.Node.Add(Node("Constant", "", "", new AttributeProto { Name = "value_float", F = 2 }));

        Assert.Equal("m: onnx: expected constants with names, got one without.", Assert.Throws<GraftInputException>(() => OnnxFile.Read(model.ToByteArray(), "m")).Message);
    }

    [Fact]
    public void A_file_of_nothing_but_small_parts_is_refused_before_it_takes_memory()
    {
        byte[] nodes = new byte[8 << 20];
        for (int i = 0; i < nodes.Length; i += 2)
        {
            nodes[i] = 0x0a;      // field 1, of no bytes
        }

        byte[] bytes = [0x3a, 0x80, 0x80, 0x80, 0x04, .. nodes];
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<GraftInputException>(() => OnnxFile.Read(bytes, "m"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    // Numbers of 4,096 bytes and more stay in the file, whichever field they stand in.
    [Fact]
    public void Long_arrays_are_read_from_the_file_when_they_are_wanted()
    {
        float[] numbers = [.. Enumerable.Range(0, 2000).Select(i => i / 8f)];
        var raw = new TensorProto { Name = "raw", DataType = 1, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(numbers)) };
        raw.Dims.Add([2, 1000]);
        var plain = new TensorProto { Name = "plain", DataType = 1 };
        plain.Dims.Add(2000);
        plain.FloatData.Add(numbers);
        var wide = new TensorProto { Name = "wide", DataType = 11 };
        wide.Dims.Add(2000);
        wide.DoubleData.Add(numbers.Select(n => (double)n));
        var whole = new TensorProto { Name = "whole", DataType = 7, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(Enumerable.Range(0, 600).Select(i => (long)i).ToArray())) };
        whole.Dims.Add(600);
        using var folder = new TempFolder();
        folder.Write("m.onnx", Model(raw, plain, wide, whole));
        string path = Path.Combine(folder.Path, "m.onnx");

        IReadOnlyDictionary<string, NamedArray> weights = OnnxFile.ReadWeights(path);
        Graph graph = OnnxFile.Read(path);

        Assert.All((string[])["raw", "plain", "wide"], name => Assert.Equal(numbers, weights[name].Values));
        Assert.Equal(numbers, graph.Constants["plain"].Values!);
        Assert.Equal(Enumerable.Range(0, 600).Select(i => (long)i), graph.Constants["whole"].Integers!);
        var part = new float[3];
        weights["raw"].CopyTo(1998 - 1, part);
        Assert.Equal([1997 / 8f, 1998 / 8f, 1999 / 8f], part);
    }

    // 8 MB of numbers take their place and little else.
    [Fact]
    public void Loading_takes_no_copy_of_the_file()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "m.onnx");
        OnnxFile.Write(new Graph("m", [], [new GraphValue("w", null)], [], new Dictionary<string, GraphTensor> { ["w"] = new GraphTensor([2, 1 << 20], new float[2 << 20]) }), path);
        var place = new float[2 << 20];
        long before = GC.GetAllocatedBytesForCurrentThread();

        OnnxFile.ReadWeights(path)["w"].CopyTo(place);
        _ = OnnxFile.Read(path);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_long_array_of_the_wrong_size_is_named()
    {
        var tensor = new TensorProto { Name = "w", DataType = 1, RawData = ByteString.CopyFrom(new byte[8000]) };
        tensor.Dims.Add(1999);

        Assert.Equal("m: onnx: tensor 'w': expected 7996 bytes for [1999], got 8000.", Assert.Throws<GraftInputException>(() => OnnxFile.ReadWeights(Model(tensor), "m")).Message);
    }

    [Fact]
    public void Numbers_in_files_beside_the_model_are_read()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "data"));
        folder.Write("data/w.bin", [9, 9, .. MemoryMarshal.AsBytes<float>([1.5f, -2, 7])]);
        TensorProto tensor = Outside("w", 3, ("location", "data/w.bin"), ("offset", "2"), ("length", "12"));
        TensorProto rest = Outside("rest", 1, ("location", "data/w.bin"), ("offset", "10"));
        folder.Write("m.onnx", Model(tensor, rest));

        IReadOnlyDictionary<string, NamedArray> weights = OnnxFile.ReadWeights(Path.Combine(folder.Path, "m.onnx"));

        Assert.Equal([1.5f, -2, 7], weights["w"].Values);
        Assert.Equal([7f], weights["rest"].Values);
        Assert.Equal([1.5f, -2, 7], OnnxFile.Read(Path.Combine(folder.Path, "m.onnx")).Constants["w"].Values!);
    }

    [Theory]
    [InlineData("../w.bin", null, null, "expected numbers in a file below the model's folder, got '../w.bin'.")]
    [InlineData("data/../../w.bin", null, null, "expected numbers in a file below the model's folder, got 'data/../../w.bin'.")]
    [InlineData("..\\w.bin", null, null, "expected numbers in a file below the model's folder, got '..\\w.bin'.")]
    [InlineData("/etc/passwd", null, null, "expected numbers in a file below the model's folder, got '/etc/passwd'.")]
    [InlineData("c:w.bin", null, null, "expected numbers in a file below the model's folder, got 'c:w.bin'.")]
    [InlineData("", null, null, "expected numbers in a file below the model's folder, got ''.")]
    [InlineData("w.bin", "8", "8", "expected numbers within the 12 bytes of 'w.bin', each once, got 8 from 8.")]
    [InlineData("w.bin", "-1", null, "expected 'offset' of its file as a number, got '-1'.")]
    [InlineData("w.bin", null, "9223372036854775807", "expected numbers within the 12 bytes of 'w.bin', each once, got 9223372036854775807 from 0.")]
    [InlineData("w.bin", null, "8", "expected 12 bytes for [3], got 8.")]
    public void Files_beside_the_model_that_lead_elsewhere_or_are_too_short_are_refused(string location, string? offset, string? length, string message)
    {
        using var folder = new TempFolder();
        folder.Write("w.bin", new byte[12]);
        (string, string)[] entries = [("location", location), .. offset is null ? [] : new[] { ("offset", offset) }, .. length is null ? [] : new[] { ("length", length) }];
        folder.Write("m.onnx", Model(Outside("w", 3, entries)));

        var e = Assert.Throws<GraftInputException>(() => OnnxFile.ReadWeights(Path.Combine(folder.Path, "m.onnx")));

        Assert.EndsWith("onnx: tensor 'w': " + message, e.Message, StringComparison.Ordinal);
    }

    // The same bytes for more and more tensors would take more memory than there are bytes.
    [Fact]
    public void A_file_beside_the_model_is_not_read_over_and_over()
    {
        using var folder = new TempFolder();
        folder.Write("w.bin", new byte[12]);
        folder.Write("m.onnx", Model([.. Enumerable.Range(0, 3).Select(i => Outside($"w{i}", 3, ("location", "w.bin")))]));

        var e = Assert.Throws<GraftInputException>(() => OnnxFile.ReadWeights(Path.Combine(folder.Path, "m.onnx")));

        Assert.EndsWith("tensor 'w2': expected numbers within the 12 bytes of 'w.bin', each once, got 12 from 0.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_with_long_arrays_give_one_error_and_nothing_else()
    {
        var raw = new TensorProto { Name = "raw", DataType = 1, RawData = ByteString.CopyFrom(new byte[4400]) };
        raw.Dims.Add([11, 100]);
        var plain = new TensorProto { Name = "plain", DataType = 1 };
        plain.Dims.Add(1100);
        plain.FloatData.Add(new float[1100]);

        Fuzz.Bytes(
            Model(raw, plain),
            damaged =>
            {
                _ = OnnxFile.ReadWeights(damaged, "damaged").Values.Sum(a => a.Values.Length);
                _ = OnnxFile.Read(damaged, "damaged").Constants.Values.Sum(c => c.Values?.Length ?? 0);
            },
            variants: 2000);
    }

    [Fact]
    public void Damaged_files_give_one_error_and_nothing_else()
    {
        string path = Path.GetTempFileName();
        OnnxFile.Write(Small(), path);
        byte[] valid = File.ReadAllBytes(path);
        File.Delete(path);
        var random = RandomStream.For(4, "onnx");
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = i % 4 == 0 ? valid[..random.NextInt(valid.Length)] : [.. valid];
            for (int k = 0; k <= i % 3 && damaged.Length > 0; k++)
            {
                damaged[random.NextInt(damaged.Length)] = (byte)random.NextInt(256);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                OnnxFile.Read(damaged, "damaged");
                OnnxFile.ReadWeights(damaged, "damaged");
            }
            catch (GraftInputException e)
            {
                Assert.StartsWith("damaged: onnx: ", e.Message, StringComparison.Ordinal);
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (8 * valid.Length) + (16 << 20));
        }

        Assert.InRange(refused, 1000, 2900);
    }

    [Theory]
    [InlineData("weights/squeezenet_fp16_onnx/SqueezeNet_fp16.onnx", 52, 1_235_496)]
    [InlineData("weights/small_onnx/cifar10_ImageClassifier.onnx", 10, 50_182)]
    [InlineData("weights/small_onnx/iris_Network.onnx", 6, 795)]
    public void Real_files_hold_the_published_number_of_weights(string file, int tensors, long numbers)
    {
        var read = WeightFile.Read(RealData.PathOf(file));

        KeyValuePair<string, NamedArray>[] weights = [.. read.Tensors.Where(t => t.Value.Type is "F32" or "F16")];
        Assert.Equal("onnx", read.Format);
        Assert.Equal(tensors, weights.Length);
        Assert.Equal(numbers, weights.Sum(w => (long)w.Value.Values.Length));
    }

    private static NodeProto Node(string op, string input, string output, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op };
        node.Input.Add(input);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes);
        return node;
    }

    private static byte[] Model(params TensorProto[] tensors)
    {
        var model = new ModelProto { Graph = new GraphProto() };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });
        model.Graph.Initializer.AddRange(tensors);
        model.Graph.Output.Add(new ValueInfoProto { Name = tensors[0].Name });
        return model.ToByteArray();
    }

    private static Graph Again(Graph graph)
    {
        string path = Path.GetTempFileName();
        OnnxFile.Write(graph, path);
        Graph again = OnnxFile.Read(path);
        File.Delete(path);
        return again;
    }

    private static Graph Small()
    {
        var values = new float[108];
        RandomStream.For(1, "w").FillNormal(values);
        return new Graph(
            "small",
            [new GraphValue("x", [-1, 3, 8, 8])],
            [new GraphValue("y", [-1, 4])],
            [
                new GraphNode("Conv", ["x", "w"], "c", new Dictionary<string, object> { ["pads"] = new long[] { 1, 1, 1, 1 }, ["group"] = 1L }),
                new GraphNode("LeakyRelu", ["c"], "r", new Dictionary<string, object> { ["alpha"] = 0.25f }),
                new GraphNode("Mul", ["r", "half"], "m"),
                new GraphNode("Resize", ["m", "", "scales"], "u", new Dictionary<string, object> { ["mode"] = "nearest" }),
                new GraphNode("GlobalAveragePool", ["u"], "g"),
                new GraphNode("Reshape", ["g", "shape"], "y"),
            ],
            new Dictionary<string, GraphTensor>
            {
                ["w"] = new([4, 3, 3, 3], values),
                ["half"] = new([], [0.5f]),
                ["scales"] = new([4], [1f, 1, 2, 2]),
                ["shape"] = new([2], [0L, -1]),
            })
        {
            Metadata = new Dictionary<string, string> { ["labels"] = "cat, dog" },
        };
    }

    private static TensorProto Outside(string name, int count, params (string Key, string Value)[] entries)
    {
        var tensor = new TensorProto { Name = name, DataType = 1, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.Add(count);
        tensor.ExternalData.Add(entries.Select(e => new StringStringEntryProto { Key = e.Key, Value = e.Value }));
        return tensor;
    }
}
