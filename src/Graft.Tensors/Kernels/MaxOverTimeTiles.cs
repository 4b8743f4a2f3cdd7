using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary><see cref="MaxOverTime"/> forward by minimal filtering: four neighboring places are a tile, and take w + 3 products instead of 4 w.</summary>
/// <remarks>
/// <para>The windows become w + 3 matrices [D, O] once a call. A task transforms the tiles of a row, as many as stay in the second cache, into w + 3 matrices [tiles, D]; for two
/// registers of outputs these are multiplied, one after the other, and the products become results, of which the greatest and their places are kept. Steps behind the end of a row
/// count as 0, and places behind its last are computed, as part of a tile, and passed over.</para>
/// <para>Each transform is a small matrix times rows of numbers, outputs or inputs in the lanes; the matrices are filled up with zeros to <see cref="MinimalFilter.Stride"/>
/// columns, so that one loop without branches serves windows of every length. A row's results do not depend on which rows are around it.</para>
/// </remarks>
internal static unsafe class MaxOverTimeTiles
{
    // So much of a row, transformed, lies in the second cache beside the windows.
    private const int TileBytes = 256 * 1024;

    // What a task is worth in multiplications, and the number of tasks that is enough for any number of threads.
    private const long Grain = 1_000_000;
    private const int Enough = 16;

    private const int UsualRows = 8;

    /// <summary>Whether fewer products are worth the transforms: by the shape alone.</summary>
    /// <remarks>A multiplication of a transform costs one and a half of a product, measured: there are 8 for each product and input, and for each result and output.
    /// The transform of the windows takes as long as the products of 12 tiles. Reckoned for as many rows as a small batch has, whatever there are: a row has the same bits alone.</remarks>
    public static bool Pays(in TimeShape s)
    {
        if (s.Window is < 2 or > MinimalFilter.MostWindow)
        {
            return false;
        }

        int places = s.Places(s.Steps), products = MinimalFilter.Products(s.Window);
        double tiles = (double)UsualRows * ((places + MinimalFilter.Results - 1) / MinimalFilter.Results), matrix = (double)s.Width * s.Outputs;
        double transforms = (12.0 * products * s.Width) + ((48.0 + (3 * products)) * s.Outputs);
        return (double)UsualRows * places * s.Window * matrix > 1.1 * ((tiles * ((products * matrix) + transforms)) + (12 * products * matrix));
    }

    /// <summary>As <see cref="MaxOverTime.Forward"/>.</summary>
    /// <param name="s">Sizes.</param>
    /// <param name="x">Rows.</param>
    /// <param name="lengths">Steps that count, or null.</param>
    /// <param name="w">Windows.</param>
    /// <param name="bias">A number for each output, or null.</param>
    /// <param name="y">Results.</param>
    /// <param name="places">Where they are.</param>
    /// <param name="tileBytes">What the tiles of a task may take.</param>
    public static void Forward<V>(in TimeShape s, float* x, int* lengths, float* w, float* bias, float* y, int* places, int tileBytes = TileBytes)
        where V : struct, IVec<V>
    {
        int products = MinimalFilter.Products(s.Window), panels = (s.Outputs + (2 * V.Width) - 1) / (2 * V.Width);
        nint size = (nint)panels * 2 * V.Width * s.Width;
        var windows = new WindowJob<V> { S = s, From = w, To = Workspace.Get(Workspace.Slot.TileWeights, products * size), Size = size };
        Team.For((s.Width + WindowJob<V>.Together - 1) / WindowJob<V>.Together, ref windows);

        int tiles = (s.Places(s.Steps) + MinimalFilter.Results - 1) / MinimalFilter.Results;
        long each = (long)tiles * products * s.Width * s.Outputs;
        var job = new RowJob<V>
        {
            S = s,
            X = x,
            Lengths = lengths,
            Windows = windows.To,
            Size = size,
            Bias = bias,
            Y = y,
            Places = places,
            Panels = panels,
            MostTiles = Math.Max(1, Math.Min(tiles, tileBytes / (products * s.Width * sizeof(float)))),
            Together = (int)Math.Clamp(Grain / each, 1, s.Rows),
        };

        // Few rows are shared out by outputs as well.
        int groups = (s.Rows + job.Together - 1) / job.Together;
        job.Parts = groups >= Enough ? 1 : (int)Math.Clamp(each * job.Together * 2 / Grain, 1, panels);
        Team.For(groups * job.Parts, ref job);
        AgainWhereNaN<V>(s, x, lengths, w, bias, y, places);
    }

    // A transform takes an infinity from itself, and spreads what is no number over a tile: such rows are computed as they are defined.
    private static void AgainWhereNaN<V>(in TimeShape s, float* x, int* lengths, float* w, float* bias, float* y, int* places)
        where V : struct, IVec<V>
    {
        for (int row = 0; row < s.Rows; row++)
        {
            nint at = (nint)row * s.Outputs;
            if (HasNaN(new ReadOnlySpan<float>(y + at, s.Outputs)))
            {
                MaxOverTime.Forward<V>(s with { Rows = 1 }, x + ((nint)row * s.Steps * s.Width), lengths == null ? null : lengths + row, w, bias, y + at, places + at);
            }
        }
    }

