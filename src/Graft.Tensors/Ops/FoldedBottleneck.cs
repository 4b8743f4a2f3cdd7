using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

/// <summary>An inverted bottleneck with normalizations in its weights, for results that nobody differentiates: see <see cref="InvertedBlock{V}"/>.</summary>
internal static unsafe class FoldedBottleneck
{
    /// <summary>y = narrow(act(filter(act(widen(x))))), and x where that is added.</summary>
    /// <param name="pictures">Shape [B, C, H, W].</param>
    /// <param name="widen">A 1 x 1 convolution, or absent.</param>
    /// <param name="filter">A depthwise 3 x 3 convolution with a padding of 1 that moves by 1 or 2.</param>
    /// <param name="narrow">A 1 x 1 convolution.</param>
    /// <param name="rectifier">Behind the first two.</param>
    /// <param name="adds">Whether x is added to the result, which then has its shape.</param>
    /// <returns>Shape [B, O, H', W'], or null where the three one after the other are as good.</returns>
    public static Tensor? Apply(Tensor pictures, FoldedPart? widen, in FoldedPart filter, in FoldedPart narrow, Rectifier rectifier, bool adds)
    {
        Tensor first = (widen ?? filter).Conv.Weight, last = narrow.Conv.Weight;
        int channels = widen is null ? first.Shape[0] : first.Shape[1], wide = filter.Conv.Weight.Shape[0];
        if (pictures.Rank != 4 || pictures.Shape[1] != channels || pictures.Shape[2] == 0 || pictures.Shape[3] == 0)
        {
            return null;
        }

        var s = new InvertedShape(
            pictures.Shape[0], pictures.Shape[2], pictures.Shape[3], channels, wide, last.Shape[0], filter.Conv.Stride.Height);
        if (!InvertedBlock.Pays(s))
        {
            return null;
        }

        Node x = PictureLayout.ChannelsLast(pictures, "InvertedBottleneck");
        var shape = Shape.Create([s.N, s.Cout, s.OutH, s.OutW]);
        Node y = Tape.Current.New(shape, shape.ChannelsLast(), null, x);
        InvertedParts parts = default;
        Block? widenMemory = null, filterMemory = null, narrowMemory = null;
        try
        {
            widenMemory = widen is { } w ? w.Folded.Hold(Product(channels, wide), w.Conv, w.Norm, out parts.Widen, out parts.WidenBias) : null;
            var depthwise = new ConvShape { Cin = wide, Cout = wide, Groups = wide, KH = 3, KW = 3 };
            filterMemory = filter.Folded.Hold(depthwise, filter.Conv, filter.Norm, out parts.Filter, out parts.FilterBias);
            narrowMemory = narrow.Folded.Hold(Product(wide, s.Cout), narrow.Conv, narrow.Norm, out parts.Narrow, out parts.NarrowBias);
            parts.WidenIsPacked = Conv.IsHeld(Product(channels, wide));
            parts.NarrowIsPacked = Conv.IsHeld(Product(wide, s.Cout));
            InvertedBlock.Run(s, parts, x.Data, rectifier.Activation(), adds ? x.Data : null, y.Data);
        }
        finally
        {
            widenMemory?.Release();
            filterMemory?.Release();
            narrowMemory?.Release();
        }

        GC.KeepAlive(x);
        return new Tensor(y);
    }

    private static ConvShape Product(int channels, int outputs) => new() { Cin = channels, Cout = outputs };
}
