using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Gradients of <see cref="AttentionForward"/> from the shares that it kept.</summary>
/// <remarks>
/// <para>With P the shares, M the mask of dropout (1 without), O = (P M) V: dV = (P M)ᵀ dO, dP = M (dO Vᵀ), dS = scale · P (dP − the sum of P dP over a row),
/// dQ = dS K, dK = dSᵀ Q.</para>
/// <para>A task is one head of one row: its gradients of keys and values are added up over pieces of the queries in order.</para>
/// </remarks>
internal static unsafe class AttentionBackward
{
    /// <summary>Gradients for a number of upstream gradients side by side.</summary>
    /// <param name="g">What to compute.</param>
    public static void Run(in AttentionGradients g)
    {
        if (Width.Is512)
        {
            Run<W512>(g);
        }
        else if (Width.Is256)
        {
            Run<W256>(g);
        }
        else
        {
            Run<W128>(g);
        }
    }

    internal static void Run<V>(in AttentionGradients g)
        where V : struct, IVec<V>
    {
        var job = new Job<V> { G = g };
        AttentionForward.Share(g.Slots * g.Shape.Rows * g.Shape.Heads, 2 * g.Slots * g.Shape.Work, ref job);
    }

    /// <summary>From a row of shares and the gradient of what they were multiplied with, that of the scores; and the shares behind dropout.</summary>
    /// <param name="kept">Shares, with the sign bit where they were dropped.</param>
    /// <param name="d">Gradient of the shares behind dropout; becomes that of the scores.</param>
    /// <param name="dropped">Gets the shares behind dropout; null where there is none.</param>
    /// <param name="n">Keys that count.</param>
    /// <param name="scale">Of the scores.</param>
    /// <param name="factor">Of shares that were not dropped.</param>
    internal static void Row<V>(float* kept, float* d, float* dropped, int n, float scale, float factor)
        where V : struct, IVec<V>
    {
        V sum = V.Zero;
        int i = 0;
        if (dropped == null)
        {
            for (; i + V.Width <= n; i += V.Width)
            {
                sum = V.Fma(V.Load(d + i), kept + i, sum);
            }

            if (i < n)
            {
                sum = V.Fma(V.LoadFirst(d + i, n - i), V.LoadFirst(kept + i, n - i), sum);
            }
        }
        else
        {
            V f = V.All(factor);
            for (; i < n; i += V.Width)
            {
                int lanes = Math.Min(V.Width, n - i);
                V p = V.LoadFirst(kept + i, lanes), gone = V.Less(p, V.Zero);
                V m = V.AndNot(gone, V.LoadFirst(d + i, lanes) * f), behind = V.AndNot(gone, p * f);
                V.StoreFirst(m, d + i, lanes);
                V.StoreFirst(behind, dropped + i, lanes);
                sum = V.Fma(m, p, sum);
            }
        }

        V total = V.All(V.Sum(sum)), s = V.All(scale);
        for (i = 0; i + V.Width <= n; i += V.Width)
        {
            V.Store(s * V.Abs(V.Load(kept + i)) * (V.Load(d + i) - total), d + i);
        }

        if (i < n)
        {
            V.StoreFirst(s * V.Abs(V.LoadFirst(kept + i, n - i)) * (V.LoadFirst(d + i, n - i) - total), d + i, n - i);
        }
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public AttentionGradients G;

        public readonly void Run(int index)
        {
            AttentionShape shape = G.Shape;
            int head = index % shape.Heads, row = index / shape.Heads % shape.Rows, slot = index / shape.Heads / shape.Rows;
            int keys = shape.Keys, n = shape.KeysOf(row);
            bool scores = !G.DQuery.IsAbsent || !G.DKey.IsAbsent, dropout = G.HasDropout;
            HeadRows dy = G.DResult.Moved(slot * G.DResultDistance), dq = G.DQuery.Moved(slot * G.DQueryDistance);
            HeadRows dk = G.DKey.Moved(slot * G.DKeyDistance), dv = G.DValue.Moved(slot * G.DValueDistance);
            nint size = (nint)shape.Tall * keys;
            float* d = Workspace.Get(Workspace.Slot.Scores, 2 * size);
            for (int block = 0; block < shape.Blocks; block++)
            {
                int first = shape.First(block), count = shape.First(block + 1) - first;
                float* p = G.Kept + (((((nint)row * shape.Heads) + head) * shape.Queries + first) * keys);
                float* shares = dropout ? d + size : p;
                float* up = dy.At(row, head, first);
                if (scores || dropout)
                {
                    AttentionForward.Multiply<V>(count, n, shape.Width, up, dy.Stride, false, G.Value.At(row, head), G.Value.Stride, true, d, keys);
                    for (int i = 0; i < count; i++)
                    {
                        nint at = (nint)i * keys;
                        Row<V>(p + at, d + at, dropout ? shares + at : null, n, shape.Scale, G.Factor);
                    }
                }

                if (!dv.IsAbsent)
                {
                    AttentionForward.Multiply<V>(
                        n, shape.Width, count, shares, keys, true, up, dy.Stride, false, dv.At(row, head), dv.Stride, G.AddValue || block > 0);
                }

                if (!dq.IsAbsent)
                {
                    AttentionForward.Multiply<V>(
                        count, shape.Depth, n, d, keys, false, G.Key.At(row, head), G.Key.Stride, false, dq.At(row, head, first), dq.Stride, G.AddQuery);
                }

                if (!dk.IsAbsent)
                {
                    AttentionForward.Multiply<V>(
                        n, shape.Depth, count, d, keys, true, G.Query.At(row, head, first), G.Query.Stride, false, dk.At(row, head), dk.Stride, G.AddKey || block > 0);
                }
            }

            // Keys that do not count have no part in anything.
            if (!dk.IsAbsent && !G.AddKey)
            {
                Clear(dk, row, head, n, keys, shape.Depth);
            }

            if (!dv.IsAbsent && !G.AddValue)
            {
                Clear(dv, row, head, n, keys, shape.Width);
            }
        }

        private static void Clear(in HeadRows x, int row, int head, int from, int to, int width)
        {
            for (int i = from; i < to; i++)
            {
                new Span<float>(x.At(row, head, i), width).Clear();
            }
        }
    }
}

/// <summary>What <see cref="AttentionBackward"/> reads and writes; gradients that are not wanted are absent.</summary>
internal unsafe struct AttentionGradients
{
    public AttentionShape Shape;
    public HeadRows Query;
    public HeadRows Key;
    public HeadRows Value;

    /// <summary>Shares as the way forward kept them.</summary>
    public float* Kept;

    /// <summary>What dropout multiplied the shares with that it left; 1: there was none.</summary>
    public required float Factor;

    /// <summary>Whether shares were dropped, which their signs say.</summary>
    public required bool HasDropout;

    /// <summary>How many upstream gradients; those of one lie a distance behind those of the one before, and so do the results.</summary>
    public int Slots;

    public HeadRows DResult;
    public nint DResultDistance;
    public HeadRows DQuery;
    public nint DQueryDistance;
    public bool AddQuery;
    public HeadRows DKey;
    public nint DKeyDistance;
    public bool AddKey;
    public HeadRows DValue;
    public nint DValueDistance;
    public bool AddValue;
}
