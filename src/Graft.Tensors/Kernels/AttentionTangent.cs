using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The directional derivative of <see cref="AttentionForward"/> from the shares that it kept.</summary>
/// <remarks>With P the shares and M the mask of dropout: dS = dQ Kᵀ + Q dKᵀ, dP = scale · P (dS − the sum of P dS over a row), dO = (M dP) V + (M P) dV.</remarks>
internal static unsafe class AttentionTangent
{
    /// <summary>Writes the derivative of the results.</summary>
    /// <param name="g">D... of queries, keys and values are read where they are not absent, those of the results are written. One slot.</param>
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
        AttentionForward.Share(g.Shape.Rows * g.Shape.Heads * g.Shape.Blocks, 2 * g.Shape.Work, ref job);
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public AttentionGradients G;

        public readonly void Run(int index)
        {
            AttentionShape shape = G.Shape;
            int block = index % shape.Blocks, head = index / shape.Blocks % shape.Heads, row = index / shape.Blocks / shape.Heads;
            int first = shape.First(block), count = shape.First(block + 1) - first, keys = shape.Keys, n = shape.KeysOf(row);
            float* p = G.Kept + (((((nint)row * shape.Heads) + head) * shape.Queries + first) * keys);
            nint size = (nint)shape.Tall * keys;
            float* d = Workspace.Get(Workspace.Slot.Scores, 2 * size);
            float* shares = d + size;
            float* y = G.DResult.At(row, head, first);
            bool scores = false;
            if (!G.DQuery.IsAbsent)
            {
                AttentionForward.Multiply<V>(
                    count, n, shape.Depth, G.DQuery.At(row, head, first), G.DQuery.Stride, false, G.Key.At(row, head), G.Key.Stride, true, d, keys);
                scores = true;
            }

            if (!G.DKey.IsAbsent)
            {
                AttentionForward.Multiply<V>(
                    count, n, shape.Depth, G.Query.At(row, head, first), G.Query.Stride, false, G.DKey.At(row, head), G.DKey.Stride, true, d, keys, scores);
                scores = true;
            }

            for (int i = 0; i < count; i++)
            {
                nint at = (nint)i * keys;
                Row(p + at, scores ? d + at : null, shares + at, n, shape.Scale, G.Factor);
            }

            if (scores)
            {
                AttentionForward.Multiply<V>(count, shape.Width, n, d, keys, false, G.Value.At(row, head), G.Value.Stride, false, y, G.DResult.Stride);
            }

            if (!G.DValue.IsAbsent)
            {
                AttentionForward.Multiply<V>(
                    count, shape.Width, n, shares, keys, false, G.DValue.At(row, head), G.DValue.Stride, false, y, G.DResult.Stride, scores);
            }
        }

        // The derivative of the scores becomes that of the shares behind dropout; those themselves are written beside it.
        private static void Row(float* kept, float* d, float* shares, int n, float scale, float factor)
        {
            V sum = V.Zero, f = V.All(factor), s = V.All(scale);
            for (int i = 0; i < n; i += V.Width)
            {
                int lanes = Math.Min(V.Width, n - i);
                V p = V.LoadFirst(kept + i, lanes);
                V.StoreFirst(V.AndNot(V.Less(p, V.Zero), p * f), shares + i, lanes);
                sum = d == null ? sum : V.Fma(V.Abs(p), V.LoadFirst(d + i, lanes), sum);
            }

            V total = V.All(V.Sum(sum));
            for (int i = 0; d != null && i < n; i += V.Width)
            {
                int lanes = Math.Min(V.Width, n - i);
                V p = V.LoadFirst(kept + i, lanes);
                V.StoreFirst(V.AndNot(V.Less(p, V.Zero), p * f * s * (V.LoadFirst(d + i, lanes) - total)), d + i, lanes);
            }
        }
    }
}
