using System.Runtime.CompilerServices;
using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The way back through y = max(0, x Wᵀ + b) for several gradients D_k of y at once, without the products that the rectifier makes 0.</summary>
/// <remarks>
/// <para>Where y is not positive, the gradients of all slots are 0, so that a row of dX_k = D_k W has the same terms in every slot, and so has a row of dW_k = D_kᵀ x.
/// The terms that are left of a row are collected, the numbers of all slots side by side; then a tile of the <see cref="MicroKernel{V}"/> has a row for each slot, and its steps
/// go from one term to the next through the table of outer offsets. Half of the terms are left in a usual network, and half of the time is.</para>
/// <para>The factors W and x are packed once, in panels of two registers of columns. A sum runs over its terms in order, so the partition changes no bits; what is left out
/// is never multiplied, not even with infinity.</para>
/// </remarks>
internal static unsafe class RectifiedSlots
{
    // Fewer rows of a tile do not hide what its steps cost beside the multiplications, about as much as those of 1.5 rows.
    private const int LeastSlots = 3;
    private const double StepRows = 1.5;

    // Time that it may take at most, by that estimate, in shares of the dense products'.
    private const double MostTime = 0.9;

    // Sums (rows or outputs) whose terms a task collects together: those of a transposing block.
    private const int Together = TransposeBlock.Size;

    // Rows that are turned one after the other, where the terms lie across.
    private const int RowsTurned = 16;

    // Terms of a sum up to which a panel stays in the second-level cache.
    private const int MostTerms = 4096;

    // Columns and multiplications below which collecting costs more than it saves.
    private const int LeastInputs = 64;
    private const long LeastWork = 1 << 21;

    /// <summary>Whether the shapes and the results are such that it takes less time than dense products.</summary>
    public static bool Pays(in RectifiedLayer p) =>
        p.Slots >= LeastSlots && p.Inputs >= LeastInputs && p.Rows <= MostTerms && p.Outputs <= MostTerms && (long)p.Slots * p.Rows * p.Outputs * p.Inputs >= LeastWork
        && Passed(p) * (p.Slots + StepRows) <= MostTime * p.Slots;

    /// <summary>Computes all gradients that are wanted.</summary>
    public static void Run(in RectifiedLayer p)
    {
        if (Width.Is512)
        {
            Run<W512>(p);
        }
        else if (Width.Is256)
        {
            Run<W256>(p);
        }
        else
        {
            Run<W128>(p);
        }
    }

    internal static void Run<V>(in RectifiedLayer p)
        where V : struct, IVec<V>
    {
        int width = 2 * V.Width, strips = (p.Inputs + width - 1) / width;
        nint weights = p.DX == null ? 0 : (nint)strips * width * p.Outputs, inputs = p.DW == null ? 0 : (nint)strips * width * p.Rows;
        int terms = Math.Max(p.Rows, p.Outputs);
        using var scratch = new Scratch((2 * terms) + weights + inputs);
        var job = new Job<V>
        {
            Layer = p,
            Strips = strips,
            Steps = (nint*)scratch.Data,
            Weights = scratch.Data + (2 * terms),
            Inputs = scratch.Data + (2 * terms) + weights,
            RowTasks = p.DX == null ? 0 : (p.Rows + Together - 1) / Together,
            Packs = true,
        };
        for (int i = 0; i < terms; i++)
        {
            job.Steps[i] = i * p.Slots * sizeof(float);
        }

        Team.For((weights == 0 ? 0 : strips) + (inputs == 0 ? 0 : strips), ref job);
        job.Packs = false;
        Team.For(job.RowTasks + (p.DW == null && p.DB == null ? 0 : (p.Outputs + Together - 1) / Together), ref job);
    }

    // The share of positive results.
    private static double Passed(in RectifiedLayer p)
    {
        int count = p.Rows * p.Outputs;
        double passed = Width.Is512 ? Passed<W512>(p.Y, count) : Width.Is256 ? Passed<W256>(p.Y, count) : Passed<W128>(p.Y, count);
        return passed / Math.Max(1, count);
    }

