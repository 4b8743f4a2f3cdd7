using System.Text.Json.Nodes;
using Graft.Nn.Losses;
using Graft.Tensors;

namespace Graft.Tests.Nn.Losses;

public sealed class LossTests
{
    private static readonly JsonNode Expected = Golden.Read("losses.json");

    public static TheoryData<string> Cases => [.. Create.Keys];

    private static float[] Weights { get; } = Expected["weights"].Floats();

    private static Dictionary<string, Func<(Loss Loss, Tensor Target)>> Create { get; } = new()
    {
        ["cross-entropy"] = () => (new CrossEntropyLoss(), Classes),
        ["cross-entropy-weighted"] = () => (new CrossEntropyLoss(Weights, 0.1f), Classes),
        ["cross-entropy-soft"] = () => (new CrossEntropyLoss(), Rows("probabilities")),
        ["binary-cross-entropy"] = () => (new BinaryCrossEntropyLoss(), Rows("labels")),
        ["binary-cross-entropy-weighted"] = () => (new BinaryCrossEntropyLoss(Weights), Rows("labels")),
        ["mse"] = () => (new MseLoss(), Rows("target")),
        ["l1"] = () => (new L1Loss(), Rows("target")),
        ["huber"] = () => (new HuberLoss(0.7f), Rows("target")),
        ["kl"] = () => (new KlLoss(), Rows("probabilities")),
    };

    private static Tensor Classes => Tensor.From(Expected["classes"].Ints(), [5]);

    // Losses and gradients of order 1 in single precision against double precision.
    [Theory, MemberData(nameof(Cases))]
    public void Loss_and_gradient_are_those_of_PyTorch(string name)
    {
        (Loss loss, Tensor target) = Create[name]();
        Tensor output = Tensor.Variable(Rows("output"));

        Tensor value = loss.Apply(output, target);
        value.Backward();

        Assert.Equal(Expected["cases"]![name]!["loss"]!.GetValue<double>(), value.Item(), tolerance: 2e-6);
        double[] gradient = Expected["cases"]![name]!["gradient"].Doubles();
        float[] actual = output.Grad!.Value.ToArray();
        for (int i = 0; i < gradient.Length; i++)
        {
            Assert.Equal(gradient[i], actual[i], tolerance: 1e-6);
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_target_of_another_shape_is_refused(string name)
    {
        (Loss loss, _) = Create[name]();

        Assert.Throws<ShapeException>(() => loss.Apply(Rows("output"), Tensor.Zeros([3, 2])));
    }

    [Fact]
    public void The_divergence_from_itself_is_0()
    {
        Tensor output = Rows("output");
        Tensor same = (output - output.LogSumExp(keepAxes: true, -1)).Exp();

        Assert.Equal(0, new KlLoss().Apply(output, same).Item(), 1e-6f);
    }

    [Fact]
    public void A_negative_class_weight_is_refused() =>
        Assert.StartsWith("classWeights: expected a number >= 0, got -1.", Assert.Throws<ArgumentOutOfRangeException>(() => new CrossEntropyLoss([1, -1])).Message);

    private static Tensor Rows(string name) => Tensor.From(Expected[name].Floats(), [5, 4]);
}
