using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Graphs;
using Graft.Models.Weights;
using Graft.Tensors;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

/// <summary>Four small models; what is in them and what comes out of them says the script that wrote them, make_tensorflow_lite.py.</summary>
public sealed class TensorFlowLiteFileTests
{
    public static TheoryData<string> Files => ["tensorflow_lite_u8.tflite", "tensorflow_lite_i8.tflite", "tensorflow_lite_f16.tflite", "tensorflow_lite_f32.tflite"];

    [Fact]
    public void Weights_are_what_their_bytes_stand_for()
    {
        WeightFile bytes = WeightFile.Read(GoldenFile.PathOf("tensorflow_lite_u8.tflite")), signed = WeightFile.Read(GoldenFile.PathOf("tensorflow_lite_i8.tflite"));

        NamedArray first = bytes.Tensors["net/first/weights"], each = signed.Tensors["conv/kernel"];
        Assert.Equal("tensorflow-lite", bytes.Format);
        Assert.Equal((9, "U8", "[4, 3, 3, 3]"), (bytes.Tensors.Count, first.Type, first.ShapeText));
        Assert.All(first.Values, v => Assert.Equal(Math.Round((v / 0.02) + 120), (v / 0.02) + 120, 3));       // 0.02 (q - 120)
        Assert.All(each.Values.Select((v, i) => v / (0.01 + (0.002 * (i / 18)))), q => Assert.Equal(Math.Round(q), q, 3));      // a scale for each of 6 kernels of 18
        Assert.Equal([1, 0, 0, 2], signed.Tensors["Pad/paddings"].Values[2..6]);
    }

    [Fact]
    public void Facts_say_what_goes_in_and_what_is_done_with_it()
    {
        IReadOnlyDictionary<string, string> facts = WeightFile.Read(GoldenFile.PathOf("tensorflow_lite_u8.tflite")).ReadFacts();

        Assert.Equal("bytes", facts["description"]);
        Assert.Equal("input U8 [1, 9, 7, 3] as 0.0078125 * (q - 128)", facts["inputs"]);
        Assert.Equal("1 ADD, 1 AVERAGE_POOL_2D, 2 CONV_2D, 1 DEPTHWISE_CONV_2D, 1 FULLY_CONNECTED, 1 RESHAPE, 1 SOFTMAX", facts["operators"]);
    }

    // 1e-5 of the largest: sums of at most 48 products in single precision.
    [Theory, MemberData(nameof(Files))]
    public void Networks_give_what_PyTorch_gives_for_their_arrays(string file)
    {
        JsonNode known = Golden.Read("tensorflow_lite.json").AsArray().Single(k => k!["file"]!.GetValue<string>() == file)!;

        if (known["y"] is not null)
        {
            Near(known["y"].Floats(), Forward(known, null));
        }

        Near(known["at"].Floats(), Forward(known, known["cut"]!.GetValue<string>()));
    }

    [Fact]
    public void Weights_are_learned_under_the_names_of_their_layers_and_carried_from_the_file()
    {
        GraphBackbone bytes = Loaded("tensorflow_lite_u8.tflite", null, [3, 9, 7]), halves = Loaded("tensorflow_lite_f16.tflite", "two/MatMul", [6]);

        Assert.Equal(["net.first", "net.each", "net.project", "net.dense"], bytes.Layers);
        Assert.Equal(
            ["net.dense.bias [5]", "net.dense.kernel [5, 48]", "net.each.bias [8]", "net.each.kernel [8, 1, 3, 3]", "net.first.bias [4]", "net.first.kernel [4, 3, 3, 3]", "net.project.bias [8]", "net.project.kernel [8, 8, 1, 1]"],
            bytes.NamedParameters().Select(p => $"{p.Path} {p.Parameter.Shape}").Order(StringComparer.Ordinal));
        Assert.True(bytes.EndsInSoftmax);
        Assert.Equal(["one", "two"], halves.Layers);      // what is taken off is a number of the structure, as in ONNX
    }

