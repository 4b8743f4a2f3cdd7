using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.ResumeHost;

/// <summary>A small trunk for pictures: convolution, dropout, linear.</summary>
public sealed class TinyNet : Backbone
{
    public Sequential? Net { get; private set; }

    public override IReadOnlyList<string> Layers => ["net"];

    public override Tensor Forward(Tensor x) => Net!.Forward(x);

    protected override int MakeLayers(InputShape input)
    {
        Net = [new Conv2d(1, 6, 3, stride: 2, padding: 1), new Relu(), new Flatten(), new Dropout(0.2f), new Linear(6 * 4 * 4, 16), new Relu()];
        return 16;
    }
}