    // Counts exactly: a lane counts at most 4096 x 4096 numbers over its width.
    private static double Passed<V>(float* y, int count)
        where V : struct, IVec<V>
    {
        V one = V.One, zero = V.Zero, first = zero, second = zero;
        int i = 0;
        for (; i <= count - (2 * V.Width); i += 2 * V.Width)
        {
            first += V.And(V.Greater(V.Load(y + i), zero), one);
            second += V.And(V.Greater(V.Load(y + i + V.Width), zero), one);
        }

        for (; i < count; i += V.Width)
        {
            first += V.And(V.Greater(V.LoadFirst(y + i, Math.Min(V.Width, count - i)), zero), one);
        }

        return (double)V.Sum(first) + V.Sum(second);
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public RectifiedLayer Layer;

        /// <summary>Panels of columns.</summary>
        public int Strips;

        /// <summary>Byte offsets of the terms that were collected, one behind the other.</summary>
        public nint* Steps;

        /// <summary>W in panels [outputs, 2 Width].</summary>
        public float* Weights;

        /// <summary>x in panels [rows, 2 Width].</summary>
        public float* Inputs;

        /// <summary>The first tasks make rows of dX, the others those of dW.</summary>
        public int RowTasks;

        /// <summary>Whether the panels are being packed.</summary>
        public bool Packs;

        private static int Wide => 2 * V.Width;

        public readonly void Run(int index)
        {
            if (Packs)
            {
                bool isWeight = Layer.DX != null && index < Strips;
                PackPanel(isWeight, index % Strips);
            }
            else if (index < RowTasks)
            {
                BackToInputs(index * Together);
            }
            else
            {
                BackToWeights((index - RowTasks) * Together);
            }
        }

        private readonly void PackPanel(bool isWeight, int strip)
        {
            int first = strip * Wide, columns = Math.Min(Wide, Layer.Inputs - first);
            if (!isWeight)
            {
                Pack.Straight<V>(Layer.X + first, Layer.StrideX, columns, Wide, Layer.Rows, Inputs + ((nint)first * Layer.Rows));
            }
            else if (Layer.OutputsInnermost)
            {
                Pack.Transposed(Layer.W + (first * Layer.StrideW), Layer.StrideW, columns, Wide, Layer.Outputs, Weights + ((nint)first * Layer.Outputs));
            }
            else
            {
                Pack.Straight<V>(Layer.W + first, Layer.StrideW, columns, Wide, Layer.Outputs, Weights + ((nint)first * Layer.Outputs));
            }
        }

        // dX_k[n, :] = the sum over the outputs that passed of D_k[n, o] W[o, :].
        private readonly void BackToInputs(int first)
        {
            int count = Math.Min(Together, Layer.Rows - first);
            var terms = new Terms<V>(Layer.Slots, Layer.Outputs);
            int* counts = stackalloc int[Together];
            for (int i = 0; i < count; i++)
            {
                nint at = (nint)(first + i) * Layer.Outputs;
                terms.CollectRow(Layer.D + at, Layer.DistanceD, Layer.Y + at, i, Layer.Outputs, counts);
            }

            Tile tile = default;
            tile.InnerCount = 1;
            tile.OuterA = Steps;
            tile.StrideRowA = sizeof(float);
            tile.StrideRowC = Layer.DistanceX * sizeof(float);
            tile.Accumulate = tile.Fetch = Layer.AddX;
            for (int strip = 0; strip < Strips; strip++)
            {
                int column = strip * Wide;
                tile.Columns = Math.Min(Wide, Layer.Inputs - column);
                tile.Masked = tile.Columns != Pack.PanelWidth<V>(tile.Columns);
                tile.B = (byte*)(Weights + ((nint)column * Layer.Outputs));
                for (int i = 0; i < count; i++)
                {
                    terms.Aim(&tile, i, counts);
                    Sum(&tile, Layer.DX + ((nint)(first + i) * Layer.Inputs) + column);
                }
            }
        }

        // dW_k[o, :] = the sum over the rows that passed of D_k[n, o] x[n, :].
        private readonly void BackToWeights(int first)
        {
            int count = Math.Min(Together, Layer.Outputs - first);
            var terms = new Terms<V>(Layer.Slots, Layer.Rows);
            int* counts = stackalloc int[Together];
            new Span<int>(counts, Together).Clear();
            for (int n = 0; n < Layer.Rows; n += RowsTurned)
            {
                nint at = ((nint)n * Layer.Outputs) + first;
                terms.CollectColumns(Layer.D + at, Layer.DistanceD, Layer.Y + at, Layer.Outputs, n, Math.Min(RowsTurned, Layer.Rows - n), count, counts);
            }

            if (Layer.DB != null)
            {
                terms.Total(Layer.DB + first, Layer.DistanceB, count, counts, Layer.AddB);
            }

            if (Layer.DW == null)
            {
                return;
            }

            Tile tile = default;
            tile.InnerCount = 1;
            tile.OuterA = Steps;
            tile.StrideRowA = sizeof(float);
            for (int strip = 0; strip < Strips; strip++)
            {
                int column = strip * Wide;
                tile.Columns = Math.Min(Wide, Layer.Inputs - column);
                tile.B = (byte*)(Inputs + ((nint)column * Layer.Rows));
                if (Layer.OutputsInnermost)
                {
                    SumTurned(terms, &tile, first, count, column, counts);
                    continue;
                }

                tile.StrideRowC = Layer.DistanceW * sizeof(float);
                tile.Masked = tile.Columns != Pack.PanelWidth<V>(tile.Columns);
                for (int i = 0; i < count; i++)
                {
                    terms.Aim(&tile, i, counts);
                    Sum(&tile, Layer.DW + ((first + i) * Layer.StrideW) + column);
                }
            }
        }

        // All slots of a row, as many at once as a tile has rows.
        private readonly void Sum(Tile* tile, float* c)
        {
            int slots = Layer.Slots, groups = (slots + MicroKernel<V>.MaxRows - 1) / MicroKernel<V>.MaxRows, from = 0;
            byte* a = tile->A;
            for (int g = 1; g <= groups; g++)
            {
                int to = slots * g / groups;
                tile->A = a + (from * sizeof(float));
                tile->C = (byte*)c + (from * tile->StrideRowC);
                MicroKernel<V>.Run(to - from, Pack.PanelWidth<V>(tile->Columns) / V.Width, tile);
                from = to;
            }
        }

        // Where outputs lie innermost, the rows of some outputs are turned on their way to memory.
        private readonly void SumTurned(in Terms<V> terms, Tile* tile, int first, int count, int column, int* counts)
        {
            nint distance = Together * Wide;
            float* rows = Workspace.Get(Workspace.Slot.Narrow, distance * Layer.Slots);
            tile->StrideRowC = distance * sizeof(float);
            for (int i = 0; i < count; i++)
            {
                // Asks for the places that are written to in a while, some with each tile.
                for (int k = 0; k < Layer.Slots; k++)
                {
                    for (int j = i; j < tile->Columns; j += count)
                    {
                        Prefetch.Far(Layer.DW + (k * Layer.DistanceW) + ((column + j) * Layer.StrideW) + first);
                    }
                }

                terms.Aim(tile, i, counts);
                Sum(tile, rows + ((nint)i * Wide));
            }

            for (int k = 0; k < Layer.Slots; k++)
            {
                TransposeBlock.All(rows + (k * distance), Wide, count, tile->Columns, Layer.DW + (k * Layer.DistanceW) + (column * Layer.StrideW) + first, Layer.StrideW);
            }
        }
    }

