using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Graft.Tensors.Random;

namespace Graft.Tensors.Kernels;

/// <summary>Random factors: 0 with probability p, else 1 / (1 - p). What element i gets depends on the stream's key, its index and i alone.</summary>
/// <remarks>
/// <para>Element i is word i % 4 of block i / 4 of the stream (<see cref="Philox"/>); its upper 24 bits are the number that <see cref="RandomStream.FillUniform"/> would give,
/// and below p the element becomes 0.</para>
/// <para>With AVX2 two times four blocks are computed at once, a word in each 64-bit lane, of which products look at the lower half alone.
/// Integers: every way gives the same bits.</para>
/// </remarks>
internal static unsafe class DropoutMask
{
    // Elements of the blocks computed at once.
    private const int Together = 32;

    /// <summary>Writes the factors of <paramref name="count"/> elements from <paramref name="from"/> on.</summary>
    /// <param name="state">The stream; its position is not looked at.</param>
    /// <param name="p">Probability of 0; in [0, 1).</param>
    /// <param name="from">The first element; at least 0.</param>
    /// <param name="to">Where its factor goes.</param>
    /// <param name="count">Elements.</param>
    public static void Fill(in RandomState state, float p, long from, float* to, int count)
    {
        float scale = 1 / (1 - p);
        uint bound = (uint)Math.Ceiling(p * (double)(1 << 24));
        long i = from, end = from + count;
        to -= from;
        while (i < end)
        {
            if (Avx2.IsSupported && i % 4 == 0 && end - i >= Together)
            {
                Many(state, (ulong)i / 4, bound, scale, to + i);
                i += Together;
                continue;
            }

            (uint x0, uint x1, uint x2, uint x3) = Philox.Block(state.Key, state.Index, (ulong)i / 4);
            long last = Math.Min(end, (i / 4 * 4) + 4);
            for (; i < last; i++)
            {
                uint x = (i % 4) switch { 0 => x0, 1 => x1, 2 => x2, _ => x3 };
                to[i] = x >> 8 < bound ? 0 : scale;
            }
        }
    }

    // Eight blocks. Lanes hold blocks 0, 2, 1, 3 and 4, 6, 5, 7: words of a block then meet in a 128-bit half when they are put together below.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Many(in RandomState state, ulong block, uint bound, float scale, float* to)
    {
        Vector256<ulong> a0 = Vector256.Create(block, block + 2, block + 1, block + 3), b0 = a0 + Vector256.Create(4ul);
        Vector256<ulong> a1 = Vector256.ShiftRightLogical(a0, 32), b1 = Vector256.ShiftRightLogical(b0, 32);
        Vector256<ulong> a2 = Vector256.Create(state.Index & uint.MaxValue), b2 = a2, a3 = Vector256.Create(state.Index >> 32), b3 = a3;
        Vector256<uint> m0 = Vector256.Create((ulong)Philox.Multiplier0).AsUInt32(), m1 = Vector256.Create((ulong)Philox.Multiplier1).AsUInt32();
        uint k0 = (uint)state.Key, k1 = (uint)(state.Key >> 32);
        for (int round = 0; round < 10; round++)
        {
            Vector256<ulong> key0 = Vector256.Create((ulong)k0), key1 = Vector256.Create((ulong)k1);
            Turn(ref a0, ref a1, ref a2, ref a3, m0, m1, key0, key1);
            Turn(ref b0, ref b1, ref b2, ref b3, m0, m1, key0, key1);
            k0 += Philox.Weyl0;
            k1 += Philox.Weyl1;
        }

        Vector256<uint> bounds = Vector256.Create(bound);
        Vector256<float> scales = Vector256.Create(scale);
        Put(a0, a1, a2, a3, bounds, scales, to);
        Put(b0, b1, b2, b3, bounds, scales, to + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(
        ref Vector256<ulong> x0, ref Vector256<ulong> x1, ref Vector256<ulong> x2, ref Vector256<ulong> x3,
        Vector256<uint> m0, Vector256<uint> m1, Vector256<ulong> k0, Vector256<ulong> k1)
    {
        Vector256<ulong> product0 = Avx2.Multiply(x0.AsUInt32(), m0), product1 = Avx2.Multiply(x2.AsUInt32(), m1);
        x0 = Vector256.ShiftRightLogical(product1, 32) ^ x1 ^ k0;
        x1 = product1;
        x2 = Vector256.ShiftRightLogical(product0, 32) ^ x3 ^ k1;
        x3 = product0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(
        Vector256<ulong> x0, Vector256<ulong> x1, Vector256<ulong> x2, Vector256<ulong> x3, Vector256<uint> bounds, Vector256<float> scales, float* to)
    {
        Vector256<ulong> low = Vector256.Create((ulong)uint.MaxValue);
        Vector256<ulong> first = (x0 & low) | Vector256.ShiftLeft(x1, 32), second = (x2 & low) | Vector256.ShiftLeft(x3, 32);
        Choose(Avx2.UnpackLow(first, second), bounds, scales).Store(to);
        Choose(Avx2.UnpackHigh(first, second), bounds, scales).Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Choose(Vector256<ulong> words, Vector256<uint> bounds, Vector256<float> scales)
    {
        Vector256<uint> gone = Vector256.LessThan(Vector256.ShiftRightLogical(words.AsUInt32(), 8).AsInt32(), bounds.AsInt32()).AsUInt32();
        return Vector256.AndNot(scales, gone.AsSingle());
    }
}