    private static bool HasNaN(ReadOnlySpan<float> numbers)
    {
        foreach (float number in numbers)
        {
            if (float.IsNaN(number))
            {
                return true;
            }
        }

        return false;
    }

    // A row of a matrix times up to eight registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Combine<V>(float* row, V x0, V x1, V x2, V x3, V x4, V x5, V x6, V x7, V sum)
        where V : struct, IVec<V>
    {
        sum = V.FmaAll(row, x0, sum);
        sum = V.FmaAll(row + 1, x1, sum);
        sum = V.FmaAll(row + 2, x2, sum);
        sum = V.FmaAll(row + 3, x3, sum);
        sum = V.FmaAll(row + 4, x4, sum);
        sum = V.FmaAll(row + 5, x5, sum);
        sum = V.FmaAll(row + 6, x6, sum);
        return V.FmaAll(row + 7, x7, sum);
    }

    // A task is some channels of all windows; written as the micro-kernel reads them, panel by panel, zeros behind the last output.
    private struct WindowJob<V> : IJob
        where V : struct, IVec<V>
    {
        public const int Together = 16;

        public TimeShape S;
        public float* From;
        public float* To;
        public nint Size;

        public readonly void Run(int index)
        {
            int last = Math.Min(S.Width, (index + 1) * Together), products = MinimalFilter.Products(S.Window);
            nint next = (nint)S.Width * S.Outputs;
            fixed (float* matrix = MinimalFilter.OfWindow(S.Window))
            {
                for (int d = index * Together; d < last; d++)
                {
                    float* row = From + ((nint)d * S.Outputs);
                    for (int o = 0; o < S.Outputs; o += V.Width)
                    {
                        int n = Math.Min(V.Width, S.Outputs - o), n0 = o / (2 * V.Width) * 2 * V.Width;
                        int panel = Pack.PanelWidth<V>(Math.Min(2 * V.Width, S.Outputs - n0));
                        float* to = To + ((nint)n0 * S.Width) + ((nint)d * panel) + (o - n0);
                        V w0 = V.LoadFirst(row + o, n), w1 = V.LoadFirst(row + next + o, n);
                        V w2 = S.Window > 2 ? V.LoadFirst(row + (2 * next) + o, n) : V.Zero, w3 = S.Window > 3 ? V.LoadFirst(row + (3 * next) + o, n) : V.Zero;
                        V w4 = S.Window > 4 ? V.LoadFirst(row + (4 * next) + o, n) : V.Zero;
                        for (int i = 0; i < products; i++, to += Size)
                        {
                            V.Store(Combine(matrix + (i * MinimalFilter.Stride), w0, w1, w2, w3, w4, V.Zero, V.Zero, V.Zero, V.Zero), to);
                        }
                    }
                }
            }
        }
    }

