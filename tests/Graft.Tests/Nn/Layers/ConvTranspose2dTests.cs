using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class ConvTranspose2dTests : LayerConformance
{
    protected override Shape InputShape => [2, 4, 5, 6];

    protected override Shape OutputShape => [2, 3, 10, 12];

    protected override string[] StateNames => ["weight [4, 3, 3, 3]", "bias [3]"];

    protected override (Shape Shape, string Message)? Refused =>
        ([2, 3, 5, 6], "ConvTranspose2d(4 -> 3, 3): expected input [B, 4, H, W], got [2, 3, 5, 6]. Does the layer before it give 4 channels?");

    protected override Module Create() => new ConvTranspose2d(4, 3, 3, stride: 2, padding: 1, outputPadding: 1);
}
