using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>A layer that can set its negative results to 0 in the pass that computes them, and so saves a following <see cref="Relu"/>.</summary>
internal interface ITakesRelu
{
    Tensor Forward(Tensor x, bool relu);
}
