using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Maximum and average pooling of channels-last images: channels in the lanes.</summary>
/// <remarks>
/// Backward, every image position collects from the windows over it, in their order: nothing is scattered, so rows can be shared out.
/// NaN counts as the largest of its window.
/// </remarks>
internal static unsafe class Pool
{
    private const int Grain = 16 * 1024;

    private enum Pass
    {
        MaxForward,
        MaxBackward,
        AverageForward,
        AverageBackward,
    }

    /// <summary>y and, for each of its elements, where the image has it: row · W + column. The first of equals; a window outside the image gives -infinity and -1.</summary>
    public static void MaxForward(in PoolShape s, float* x, float* y, int* positions) => Run(Pass.MaxForward, s, x, y, positions, false);

    /// <summary>dx from dy and the positions of the forward pass.</summary>
    public static void MaxBackward(in PoolShape s, float* dy, int* positions, float* dx, bool accumulate) =>
        Run(Pass.MaxBackward, s, dx, dy, positions, accumulate);

    /// <summary>y = mean of each window.</summary>
    public static void AverageForward(in PoolShape s, float* x, float* y) => Run(Pass.AverageForward, s, x, y, null, false);

    /// <summary>dx from dy.</summary>
    public static void AverageBackward(in PoolShape s, float* dy, float* dx, bool accumulate) =>
        Run(Pass.AverageBackward, s, dx, dy, null, accumulate);

    /// <summary>Each width can be asked for (tests).</summary>
    internal static void MaxForward<V>(in PoolShape s, float* x, float* y, int* positions)
        where V : struct, IVec<V> => Share<V>(Pass.MaxForward, s, x, y, positions, false);

    internal static void MaxBackward<V>(in PoolShape s, float* dy, int* positions, float* dx, bool accumulate)
        where V : struct, IVec<V> => Share<V>(Pass.MaxBackward, s, dx, dy, positions, accumulate);

    internal static void AverageForward<V>(in PoolShape s, float* x, float* y)
        where V : struct, IVec<V> => Share<V>(Pass.AverageForward, s, x, y, null, false);

    internal static void AverageBackward<V>(in PoolShape s, float* dy, float* dx, bool accumulate)
        where V : struct, IVec<V> => Share<V>(Pass.AverageBackward, s, dx, dy, null, accumulate);

    private static void Run(Pass pass, in PoolShape s, float* image, float* result, int* positions, bool accumulate)
    {
        if (Width.Is512)
        {
            Share<W512>(pass, s, image, result, positions, accumulate);
        }
        else if (Width.Is256)
        {
            Share<W256>(pass, s, image, result, positions, accumulate);
        }
        else
        {
            Share<W128>(pass, s, image, result, positions, accumulate);
        }
    }