    [Fact]
    public void An_operator_that_is_not_known_is_named_where_the_graph_needs_it()
    {
        string path = GoldenFile.PathOf("tensorflow_lite_f16.tflite");

        var e = Assert.Throws<GraftInputException>(() => new GraphBackbone(path).Build(new InputShape(InputKind.Table, [6])));

        Assert.Equal($"{path}: graph: expected operators that can be run, got TFLite.CUSTOM Magic, which cannot. 'cut' names a node before them to stop at.", e.Message);
    }

    [Fact]
    public void Gradients_reach_every_weight()
    {
        GraphBackbone trunk = Loaded("tensorflow_lite_i8.tflite", null, [3, 8, 8]);

        trunk.Forward(Tensor.From([.. Enumerable.Range(0, 192).Select(i => MathF.Sin(i))], [1, 3, 8, 8])).Square().Sum().Backward();

        Assert.All(trunk.NamedParameters(), p => Assert.Contains(p.Parameter.Value.Grad!.Value.ToArray(), g => g != 0));
    }

    [Theory, MemberData(nameof(Files))]
    public void Damaged_files_give_one_error_and_nothing_else(string file)
    {
        byte[] valid = File.ReadAllBytes(GoldenFile.PathOf(file));
        int read = 0;

        Fuzz.Bytes(
            valid,
            bytes =>
            {
                using TensorFlowLiteFile damaged = TensorFlowLiteFile.Of(new FileBytes(bytes, "model.tflite"));
                _ = damaged.Tensors.Values.Sum(t => t.Values.Length) + damaged.Facts().Count;
                _ = TensorFlowLiteGraph.Read(damaged, "model.tflite");
                read++;
            },
            variants: 2000);

        Assert.InRange(read, 50, 1500);
    }

    // What is read although a byte was changed is refused when it is built, or runs.
    [Fact]
    public void Damaged_graphs_that_can_be_read_are_built_or_give_one_error()
    {
        byte[] valid = File.ReadAllBytes(GoldenFile.PathOf("tensorflow_lite_u8.tflite"));
        var random = new Random(5);
        for (int i = 0; i < 400; i++)
        {
            byte[] bytes = [.. valid];
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));

            Exception? e = Record.Exception(() =>
            {
                using TensorFlowLiteFile damaged = TensorFlowLiteFile.Of(new FileBytes(bytes, "model.tflite"));
                GraphBackbone.From(TensorFlowLiteGraph.Read(damaged, "model.tflite").Graph).Build(new InputShape(InputKind.Picture, [9, 7, 3]));
            });

