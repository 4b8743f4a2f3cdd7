using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Tensors;

namespace Graft.Tests.Models;

public sealed class MobileNetV1Tests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [34, 37, 3]);

    protected override int Features => 1024;

    protected override string[] StateNames => PictureNetworkTests.StateOf("mobilenet_v1", without: "classifier.");

    protected override string[] Layers =>
        ["conv_stem", "bn1", .. new[] { 1, 2, 2, 6, 2 }.SelectMany((n, s) => Enumerable.Range(0, n).Select(i => $"blocks.{s}.{i}"))];

    protected override Backbone Create() => new MobileNetV1(activation: ActivationKind.Relu, samePadding: true, epsilon: 1e-3f);

    // Windows over pictures with an even side begin at their first pixel, over those with an odd side one before it.
    [Fact]
    public void Same_padding_is_that_of_Keras()
    {
        Tensor x = Tensor.From([.. Enumerable.Range(0, 42).Select(i => (float)i)], [1, 1, 6, 7]);
        var network = new MobileNetV1(0.04, ActivationKind.None, samePadding: true, epsilon: 1e-12f);
        network.Build(new InputShape(InputKind.Picture, [6, 7, 1]));
        network.Initialize(1);
        network.StateDictionary()["conv_stem.weight"].Assign([0, 1, 0, 0, 0, 0, 0, 0, 0]);
        network.Train(false);

        // The upper middle of each window: rows 0, 2 and 4; columns 0, 2, 4 and 6.
        Assert.Equal([0f, 2, 4, 6, 14, 16, 18, 20, 28, 30, 32, 34], network.Block(0, x, null).ToArray());
    }

    [Fact]
    public void Weights_of_Keras_and_of_RetinaFace_come_under_its_names()
    {
        var network = new MobileNetV1(top: true, samePadding: true, epsilon: 1e-3f);
        network.Build(new InputShape(InputKind.Picture, [32, 32, 3]));
        NamedArray window = new([3, 3, 2, 1], new float[18]), vector = new([2], new float[2]);

        string Own(string name, NamedArray array) => network.Translate(new WeightFile("keras", new Dictionary<string, NamedArray> { [name] = array })).Select(t => $"{t.Key} {t.Value.ShapeText}").Single();

        Assert.Equal("conv_stem.weight [1, 2, 3, 3]", Own("conv1/kernel:0", window));
        Assert.Equal("bn1.running_var [2]", Own("conv1_bn/moving_variance:0", vector));
        Assert.Equal("blocks.0.0.conv_dw.weight [2, 1, 3, 3]", Own("conv_dw_1/depthwise_kernel:0", window));
        Assert.Equal("blocks.3.5.bn2.weight [2]", Own("conv_pw_11_bn/gamma:0", vector));
        Assert.Equal("conv_pw_14_bn/gamma:0 [2]", Own("conv_pw_14_bn/gamma:0", vector));
        Assert.Equal("classifier.bias [2]", Own("conv_preds/bias:0", vector));
        Assert.Equal("conv_stem.weight [2]", Own("body.stage1.0.0.weight", vector));
        Assert.Equal("blocks.0.0.conv_dw.weight [2]", Own("body.stage1.1.0.weight", vector));
        Assert.Equal("blocks.3.0.bn2.running_mean [2]", Own("body.stage2.0.4.running_mean", vector));
        Assert.Equal("blocks.4.1.conv_pw.weight [2]", Own("body.stage3.1.3.weight", vector));
        Assert.Equal("body.stage3.2.3.weight [2]", Own("body.stage3.2.3.weight", vector));
    }
}
