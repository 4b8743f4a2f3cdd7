using System.Runtime.CompilerServices;
using Graft.Tensors.Random;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Scaled dot-product attention: softmax(scale · Q Kᵀ) V for every head of every row, with the scores of a task in the cache.</summary>
/// <remarks>
/// <para>A task computes the scores of some queries of one head, makes shares of them row by row, and multiplies them with the values: three passes over a piece of memory
/// that never leaves the second-level cache unless it is kept for the way back.</para>
/// <para>Shares that dropout sets to 0 are kept with the sign bit set (they are never negative), so the mask takes no memory of its own.</para>
/// </remarks>
internal static unsafe class AttentionForward
{
    // Below this many operations a fork costs more than it saves.
    private const double Grain = 400e3;

    /// <summary>Computes the results, and the shares of all keys.</summary>
    /// <param name="shape">The sizes; cut.</param>
    /// <param name="query">Queries.</param>
    /// <param name="key">Keys.</param>
    /// <param name="value">Values.</param>
    /// <param name="result">Is overwritten.</param>
    /// <param name="kept">[rows, heads, queries, keys]: gets the shares, those of keys that do not count aside; or null.</param>
    /// <param name="dropout">Probability that a share becomes 0; in [0, 1).</param>
    /// <param name="state">Says which.</param>
    public static void Run(in AttentionShape shape, in HeadRows query, in HeadRows key, in HeadRows value, in HeadRows result, float* kept, float dropout, in RandomState state)
    {
        if (Width.Is512)
        {
            Run<W512>(shape, query, key, value, result, kept, dropout, state);
        }
        else if (Width.Is256)
        {
            Run<W256>(shape, query, key, value, result, kept, dropout, state);
        }
        else
        {
            Run<W128>(shape, query, key, value, result, kept, dropout, state);
        }
    }

    internal static void Run<V>(
        in AttentionShape shape, in HeadRows query, in HeadRows key, in HeadRows value, in HeadRows result, float* kept, float dropout, in RandomState state)
        where V : struct, IVec<V>
    {
        var job = new Job<V> { Shape = shape, Query = query, Key = key, Value = value, Result = result, Kept = kept, Dropout = dropout, State = state };
        Share(shape.Rows * shape.Heads * shape.Blocks, shape.Work, ref job);
    }

    /// <summary>Runs tasks on the team where that pays.</summary>
    internal static void Share<T>(int tasks, double work, ref T job)
        where T : struct, IJob
    {
        if (work >= Grain)
        {
            Team.For(tasks, ref job);
            return;
        }

        for (int i = 0; i < tasks; i++)
        {
            job.Run(i);
        }
    }

    /// <summary>c = a b, or c + a b: all strides are those of rows in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Multiply<V>(
        int m, int n, int k, float* a, nint strideA, bool transA, float* b, nint strideB, bool transB, float* c, nint strideC, bool accumulate = false)
        where V : struct, IVec<V>
    {
        var product = new GemmProduct
        {
            TransA = transA,
            TransB = transB,
            Accumulate = accumulate,
            M = m,
            N = n,
            K = k,
            A = a,
            StrideA = strideA,
            B = b,
            StrideB = strideB,
            C = c,
            StrideC = strideC,
        };
        GemmTiles.Run<V>(product, GemmBlocks.Default);
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public AttentionShape Shape;
        public HeadRows Query;
        public HeadRows Key;
        public HeadRows Value;
        public HeadRows Result;
        public float* Kept;
        public float Dropout;
        public RandomState State;

        public readonly void Run(int index)
        {
            int block = index % Shape.Blocks, head = index / Shape.Blocks % Shape.Heads, row = index / Shape.Blocks / Shape.Heads;
            int first = Shape.First(block), count = Shape.First(block + 1) - first, keys = Shape.Keys, n = Shape.KeysOf(row);
            long place = ((((long)row * Shape.Heads) + head) * Shape.Queries + first) * keys;
            float* kept = Kept == null ? null : Kept + place;

            // With dropout two matrices are wanted: what is kept, and what the values are multiplied with.
            bool apart = kept == null || Dropout > 0;
            float* scores = apart ? Workspace.Get(Workspace.Slot.Scores, (nint)Shape.Tall * keys) : kept;
            float* mask = Dropout > 0 ? Workspace.Get(Workspace.Slot.Row, keys) : null;
            Multiply<V>(count, n, Shape.Depth, Query.At(row, head, first), Query.Stride, false, Key.At(row, head), Key.Stride, true, scores, keys);
            for (int i = 0; i < count; i++)
            {
                nint at = (nint)i * keys;
                SoftmaxRow<V>.Forward(scores + at, scores + at, n, Shape.Scale);
                if (Dropout > 0)
                {
                    DropoutMask.Fill(State, Dropout, place + at, mask, n);
                    Drop(scores + at, mask, kept == null ? null : kept + at, n);
                }
            }

            Multiply<V>(count, Shape.Width, n, scores, keys, false, Value.At(row, head), Value.Stride, false, Result.At(row, head, first), Result.Stride);
        }

        // Shares times the mask; and the shares themselves, with the sign bit where the mask is 0.
        private static void Drop(float* shares, float* mask, float* kept, int n)
        {
            for (int j = 0; j < n; j += V.Width)
            {
                int lanes = Math.Min(V.Width, n - j);
                V p = V.LoadFirst(shares + j, lanes), m = V.LoadFirst(mask + j, lanes);
                if (kept != null)
                {
                    V.StoreFirst(V.Select(V.Greater(m, V.Zero), p, -p), kept + j, lanes);
                }

                V.StoreFirst(p * m, shares + j, lanes);
            }
        }
    }
}