            Assert.True(e is null or GraftInputException, $"Variant {i}: {e}");
        }
    }

    // RESHAPE may leave out where its sizes come from, not what it reshapes: here it takes what it gives itself.
    [Fact]
    public void A_result_that_nothing_gives_is_named()
    {
        byte[] valid = File.ReadAllBytes(GoldenFile.PathOf("tensorflow_lite_u8.tflite"));
        using TensorFlowLiteFile file = TensorFlowLiteFile.Of(new FileBytes(valid, "model.tflite"));
        TensorFlowLiteOperator reshape = file.Operators.Single(o => o.Name == "RESHAPE");
        string?[] messages = [.. Enumerable.Range(0, valid.Length / 4).Where(i => BitConverter.ToInt32(valid, 4 * i) == reshape.Inputs[0]).Select(place => Record.Exception(() =>
        {
            byte[] bytes = [.. valid];
            BitConverter.TryWriteBytes(bytes.AsSpan(4 * place), reshape.Outputs[0]);
            using TensorFlowLiteFile damaged = TensorFlowLiteFile.Of(new FileBytes(bytes, "model.tflite"));
            TensorFlowLiteGraph.Read(damaged, "model.tflite");
        })?.Message)];

        Assert.Contains($"model.tflite: tensorflow-lite: expected operators that can be run, got RESHAPE before '{file.Values[reshape.Outputs[0]].Name}', which it takes.", messages);
    }

    // Lists may lead to one and the same table again and again: here 200,000 kinds of operators have the same name of a megabyte.
    [Fact]
    public void Parts_that_are_named_again_and_again_take_no_more_memory_than_the_file_allows()
    {
        const int kinds = 200_000, letters = 1 << 20, code = 40 + (4 * kinds);
        byte[] bytes = new byte[code + 20 + letters];
        void At(int place, params ReadOnlySpan<int> values)
        {
            foreach (int value in values)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(place), value);
                place += 4;
            }
        }

        // The root at 24, its fields listed at 12: the version and the list of kinds at 36. Behind that a list of fields, the kind itself, and its name.
        "TFL3"u8.CopyTo(bytes.AsSpan(4));
        ((ReadOnlySpan<byte>)[8, 0, 12, 0, 4, 0, 8, 0]).CopyTo(bytes.AsSpan(12));
        ((ReadOnlySpan<byte>)[8, 0, 8, 0, 0, 0, 4, 0]).CopyTo(bytes.AsSpan(code));
        At(0, 24);
        At(24, 24 - 12, 3, 36 - 32, kinds);
        for (int place = 40; place < code; place += 4)
        {
            At(place, code + 8 - place);
        }

        At(code + 8, 8, 4, letters);
        long before = GC.GetAllocatedBytesForCurrentThread();

        var e = Assert.Throws<GraftInputException>(() => TensorFlowLiteFile.Of(new FileBytes(bytes, "m.tflite")));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4L * bytes.Length) + (16 << 20));
        Assert.Equal("m.tflite: tensorflow-lite: expected a model, got one of more parts or numbers than a file of its size has.", e.Message);
    }

    [Fact]
    public void What_is_wrong_is_said()
    {
        byte[] valid = File.ReadAllBytes(GoldenFile.PathOf("tensorflow_lite_u8.tflite"));
        string Message(params (int At, byte Value)[] changes)
        {
            byte[] bytes = [.. valid];
            foreach ((int at, byte value) in changes)
            {
                bytes[at] = value;
            }

            return Assert.Throws<GraftInputException>(() => TensorFlowLiteFile.Of(new FileBytes(bytes, "m.tflite"))).Message;
        }

        int root = BitConverter.ToInt32(valid, 0), list = root - BitConverter.ToInt32(valid, root), version = root + BitConverter.ToUInt16(valid, list + 4);
        Assert.Equal("m.tflite: tensorflow-lite: expected version 3 of the format, got version 9.", Message((version, 9)));
        Assert.Equal($"m.tflite: at byte {list}: expected a list of a table's fields, got one of 3 bytes.", Message((list, 3), (list + 1, 0)));
        Assert.Equal($"m.tflite: expected 4 bytes of a field at byte 2139062143, got a file of {valid.Length} bytes.", Message((0, 127), (1, 127), (2, 127), (3, 127)));
    }

    private static void Near(float[] expected, float[] actual)
    {
        float largest = expected.Max(Math.Abs);
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), v => Assert.Equal(v.First, v.Second, 1e-5f * largest));
    }

    private static float[] Forward(JsonNode known, string? cut)
    {
        int[] sizes = known["sizes"].Ints();
        GraphBackbone trunk = Loaded(known["file"]!.GetValue<string>(), cut, sizes);
        float[] rows = [.. Enumerable.Range(0, 2 * sizes.Aggregate(1, (a, b) => a * b)).Select(i => (float)Math.Sin((i * 0.37) + known["seed"]!.GetValue<int>()))];
        return trunk.Forward(Tensor.From(rows, [2, .. sizes])).ToArray();
    }

    private static GraphBackbone Loaded(string file, string? cut, int[] sizes)
    {
        var trunk = new GraphBackbone(GoldenFile.PathOf(file), cut);
        trunk.Build(sizes.Length == 1 ? new InputShape(InputKind.Table, sizes) : new InputShape(InputKind.Picture, [sizes[1], sizes[2], sizes[0]]));
        trunk.Initialize(1);
        CarryReport report = trunk.LoadWeights(trunk.DefaultWeights!);
        Assert.Empty(report.Missing);
        Assert.Empty(report.WrongShape);
        trunk.Train(false);
        return trunk;
    }
}
