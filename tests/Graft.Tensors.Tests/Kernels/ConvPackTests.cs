using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class ConvPackTests
{
    // Whoever keeps packed weights reads them for pictures of other sizes wherever they are said to be packed alike: one picture of 3 x 3 is a single tile, one of 40 x 40 many.
    [Theory, InlineData(32, 32, 3, 1, 1), InlineData(8, 40, 3, 1, 1), InlineData(300, 300, 3, 1, 1), InlineData(3, 16, 7, 2, 1), InlineData(24, 40, 1, 1, 1), InlineData(24, 24, 3, 1, 24), InlineData(12, 20, 5, 1, 1)]
    public void Weights_that_are_packed_alike_are_the_same_numbers(int inputs, int outputs, int side, int stride, int groups)
    {
        ConvShape[] shapes = [.. new (int N, int Size)[] { (1, 1), (1, 3), (1, 4), (2, 5), (1, 8), (3, 17), (1, 40) }
            .Where(s => s.Size + (side / 2 * 2) >= side)
            .Select(s => new ConvShape
            {
                N = s.N, H = s.Size, W = s.Size, Cin = inputs, Cout = outputs, KH = side, KW = side, StrideH = stride, StrideW = stride,
                PadH = side / 2, PadW = side / 2, DilationH = 1, DilationW = 1, Groups = groups,
            })];
        using var weights = Guarded.Random((int)shapes[0].WeightSize + 64, new System.Random(1));

        float[][] packed = [.. shapes.Select(s => Packed(s, weights))];

        for (int a = 0; a < shapes.Length; a++)
        {
            for (int b = 0; b < shapes.Length; b++)
            {
                if (Conv.PacksAlike(shapes[a], shapes[b]))
                {
                    Assert.Equal(packed[a], packed[b]);
                }
            }
        }
    }

    // What packing leaves out stays 0.
    private static float[] Packed(ConvShape shape, Guarded weights)
    {
        using var to = new Guarded((int)Conv.PackedSize(shape));
        to.Span.Clear();
        Conv.Pack(shape, weights.P, to.P);
        return to.Span.ToArray();
    }
}