    private static void Share<V>(Pass pass, in PoolShape s, float* image, float* result, int* positions, bool accumulate)
        where V : struct, IVec<V>
    {
        nint rowTables = PoolWindows.Size(s.H, s.OutH);
        var tables = (int*)Workspace.Get(Workspace.Slot.Phases, rowTables + PoolWindows.Size(s.W, s.OutW));
        var job = new Job<V>
        {
            Pass = pass,
            S = s,
            Image = image,
            Result = result,
            Positions = positions,
            Accumulate = accumulate,
            Rows = PoolWindows.Rows(s, tables),
            Columns = PoolWindows.Columns(s, tables + rowTables),
        };
        bool forward = pass is Pass.MaxForward or Pass.AverageForward;
        int rows = s.N * (forward ? s.OutH : s.H);
        job.Together = Lanes<V>.RowsPerTask(rows, (s.InputSize + s.OutputSize) / Math.Max(1, rows), Grain);
        Team.For((rows + job.Together - 1) / job.Together, ref job);
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public Pass Pass;
        public PoolShape S;
        public float* Image;
        public float* Result;
        public int* Positions;
        public bool Accumulate;
        public PoolWindows Rows;
        public PoolWindows Columns;
        public int Together;

        public readonly void Run(int index)
        {
            bool forward = Pass is Pass.MaxForward or Pass.AverageForward;
            int high = forward ? S.OutH : S.H, wide = forward ? S.OutW : S.W;
            int last = (int)Math.Min((long)S.N * high, (long)(index + 1) * Together);
            for (int row = index * Together; row < last; row++)
            {
                int image = row / high, h = row % high;
                for (int w = 0; w < wide; w++)
                {
                    int c = 0;
                    for (; c + V.Width <= S.C; c += V.Width)
                    {
                        Position<No>(image, h, w, c, V.Width);
                    }

                    if (c < S.C)
                    {
                        Position<Yes>(image, h, w, c, S.C - c);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Position<Partial>(int image, int h, int w, int c, int count)
            where Partial : IConst
        {
            nint inImage = (((((nint)image * S.H) + h) * S.W) + w) * S.C + c, inResult = (((((nint)image * S.OutH) + h) * S.OutW) + w) * S.C + c;
            float* plane = Image + ((nint)image * S.H * S.W * S.C) + c;
            nint results = ((nint)image * S.OutH * S.OutW * S.C) + c;
            switch (Pass)
            {
                case Pass.MaxForward:
                    Max<Partial>(plane, h, w, inResult, count);
                    break;
                case Pass.AverageForward:
                    Average<Partial>(plane, h, w, inResult, count);
                    break;
                case Pass.MaxBackward:
                    MaxGradient<Partial>(results, h, w, inImage, count);
                    break;
                default:
                    AverageGradient<Partial>(results, h, w, inImage, count);
                    break;
            }
        }

        private readonly void Max<Partial>(float* plane, int h, int w, nint at, int count)
            where Partial : IConst
        {
            V best = V.All(float.NegativeInfinity);
            int start = (Rows.From[h] * S.W) + Columns.From[w];
            bool empty = Rows.From[h] >= Rows.To[h] || Columns.From[w] >= Columns.To[w];
            V where = V.AllBits(empty ? -1 : start);
            for (int i = Rows.From[h]; i < Rows.To[h]; i++)
            {
                int position = (i * S.W) + Columns.From[w];
                float* x = plane + ((nint)position * S.C);
                for (int j = Columns.From[w]; j < Columns.To[w]; j++)
                {
                    V v = Lanes<V>.Load<Partial>(x, count);
                    V better = V.Or(V.Greater(v, best), V.IsNaN(v));
                    best = V.Select(better, v, best);
                    where = V.Select(better, V.AllBits(position), where);
                    position++;
                    x += S.C;
                }
            }

            Lanes<V>.Store<Partial>(best, Result + at, count);
            Lanes<V>.Store<Partial>(where, (float*)Positions + at, count);
        }

        private readonly void MaxGradient<Partial>(nint results, int h, int w, nint at, int count)
            where Partial : IConst
        {
            V sum = Accumulate ? Lanes<V>.Load<Partial>(Image + at, count) : V.Zero;
            V here = V.AllBits((h * S.W) + w);
            for (int i = Rows.FirstOf[h]; i <= Rows.LastOf[h]; i++)
            {
                for (int j = Columns.FirstOf[w]; j <= Columns.LastOf[w]; j++)
                {
                    nint window = results + ((((nint)i * S.OutW) + j) * S.C);
                    V mine = V.EqualBits(Lanes<V>.Load<Partial>((float*)Positions + window, count), here);
                    sum += V.And(mine, Lanes<V>.Load<Partial>(Result + window, count));
                }
            }

            Lanes<V>.Store<Partial>(sum, Image + at, count);
        }

        private readonly void Average<Partial>(float* plane, int h, int w, nint at, int count)
            where Partial : IConst
        {
            V sum = V.Zero;
            for (int i = Rows.From[h]; i < Rows.To[h]; i++)
            {
                float* x = plane + ((((nint)i * S.W) + Columns.From[w]) * S.C);
                for (int j = Columns.From[w]; j < Columns.To[w]; j++)
                {
                    sum += Lanes<V>.Load<Partial>(x, count);
                    x += S.C;
                }
            }

            Lanes<V>.Store<Partial>(sum / V.All((float)Rows.Divisor[h] * Columns.Divisor[w]), Result + at, count);
        }

        private readonly void AverageGradient<Partial>(nint results, int h, int w, nint at, int count)
            where Partial : IConst
        {
            V sum = Accumulate ? Lanes<V>.Load<Partial>(Image + at, count) : V.Zero;
            for (int i = Rows.FirstOf[h]; i <= Rows.LastOf[h]; i++)
            {
                for (int j = Columns.FirstOf[w]; j <= Columns.LastOf[w]; j++)
                {
                    float* dy = Result + results + ((((nint)i * S.OutW) + j) * S.C);
                    sum += Lanes<V>.Load<Partial>(dy, count) / V.All((float)Rows.Divisor[i] * Columns.Divisor[j]);
                }
            }

            Lanes<V>.Store<Partial>(sum, Image + at, count);
        }
    }
}
