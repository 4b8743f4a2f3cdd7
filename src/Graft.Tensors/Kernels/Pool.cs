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
    /// <param name="s">Sizes.</param>
    /// <param name="x">The images.</param>
    /// <param name="y">The largest number of each window.</param>
    /// <param name="positions">Null where they are not wanted.</param>
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
        job.Alone = positions == null && (s.KernelH > s.StrideH || s.KernelW > s.StrideW);
        job.Far = forward && s.OutputSize >= PastCache.Floats && PastCache.Fits<V>(result, s.C) && (positions == null || PastCache.Fits<V>((float*)positions, s.C));
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

        /// <summary>Whether results are written past the cache; their channels fill registers.</summary>
        public bool Far;

        /// <summary>Whether maxima are wanted without positions, and of windows that overlap. Those that lie side by side are bound by memory, which is read more slowly
        /// where they ask for it faster.</summary>
        public bool Alone;

        public readonly void Run(int index)
        {
            Walk(index);
            if (Far)
            {
                PastCache.Arrived();
            }
        }

        private readonly void Walk(int index)
        {
            bool forward = Pass is Pass.MaxForward or Pass.AverageForward;
            int high = forward ? S.OutH : S.H, wide = forward ? S.OutW : S.W;
            int last = (int)Math.Min((long)S.N * high, (long)(index + 1) * Together);
            for (int row = index * Together; row < last; row++)
            {
                int image = row / high, h = row % high;
                for (int w = 0; w < wide; w++)
                {
                    // Four registers side by side where there are as many channels: pieces long enough for the memory to deliver in one go.
                    int c = 0;
                    for (; c + (4 * V.Width) <= S.C; c += 4 * V.Width)
                    {
                        Position<C4, No>(image, h, w, c, V.Width);
                    }

                    for (; c + V.Width <= S.C; c += V.Width)
                    {
                        Position<C1, No>(image, h, w, c, V.Width);
                    }

                    if (c < S.C)
                    {
                        Position<C1, Yes>(image, h, w, c, S.C - c);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Position<Count, Partial>(int image, int h, int w, int c, int lanes)
            where Count : IConst
            where Partial : IConst
        {
            nint inImage = (((((nint)image * S.H) + h) * S.W) + w) * S.C + c, inResult = (((((nint)image * S.OutH) + h) * S.OutW) + w) * S.C + c;
            float* plane = Image + ((nint)image * S.H * S.W * S.C) + c;
            nint results = ((nint)image * S.OutH * S.OutW * S.C) + c;
            switch (Pass)
            {
                case Pass.MaxForward when Alone:
                    Greatest<Count, Partial>(plane, h, w, inResult, lanes);
                    break;
                case Pass.MaxForward:
                    Max<Count, Partial>(plane, h, w, inResult, lanes);
                    break;
                case Pass.AverageForward:
                    Average<Count, Partial>(plane, h, w, inResult, lanes);
                    break;
                case Pass.MaxBackward:
                    MaxGradient<Count, Partial>(results, h, w, inImage, lanes);
                    break;
                default:
                    AverageGradient<Count, Partial>(results, h, w, inImage, lanes);
                    break;
            }
        }

        private readonly void Max<Count, Partial>(float* plane, int h, int w, nint at, int lanes)
            where Count : IConst
            where Partial : IConst
        {
            bool empty = Rows.From[h] >= Rows.To[h] || Columns.From[w] >= Columns.To[w];
            V best0 = V.All(float.NegativeInfinity), best1 = best0, best2 = best0, best3 = best0;
            V where0 = V.AllBits(empty ? -1 : (Rows.From[h] * S.W) + Columns.From[w]), where1 = where0, where2 = where0, where3 = where0;
            nint next = (nint)Columns.Step * S.C, ahead = Ahead(h);
            for (int i = Rows.From[h]; i < Rows.To[h]; i += Rows.Step)
            {
                int position = (i * S.W) + Columns.From[w];
                float* x = plane + ((nint)position * S.C);
                for (int j = Columns.From[w]; j < Columns.To[w]; j += Columns.Step)
                {
                    V here = V.AllBits(position);
                    Fetch<Count>(x + ahead);
                    Better(Lanes<V>.Load<Partial>(x, lanes), here, ref best0, ref where0);
                    if (Count.Value > 1)
                    {
                        Better(V.Load(x + V.Width), here, ref best1, ref where1);
                        Better(V.Load(x + (2 * V.Width)), here, ref best2, ref where2);
                        Better(V.Load(x + (3 * V.Width)), here, ref best3, ref where3);
                    }

                    position += Columns.Step;
                    x += next;
                }
            }

            PutResult<Count, Partial>(Result + at, lanes, best0, best1, best2, best3);
            if (Positions != null)
            {
                PutResult<Count, Partial>((float*)Positions + at, lanes, where0, where1, where2, where3);
            }
        }

        /// <summary>The maxima alone, by half as many instructions.</summary>
        private readonly void Greatest<Count, Partial>(float* plane, int h, int w, nint at, int lanes)
            where Count : IConst
            where Partial : IConst
        {
            V best0 = V.All(float.NegativeInfinity), best1 = best0, best2 = best0, best3 = best0;
            nint next = (nint)Columns.Step * S.C, ahead = Ahead(h);
            for (int i = Rows.From[h]; i < Rows.To[h]; i += Rows.Step)
            {
                float* x = plane + ((((nint)i * S.W) + Columns.From[w]) * S.C);
                for (int j = Columns.From[w]; j < Columns.To[w]; j += Columns.Step)
                {
                    Fetch<Count>(x + ahead);
                    best0 = Greater(Lanes<V>.Load<Partial>(x, lanes), best0);
                    if (Count.Value > 1)
                    {
                        best1 = Greater(V.Load(x + V.Width), best1);
                        best2 = Greater(V.Load(x + (2 * V.Width)), best2);
                        best3 = Greater(V.Load(x + (3 * V.Width)), best3);
                    }

                    x += next;
                }
            }

            PutResult<Count, Partial>(Result + at, lanes, best0, best1, best2, best3);
        }

        // From a window to the one below it.
        private readonly nint Ahead(int h) => h + 1 < S.OutH ? (nint)(Rows.From[h + 1] - Rows.From[h]) * S.W * S.C : 0;

        /// <summary>Asks for what comes next where much goes from memory to memory.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Fetch<Count>(float* p)
            where Count : IConst
        {
            if (!Far)
            {
                return;
            }

            Prefetch.Far(p);
            if (Count.Value > 1)
            {
                Prefetch.Far(p + V.Width);
                Prefetch.Far(p + (2 * V.Width));
                Prefetch.Far(p + (3 * V.Width));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Better(V x, V here, ref V best, ref V where)
        {
            V better = V.Or(V.Greater(x, best), V.IsNaN(x));
            best = V.Select(better, x, best);
            where = V.Select(better, here, where);
        }

        // As Better has it: of equals the first stays, zeros of either sign among them (ARM prefers +0), a NaN is taken and stays until the next.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Greater(V x, V best) => V.Select(V.IsNaN(x), x, V.AtLeast(best, x));

        private readonly void MaxGradient<Count, Partial>(nint results, int h, int w, nint at, int lanes)
            where Count : IConst
            where Partial : IConst
        {
            Start<Count, Partial>(Image + at, lanes, out V sum0, out V sum1, out V sum2, out V sum3);
            V here = V.AllBits((h * S.W) + w);
            for (int i = Rows.FirstOf[h]; i <= Rows.LastOf[h]; i++)
            {
                for (int j = Columns.FirstOf[w]; j <= Columns.LastOf[w]; j++)
                {
                    nint window = results + ((((nint)i * S.OutW) + j) * S.C);
                    float* from = (float*)Positions + window, dy = Result + window;
                    sum0 += V.And(V.EqualBits(Lanes<V>.Load<Partial>(from, lanes), here), Lanes<V>.Load<Partial>(dy, lanes));
                    if (Count.Value > 1)
                    {
                        sum1 += V.And(V.EqualBits(V.Load(from + V.Width), here), V.Load(dy + V.Width));
                        sum2 += V.And(V.EqualBits(V.Load(from + (2 * V.Width)), here), V.Load(dy + (2 * V.Width)));
                        sum3 += V.And(V.EqualBits(V.Load(from + (3 * V.Width)), here), V.Load(dy + (3 * V.Width)));
                    }
                }
            }

            Put<Count, Partial>(Image + at, lanes, sum0, sum1, sum2, sum3);
        }

        private readonly void Average<Count, Partial>(float* plane, int h, int w, nint at, int lanes)
            where Count : IConst
            where Partial : IConst
        {
            V sum0 = V.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            nint ahead = Ahead(h);
            for (int i = Rows.From[h]; i < Rows.To[h]; i++)
            {
                float* x = plane + ((((nint)i * S.W) + Columns.From[w]) * S.C);
                for (int j = Columns.From[w]; j < Columns.To[w]; j++)
                {
                    Fetch<Count>(x + ahead);
                    sum0 += Lanes<V>.Load<Partial>(x, lanes);
                    if (Count.Value > 1)
                    {
                        sum1 += V.Load(x + V.Width);
                        sum2 += V.Load(x + (2 * V.Width));
                        sum3 += V.Load(x + (3 * V.Width));
                    }

                    x += S.C;
                }
            }

            V size = V.All((float)Rows.Divisor[h] * Columns.Divisor[w]);
            PutResult<Count, Partial>(Result + at, lanes, sum0 / size, sum1 / size, sum2 / size, sum3 / size);
        }

        private readonly void AverageGradient<Count, Partial>(nint results, int h, int w, nint at, int lanes)
            where Count : IConst
            where Partial : IConst
        {
            Start<Count, Partial>(Image + at, lanes, out V sum0, out V sum1, out V sum2, out V sum3);
            for (int i = Rows.FirstOf[h]; i <= Rows.LastOf[h]; i++)
            {
                for (int j = Columns.FirstOf[w]; j <= Columns.LastOf[w]; j++)
                {
                    float* dy = Result + results + ((((nint)i * S.OutW) + j) * S.C);
                    V share = V.All(1 / ((float)Rows.Divisor[i] * Columns.Divisor[j]));
                    sum0 = V.Fma(Lanes<V>.Load<Partial>(dy, lanes), share, sum0);
                    if (Count.Value > 1)
                    {
                        sum1 = V.Fma(V.Load(dy + V.Width), share, sum1);
                        sum2 = V.Fma(V.Load(dy + (2 * V.Width)), share, sum2);
                        sum3 = V.Fma(V.Load(dy + (3 * V.Width)), share, sum3);
                    }
                }
            }

            Put<Count, Partial>(Image + at, lanes, sum0, sum1, sum2, sum3);
        }

        /// <summary>What a gradient is added to: the old one, or zeros.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Start<Count, Partial>(float* p, int lanes, out V v0, out V v1, out V v2, out V v3)
            where Count : IConst
            where Partial : IConst
        {
            bool four = Accumulate && Count.Value > 1;
            v0 = Accumulate ? Lanes<V>.Load<Partial>(p, lanes) : V.Zero;
            v1 = four ? V.Load(p + V.Width) : V.Zero;
            v2 = four ? V.Load(p + (2 * V.Width)) : V.Zero;
            v3 = four ? V.Load(p + (3 * V.Width)) : V.Zero;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void PutResult<Count, Partial>(float* p, int lanes, V v0, V v1, V v2, V v3)
            where Count : IConst
            where Partial : IConst
        {
            if (!Far)
            {
                Put<Count, Partial>(p, lanes, v0, v1, v2, v3);
                return;
            }

            V.StoreFar(v0, p);
            if (Count.Value > 1)
            {
                V.StoreFar(v1, p + V.Width);
                V.StoreFar(v2, p + (2 * V.Width));
                V.StoreFar(v3, p + (3 * V.Width));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Put<Count, Partial>(float* p, int lanes, V v0, V v1, V v2, V v3)
            where Count : IConst
            where Partial : IConst
        {
            Lanes<V>.Store<Partial>(v0, p, lanes);
            if (Count.Value > 1)
            {
                V.Store(v1, p + V.Width);
                V.Store(v2, p + (2 * V.Width));
                V.Store(v3, p + (3 * V.Width));
            }
        }
    }
}
