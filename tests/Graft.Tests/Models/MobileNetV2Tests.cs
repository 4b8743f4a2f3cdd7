using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Tests.Models;

public sealed class MobileNetV2Tests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [33, 40, 3]);

    protected override int Features => 1000;

    protected override string[] StateNames => PictureNetworkTests.StateOf("mobilenet_v2");

    protected override string[] Layers => [.. Enumerable.Range(0, 19).Select(i => $"features.{i}"), "classifier.1"];

    protected override Backbone Create() => new MobileNetV2(dropout: 0, top: true);

    // torchvision: 0.35 of 32 channels are 11.2, rounded to 8 they would lose more than a tenth.
    [Fact]
    public void Channels_are_multiples_of_8_that_lose_at_most_a_tenth()
    {
        var network = new MobileNetV2(0.35);
        network.Build(new InputShape(InputKind.Picture, [32, 32, 3]));

        Assert.Equal(16, network.BlockOutput(0).Sizes[2]);
        Assert.Equal(1280, network.Features);
    }

    // Large enough that the first blocks run in one go where nothing is recorded.
    [Fact]
    public void Results_in_use_are_those_of_the_parts_one_after_the_other()
    {
        var network = new MobileNetV2(0.5);
        network.Build(new InputShape(InputKind.Picture, [96, 80, 3]));
        network.Initialize(3);
        var values = new float[3 * 3 * 96 * 80];
        var random = new System.Random(4);
        foreach (ref float v in values.AsSpan())
        {
            v = (random.NextSingle() * 4) - 2;
        }

        // A few batches move the running statistics away from 0 and 1.
        Tensor x = Tensor.From(values, [3, 3, 96, 80]);
        network.Forward(x);
        network.Forward(x);
        network.Train(false);
        float[] recorded = network.Forward(x).ToArray();
        float[] used = Used();
        Tensor shift = network.NamedParameters().Single(p => p.Path == "features.2.conv.0.1.bias").Parameter.Value;
        shift.Assign([.. Enumerable.Repeat(0.5f, shift.Count)]);
        float[] after = Used();

        // Folded weights are rounded differently; seventeen blocks add that up.
        Assert.All(recorded.Zip(used), pair => Assert.Equal(pair.First, pair.Second, 2e-4f * (1 + Math.Abs(pair.First))));
        Assert.Contains(used.Zip(after), pair => pair.First != pair.Second);

        float[] Used()
        {
            using var silence = new NoGrad();
            return network.Forward(x).ToArray();
        }
    }
}
