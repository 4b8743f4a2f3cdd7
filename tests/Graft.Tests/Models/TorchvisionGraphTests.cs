using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models.Graphs;
using Graft.Models.Weights;
using Graft.Nn.Optimizers;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Tests.Models;

/// <summary>Networks of torchvision as PyTorch exports them. The files are large: Golden/make_torchvision_onnx.py makes them.</summary>
public sealed class TorchvisionGraphTests
{
    private const double Tolerance = 1e-4;      // of the largest output, as for every network here

    public static TheoryData<string> Networks =>
    [
        "alexnet", "resnet18", "squeezenet1_1", "densenet121", "googlenet", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "shufflenet_v2_x0_5", "mnasnet0_5", "regnet_y_400mf",
        "convnext_tiny", "swin_t",
    ];

    [Theory, MemberData(nameof(Networks))]
    public void It_gives_what_PyTorch_gives_and_learns(string name)
    {
        string? folder = Environment.GetEnvironmentVariable("GRAFT_TORCHVISION");
        Assert.SkipWhen(folder is null, "Needs exported networks: run Golden/make_torchvision_onnx.py and set GRAFT_TORCHVISION to their folder.");
        JsonNode known = JsonNode.Parse(File.ReadAllText(Path.Combine(folder!, "torchvision.json")))![name]!;
        int size = known["size"]!.GetValue<int>();
        var trunk = new GraphBackbone(Path.Combine(folder!, name + ".onnx"));
        trunk.Build(new InputShape(InputKind.Picture, [size, size, 3]));
        trunk.Initialize(1);
        CarryReport report = trunk.LoadWeights(trunk.DefaultWeights!);
        Assert.Empty(report.Missing);
        Assert.Empty(report.WrongShape);
        Assert.Empty(report.Unexpected);
        trunk.Train(false);
        var x = Tensor.From([.. Enumerable.Range(0, 2 * 3 * size * size).Select(i => (float)Math.Sin((i * 0.37) + 1))], [2, 3, size, size]);
        float[] expected = [.. known["y"]!.AsArray().SelectMany(r => r.Floats())];

        double difference;
        using (new NoGrad())
        using (new TensorScope())
        {
            float[] y = trunk.Forward(x).ToArray();
            difference = y.Zip(expected, (a, b) => (double)Math.Abs(a - b)).Max() / expected.Max(Math.Abs);
        }

        // A step as long as the loss would be gone in a straight line, divided by 20.
        double before = Loss().Item(), slope = 0;
        Loss().Backward();
        slope = trunk.Parameters().Sum(p => p.Grad!.Value.ToArray().Sum(g => (double)g * g));
        var optimizer = new Sgd((float)(before / slope / 20));
        optimizer.Attach(trunk.Parameters());
        optimizer.Step();
        double after = Loss().Item();
        File.AppendAllText(
            Path.Combine(folder!, "torchvision_onnx.tsv"),
            string.Create(CultureInfo.InvariantCulture, $"{name}\t{trunk.ParameterCount}\t{trunk.BlockCount}\t{difference:0.0e+0}\t{before:0.0000}\t{after:0.0000}\n"));

        Assert.InRange(difference, 0, Tolerance);
        Assert.True(after < before, $"{before} -> {after}");

        Tensor Loss() => trunk.Forward(x).CrossEntropy(Tensor.From([3, 7], [2]));
    }
}