    // A task is a few rows and a share of the outputs.
    private struct RowJob<V> : IJob
        where V : struct, IVec<V>
    {
        public TimeShape S;
        public float* X;
        public int* Lengths;
        public float* Windows;
        public nint Size;
        public float* Bias;
        public float* Y;
        public int* Places;
        public int Panels;
        public int MostTiles;
        public int Together;
        public int Parts;

        public readonly void Run(int index)
        {
            int part = index % Parts, first = index / Parts * Together, last = Math.Min(S.Rows, first + Together), products = MinimalFilter.Products(S.Window);
            float* images = Workspace.Get(Workspace.Slot.TileImage, (nint)products * MostTiles * S.Width);
            float* sums = Workspace.Get(Workspace.Slot.TileProducts, (nint)products * MostTiles * 2 * V.Width);
            for (int row = first; row < last; row++)
            {
                int steps = S.StepsOf(Lengths, row), tiles = (S.Places(steps) + MinimalFilter.Results - 1) / MinimalFilter.Results;
                int pieces = (tiles + MostTiles - 1) / MostTiles, from = 0;
                for (int piece = 1; piece <= pieces; piece++)
                {
                    int to = (int)((long)tiles * piece / pieces);
                    Transform(X + ((nint)row * S.Steps * S.Width), steps, from, to - from, images);
                    for (int panel = Panels * part / Parts; panel < Panels * (part + 1) / Parts; panel++)
                    {
                        Multiply(panel * 2 * V.Width, to - from, images, sums);
                        Choose(row, panel * 2 * V.Width, S.Places(steps), from, to - from, sums);
                    }

                    from = to;
                }
            }
        }

        // images[i, t, :] = sum over j of Bᵀ[i, j] times step 4 (first + t) + j.
        private readonly void Transform(float* x, int steps, int first, int tiles, float* images)
        {
            int products = MinimalFilter.Products(S.Window);
            nint next = (nint)tiles * S.Width;
            fixed (float* matrix = MinimalFilter.OfImage(S.Window))
            {
                for (int t = 0; t < tiles; t++)
                {
                    int begin = (first + t) * MinimalFilter.Results, there = Math.Min(products, steps - begin);
                    float* source = x + ((nint)begin * S.Width), target = images + ((nint)t * S.Width);
                    for (int d = 0; d < S.Width; d += V.Width)
                    {
                        int n = Math.Min(V.Width, S.Width - d);
                        V x0 = Step(source, d, n, 0, there), x1 = Step(source, d, n, 1, there), x2 = Step(source, d, n, 2, there), x3 = Step(source, d, n, 3, there);
                        V x4 = Step(source, d, n, 4, there), x5 = Step(source, d, n, 5, there), x6 = Step(source, d, n, 6, there), x7 = Step(source, d, n, 7, there);
                        float* to = target + d;
                        for (int i = 0; i < products; i++, to += next)
                        {
                            V.StoreFirst(Combine(matrix + (i * MinimalFilter.Stride), x0, x1, x2, x3, x4, x5, x6, x7, V.Zero), to, n);
                        }
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly V Step(float* source, int d, int n, int step, int there) =>
            step >= there ? V.Zero : n == V.Width ? V.Load(source + ((nint)step * S.Width) + d) : V.LoadFirst(source + ((nint)step * S.Width) + d, n);

        // sums[i, t, :] = images[i, t, :] · windows[i, :, n0 ..].
        private readonly void Multiply(int n0, int tiles, float* images, float* sums)
        {
            int height = MicroKernel<V>.MaxRows, columns = Math.Min(2 * V.Width, S.Outputs - n0), panel = Pack.PanelWidth<V>(columns);
            int products = MinimalFilter.Products(S.Window), parts = (tiles + height - 1) / height;
            Tile t = default;
            t.OuterCount = 1;
            t.InnerCount = S.Width;
            t.StrideRowA = (nint)S.Width * sizeof(float);
            t.StrideA = sizeof(float);
            t.StrideB = panel * sizeof(float);
            t.StrideRowC = 2 * V.Width * sizeof(float);
            t.Columns = columns;
            t.Masked = columns != panel;
            for (int i = 0; i < products; i++)
            {
                t.B = (byte*)(Windows + (i * Size) + ((nint)n0 * S.Width));
                int from = 0;
                for (int p = 1; p <= parts; p++)
                {
                    int next = tiles * p / parts;
                    nint row = ((nint)i * tiles) + from;
                    t.A = (byte*)(images + (row * S.Width));
                    t.C = (byte*)(sums + (row * 2 * V.Width));
                    MicroKernel<V>.Run(next - from, panel / V.Width, &t);
                    from = next;
                }
            }
        }

        private readonly void Choose(int row, int n0, int count, int first, int tiles, float* sums)
        {
            for (int n = n0; n < Math.Min(S.Outputs, n0 + (2 * V.Width)); n += V.Width)
            {
                Choose(((nint)row * S.Outputs) + n, n, Math.Min(V.Width, S.Outputs - n), count, first, tiles, sums + (n - n0));
            }
        }

        // The greatest of a register of outputs, after those of earlier pieces. Lanes beyond the last output hold anything and are thrown away.
        private readonly void Choose(nint at, int output, int lanes, int count, int first, int tiles, float* sums)
        {
            int products = MinimalFilter.Products(S.Window);
            nint next = (nint)tiles * 2 * V.Width;
            V offset = Bias == null ? V.Zero : V.LoadFirst(Bias + output, lanes);
            V best = first == 0 ? V.All(float.NegativeInfinity) : V.LoadFirst(Y + at, lanes);
            V where = first == 0 ? V.AllBits(0) : V.LoadFirst((float*)Places + at, lanes);
            fixed (float* matrix = MinimalFilter.OfResults(S.Window))
            {
                for (int t = 0; t < tiles; t++, sums += 2 * V.Width)
                {
                    V x0 = V.Load(sums), x1 = V.Load(sums + next), x2 = V.Load(sums + (2 * next)), x3 = V.Load(sums + (3 * next)), x4 = V.Load(sums + (4 * next));
                    V x5 = products > 5 ? V.Load(sums + (5 * next)) : V.Zero, x6 = products > 6 ? V.Load(sums + (6 * next)) : V.Zero;
                    V x7 = products > 7 ? V.Load(sums + (7 * next)) : V.Zero;
                    int begin = (first + t) * MinimalFilter.Results, end = Math.Min(MinimalFilter.Results, count - begin);
                    for (int k = 0; k < end; k++)
                    {
                        MaxOverTime.Better(
                            Combine(matrix + (k * MinimalFilter.Stride), x0, x1, x2, x3, x4, x5, x6, x7, offset), V.AllBits(begin + k), ref best, ref where);
                    }
                }
            }

            V.StoreFirst(best, Y + at, lanes);
            V.StoreFirst(where, (float*)Places + at, lanes);
        }
    }
}
