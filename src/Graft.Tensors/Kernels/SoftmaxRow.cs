using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>Softmax of rows of numbers: their greatest one, powers of the distances from it, and each power's share of their sum.</summary>
/// <remarks>
/// The three passes over a row have something to wait for at their ends: the greatest of all lanes, the sum of all lanes, a division. And memory is asked for in the first of them
/// and written to in the last. So long results are made by one loop that is at a different pass of three rows (<see cref="ForwardFar"/>): while the powers of a row are
/// formed, the greatest of the next one is sought, and the shares of the one before leave past the cache. Either way a row's sum is formed of two registers, even and
/// odd ones: the same bits.
/// </remarks>
internal static unsafe class SoftmaxRow<V>
    where V : struct, IVec<V>
{
    // Floats between what is read now and what is asked of memory: 2 KB. Half and twice as many make no difference.
    private const int Ahead = 512;

    // Floats in 4 KB.
    private const int Page = 1024;

    /// <summary>y = softmax(scale * x) of one row, scale being 0 or greater; in place allowed.</summary>
    public static void Forward(float* x, float* y, int n, float scale)
    {
        float sum = Powers(x, y, n, Softmax.RowMax<V>(x, n), new Rate(scale));
        Shares(y, n, sum);
    }

    /// <summary>The same of rows of whole registers one behind the other, written past the cache; not in place.</summary>
    public static void ForwardFar(int rows, int n, float* x, float* y, float scale)
    {
        var rate = new Rate(scale);
        nint room = (nint)n + Page;
        float* even = Workspace.Get(Workspace.Slot.Row, 2 * room), odd = even + room, powers = Alike(even, x);
        float max = Softmax.RowMax<V>(x, n), sum = Powers(x, powers, n, max, rate);
        max = rows > 1 ? Softmax.RowMax<V>(x + n, n) : 0;
        for (int row = 1; row < rows; row++)
        {
            x += n;

            // The last row has no next one: its own greatest is found again.
            float* before = powers;
            powers = Alike(row % 2 == 0 ? even : odd, x);
            ThreeRows(x, row + 1 < rows ? x + n : x, powers, before, y, n, rate, ref max, ref sum);
            y += n;
        }

        V share = V.All(1 / sum);
        for (int i = 0; i < n; i += V.Width)
        {
            V.StoreFar(V.Load(powers + i) * share, y + i);
        }

        PastCache.Arrived();
    }

    // The first place in a buffer that lies in its page as x does. A load waits for a store before it that seems to be to the same place, by the last 12 bits of the address: so
    // powers must not be written a little behind where x is read next.
    private static float* Alike(float* buffer, float* x) => buffer + ((x - buffer) & (Page - 1));

    // The powers of x, whose greatest is max, while that of the next row is found and the shares of the powers before go to y.
    private static void ThreeRows(float* x, float* next, float* powers, float* before, float* y, int n, in Rate rate, ref float max, ref float sum)
    {
        V m = V.All(max), share = V.All(1 / sum), log = rate.Log, least = rate.Least;
        V even = V.Zero, odd = V.Zero, greatest = V.All(float.NegativeInfinity), other = greatest;
        int i = 0;
        for (; i + (2 * V.Width) <= n; i += 2 * V.Width)
        {
            int second = i + V.Width;
            Prefetch.Near(next + i + Ahead);
            Prefetch.Near(next + second + Ahead);
            greatest = V.AtLeast(V.Load(next + i), greatest);
            other = V.AtLeast(V.Load(next + second), other);
            V first = V.Load(before + i) * share, last = V.Load(before + second) * share;
            V p = VecMath.Decay(V.Load(x + i) - m, log, least), q = VecMath.Decay(V.Load(x + second) - m, log, least);
            even += p;
            odd += q;
            V.Store(p, powers + i);
            V.Store(q, powers + second);
            V.StoreFar(first, y + i);
            V.StoreFar(last, y + second);
        }

        if (i < n)
        {
            greatest = V.AtLeast(V.Load(next + i), greatest);
            V p = VecMath.Decay(V.Load(x + i) - m, log, least);
            even += p;
            V.Store(p, powers + i);
            V.StoreFar(V.Load(before + i) * share, y + i);
        }

        max = V.Greatest(V.AtLeast(greatest, other));
        sum = V.Sum(even + odd);
    }

    // powers = e^(scale (x - max)), x = powers allowed.
    private static float Powers(float* x, float* powers, int n, float max, in Rate rate)
    {
        V m = V.All(max), log = rate.Log, least = rate.Least, even = V.Zero, odd = V.Zero;
        int i = 0;
        for (; i + (2 * V.Width) <= n; i += 2 * V.Width)
        {
            V p = VecMath.Decay(V.Load(x + i) - m, log, least), q = VecMath.Decay(V.Load(x + i + V.Width) - m, log, least);
            even += p;
            odd += q;
            V.Store(p, powers + i);
            V.Store(q, powers + i + V.Width);
        }

        if (i + V.Width <= n)
        {
            V p = VecMath.Decay(V.Load(x + i) - m, log, least);
            even += p;
            V.Store(p, powers + i);
            i += V.Width;
        }

        if (i < n)
        {
            V p = Lanes<V>.Only<Yes>(VecMath.Decay(V.LoadFirst(x + i, n - i) - m, log, least), n - i);
            odd += p;
            V.StoreFirst(p, powers + i, n - i);
        }

        return V.Sum(even + odd);
    }

    private static void Shares(float* powers, int n, float sum)
    {
        V share = V.All(1 / sum);
        int i = 0;
        for (; i + V.Width <= n; i += V.Width)
        {
            V.Store(V.Load(powers + i) * share, powers + i);
        }

        if (i < n)
        {
            V.StoreFirst(V.LoadFirst(powers + i, n - i) * share, powers + i, n - i);
        }
    }

    // What e^(scale d) is computed by: see VecMath.Decay.
    private readonly struct Rate
    {
        public readonly V Log;
        public readonly V Least;

        public Rate(float scale)
        {
            float log = (float)(scale * 1.4426950408889634);
            Log = V.All(log);
            Least = V.All(VecMath.LeastOfDecay / log);
        }
    }
}
