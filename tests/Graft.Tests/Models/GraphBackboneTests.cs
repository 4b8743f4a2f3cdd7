using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Graphs;
using Graft.Models.Weights;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Nn.Optimizers;

namespace Graft.Tests.Models;

public sealed class GraphBackboneTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [16, 16, 3]);

    protected override int Features => 12;

    protected override string[] StateNames =>
    [
        "first.weight [8, 3, 3, 3]", "first.bias [8]", "norm.weight [8]", "norm.bias [8]", "depth.weight [8, 1, 3, 3]", "norm2.weight [8]", "norm2.bias [8]",
        "point.weight [12, 8, 1, 1]", "point.bias [12]", "slope.PRelu.onnx__PRelu_91 [12, 1, 1]",
        "norm.running_mean [8]", "norm.running_var [8]", "norm2.running_mean [8]", "norm2.running_var [8]",
    ];

    protected override string[] Layers => ["first", "norm", "depth", "norm2", "point", "slope.PRelu"];

    protected override Backbone Create() => new GraphBackbone(GoldenFile.PathOf("onnx_windows.onnx"), "/Flatten");

    public static TheoryData<string> Networks => ["windows", "folded", "shapes", "baked", "attention", "attention_baked"];

    [Theory, MemberData(nameof(Networks))]
    public void It_gives_what_the_exporting_program_gives_for_batches_of_any_size(string name)
    {
        JsonNode known = Golden.Read("onnx.json")[name]!;
        int[] sizes = known["sizes"].Ints();
        Backbone trunk = Loaded(name, sizes);
        trunk.Train(false);

        Tensor y = trunk.Forward(Sines(3, sizes));

        float[] expected = [.. known["y"]!.AsArray().SelectMany(r => r.Floats())];
        float largest = expected.Max(Math.Abs);
        Assert.Equal([3, trunk.Features], y.Shape.Sizes.ToArray());
        Assert.All(y.ToArray().Zip(expected), v => Assert.Equal(v.Second, v.First, 2e-5f * largest));
        Assert.Equal(y.ToArray()[..trunk.Features].Select(v => MathF.Round(v, 5)), trunk.Forward(Sines(1, sizes)).ToArray().Select(v => MathF.Round(v, 5)));
    }

    [Theory, MemberData(nameof(Networks))]
    public void It_learns(string name)
    {
        int[] sizes = Golden.Read("onnx.json")[name]!["sizes"].Ints();
        Backbone trunk = Loaded(name, sizes);
        trunk.Train(name == "windows");
        var optimizer = new Adam(1e-3f);
        optimizer.Attach(trunk.Parameters());
        var losses = new List<float>();

        for (int step = 0; step < 6; step++)
        {
            Tensor loss = trunk.Forward(Sines(4, sizes)).Affine(1, -0.3f).Square().Mean();
            losses.Add(loss.Item());
            optimizer.ZeroGrad();
            loss.Backward();
            optimizer.Step();
        }

        Assert.True(losses[^1] < losses[0], $"{losses[0]} -> {losses[^1]}");
    }

    private static GraphBackbone Loaded(string name, int[] sizes)
    {
        var trunk = new GraphBackbone(GoldenFile.PathOf($"onnx_{name}.onnx"));
        trunk.Build(new InputShape(InputKind.Picture, [sizes[1], sizes[2], sizes[0]]));
        trunk.Initialize(1);
        CarryReport report = trunk.LoadWeights(trunk.DefaultWeights!);
        Assert.Empty(report.Missing);
        Assert.Empty(report.WrongShape);
        return trunk;
    }

    private static Tensor Sines(int rows, int[] sizes) => Tensor.From(
        [.. Enumerable.Range(0, rows * sizes[0] * sizes[1] * sizes[2]).Select(i => (float)Math.Sin((i * 0.37) + 1))], [rows, .. sizes]);
}