    /// <summary>What is left of some sums: for each its terms, the numbers of all slots side by side, and where their factors lie in a panel.</summary>
    private readonly struct Terms<V>
        where V : struct, IVec<V>
    {
        private readonly int _slots;
        private readonly nint _room;
        private readonly nint _places;
        private readonly float* _values;
        private readonly nint* _offsets;
        private readonly float* _turned;

        /// <param name="slots">Numbers of a term.</param>
        /// <param name="depth">The most terms of a sum.</param>
        public Terms(int slots, int depth)
        {
            _slots = slots;

            // A line more than needed: sums that began at the same place of a page would compete for the same sets of the cache.
            _room = ((((nint)depth * slots) + 15) / 16 * 16) + 16;
            _places = ((nint)depth + 7) / 8 * 8 + 8;
            _values = Workspace.Get(Workspace.Slot.PackedA, (Together * _room) + ((nint)Math.Max(depth, RowsTurned * Together) * slots) + V.Width);
            _turned = _values + (Together * _room);
            _offsets = (nint*)Workspace.Get(Workspace.Slot.Offsets, Together * _places * (sizeof(nint) / sizeof(float)));
        }

        /// <summary>Takes the terms of one sum.</summary>
        /// <param name="d">The first slot's numbers, one behind the other.</param>
        /// <param name="distance">To the next slot's.</param>
        /// <param name="passed">Positive where the term counts.</param>
        /// <param name="sum">Which sum.</param>
        /// <param name="count">Terms.</param>
        /// <param name="counts">Gets how many count.</param>
        public void CollectRow(float* d, nint distance, float* passed, int sum, int count, int* counts)
        {
            TransposeBlock.All(d, distance, _slots, count, _turned, _slots);
            int n = 0;
            float* to = _values + (sum * _room);
            nint* offsets = _offsets + (sum * _places);
            for (int i = 0; i < count; i++)
            {
                Copy(_turned + ((nint)i * _slots), to + ((nint)n * _slots));
                offsets[n] = (nint)i * 2 * V.Width * sizeof(float);
                n += passed[i] > 0 ? 1 : 0;
            }

            counts[sum] = n;
        }

        /// <summary>Takes further terms of some neighboring sums, one of each from every row.</summary>
        /// <param name="d">The first slot's numbers: of the first sum in the first row.</param>
        /// <param name="distance">To the next slot's.</param>
        /// <param name="passed">Positive where the term counts.</param>
        /// <param name="stride">Of d and passed, from a row to the next.</param>
        /// <param name="first">Terms before these.</param>
        /// <param name="rows">Up to a block of rows.</param>
        /// <param name="sums">Up to a block of sums.</param>
        /// <param name="counts">How many terms each sum has.</param>
        public void CollectColumns(float* d, nint distance, float* passed, nint stride, int first, int rows, int sums, int* counts)
        {
            // All rows are turned before one is read: what was just written in pieces cannot be read in one piece at once.
            for (int r = 0; r < rows; r++)
            {
                TransposeBlock.All(d + (r * stride), distance, _slots, sums, _turned + (r * Together * _slots), _slots);
            }

            for (int i = 0; i < sums; i++)
            {
                int n = counts[i];
                float* to = _values + (i * _room), from = _turned + (i * _slots);
                nint* offsets = _offsets + (i * _places);
                for (int r = 0; r < rows; r++)
                {
                    Copy(from + (r * Together * _slots), to + ((nint)n * _slots));
                    offsets[n] = (nint)(first + r) * 2 * V.Width * sizeof(float);
                    n += passed[(r * stride) + i] > 0 ? 1 : 0;
                }

                counts[i] = n;
            }
        }

        /// <summary>The sums of the terms themselves.</summary>
        public void Total(float* to, nint distance, int count, int* counts, bool add)
        {
            float* total = stackalloc float[V.Width];
            for (int i = 0; i < count; i++)
            {
                for (int k = 0; k < _slots; k += V.Width)
                {
                    float* term = _values + (i * _room) + k;
                    V sum = V.Zero;
                    for (int t = 0; t < counts[i]; t++, term += _slots)
                    {
                        sum += V.Load(term);
                    }

                    V.Store(sum, total);
                    for (int lane = 0; lane < Math.Min(V.Width, _slots - k); lane++)
                    {
                        float* place = to + ((k + lane) * distance) + i;
                        *place = (add ? *place : 0) + total[lane];
                    }
                }
            }
        }

        /// <summary>Lets a tile sum one of the sums.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Aim(Tile* tile, int sum, int* counts)
        {
            tile->OuterCount = counts[sum];
            tile->A = (byte*)(_values + (sum * _room));
            tile->OuterB = _offsets + (sum * _places);
        }

        // Whole registers: what is written beyond a term is overwritten by the next, or lies behind the last.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Copy(float* from, float* to)
        {
            if (V.Width == 16 && _slots <= 8)
            {
                // Half a register: whole ones would cross lines of the cache.
                W256.Store(W256.Load(from), to);
                return;
            }

            for (int k = 0; k < _slots; k += V.Width)
            {
                V.Store(V.Load(from + k), to + k);
            }
        }
    }
}
