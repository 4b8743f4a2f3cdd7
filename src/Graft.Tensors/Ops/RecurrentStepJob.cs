using System.Runtime.CompilerServices;
using Graft.Tensors.Kernels;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Ops;

// The steps as a job.
internal sealed unsafe partial class Recurrent<TCell>
{
    /// <summary>A product that every step does.</summary>
    private struct Piece
    {
        /// <summary>The weights, row-major; of those that are packed only the size counts.</summary>
        public Matrix Weight;

        /// <summary>The same in panels, see <see cref="PackedProduct{V}"/>; or null.</summary>
        public float* Packed;

        /// <summary>Where in a row (inputs and states; on the way back gradients of sums) its operand begins.</summary>
        public int From;

        /// <summary>Where in a row of sums its result begins.</summary>
        public int To;

        public bool Accumulate;

        /// <summary>Added to the product, or null.</summary>
        public float* Bias;
    }

    /// <summary>Steps, each products with the weights and the cell's mathematics for every row.</summary>
    /// <remarks>Rows know nothing of each other. So where there are enough of them they are shared out once, and each thread goes through all steps of its
    /// own, with weights that are packed once for all steps and stay in the core's cache; what a step reads and writes besides comes into it during the products. Weights that are
    /// too many for that are read once a step for all rows, and the work of each step is shared out. An element is the same sum with any number of threads.</remarks>
    private struct StepJob : IJob
    {
        /// <summary>Rows that are never shared out: their gradients are added up before those of others.</summary>
        public const int RowsTogether = 4;

        public Work Work;
        public Sizes Sizes;
        public bool IsBackward;

        /// <summary>Whether steps begin with their inputs; forward alone.</summary>
        public bool IsJoint;

        public Sequence Input;

        /// <summary>Sums of a row of this step (joint) or of all steps.</summary>
        public float* Sums;

        public nint SumStride;

        /// <summary>[B, T, H], results or their gradients.</summary>
        public float* Output;

        /// <summary>[B, H], in place, or its gradient.</summary>
        public float* Cell;

        public float* HiddenGradient;

        /// <summary>Of all steps.</summary>
        public float* SumGradients;

        public nint SumGradientStride;

        /// <summary>A row of gradients for <see cref="RowsTogether"/> rows.</summary>
        public float* Totals;

        private Piece _first;
        private Piece _second;
        private Piece _third;
        private int _pieces;
        private int _step;
        private int _together;
        private bool _isWhole;

        public void Add(in Piece piece)
        {
            if (_pieces == 0)
            {
                _first = piece;
            }
            else if (_pieces == 1)
            {
                _second = piece;
            }
            else
            {
                _third = piece;
            }

            _pieces++;
        }

        public void RunAll(bool isPacked)
        {
            int threads = Team.Available, b = Sizes.B;
            _isWhole = isPacked;
            if (isPacked)
            {
                int tasks = threads == 1 ? 1 : b >= 4 * threads * RowsTogether ? 2 * threads : threads;
                _together = Together((b + tasks - 1) / tasks);
                Team.For((b + _together - 1) / _together, ref this);
                return;
            }

            _together = Together(4096 / Math.Max(1, Sizes.H));
            int parts = (b + _together - 1) / _together;
            for (int i = 0; i < Sizes.S; i++)
            {
                _step = IsBackward ? Sizes.S - 1 - i : i;
                if (!IsBackward)
                {
                    Products(_step);
                }

                Team.For(parts, ref this);
                if (IsBackward)
                {
                    Products(_step);
                }
            }
        }

        public readonly void Run(int index)
        {
            int first = index * _together, last = Math.Min(Sizes.B, first + _together);
            if (!_isWhole)
            {
                Cells(_step, first, last);
            }
            else if (Width.Is512)
            {
                Steps<W512>(first, last);
            }
            else if (Width.Is256)
            {
                Steps<W256>(first, last);
            }
            else
            {
                Steps<W128>(first, last);
            }
        }

        private static int Together(int rows) => (Math.Max(1, rows) + RowsTogether - 1) / RowsTogether * RowsTogether;

        private readonly void Steps<V>(int first, int last)
            where V : struct, IVec<V>
        {
            for (int i = 0; i < Sizes.S; i++)
            {
                int step = IsBackward ? Sizes.S - 1 - i : i;
                if (IsBackward)
                {
                    Cells(step, first, last);
                }
                else if (IsJoint)
                {
                    Enter(Work, Sizes, Input, Before(step), Work.BeforeStride, step, first, last);
                }

                Products<V>(step, first, last);
                if (!IsBackward)
                {
                    Cells(step, first, last);
                }
            }
        }

        private readonly void Products<V>(int step, int first, int last)
            where V : struct, IVec<V>
        {
            PackedProduct<V> a = Packed<V>(_first), b = Packed<V>(_second), c = Packed<V>(_third);
            int rows = last - first, tiles = a.Tiles(rows) + (_pieces > 1 ? b.Tiles(rows) : 0) + (_pieces > 2 ? c.Tiles(rows) : 0);
            nint at = Sizes.KeptAt(IsJoint ? step : IsBackward ? step - 1 : step + 1) + first;
            FetchAhead ahead = default;
            ahead.Add(Work.Kept + (at * Work.KeptStride), (nint)rows * Work.KeptStride);
            ahead.Add(Work.Carried + (at * Work.CarriedStride), (nint)rows * Work.CarriedStride);
            if (!IsBackward)
            {
                ahead.Add(Before(step + 1) + (first * Work.BeforeStride), (nint)rows * Work.BeforeStride);
            }

            ahead.In(tiles);
            a.Ahead = b.Ahead = c.Ahead = &ahead;
            Run(a, _first, step, first, rows);
            if (_pieces > 1)
            {
                Run(b, _second, step, first, rows);
            }

            if (_pieces > 2)
            {
                Run(c, _third, step, first, rows);
            }
        }

        private readonly PackedProduct<V> Packed<V>(in Piece piece)
            where V : struct, IVec<V> => new()
            {
                Depth = piece.Weight.Rows, Columns = piece.Weight.Columns, Packed = piece.Packed, Bias = piece.Bias, Accumulate = piece.Accumulate, Fetch = !IsBackward && !IsJoint,
                Stride = IsBackward ? SumGradientStride : Work.BeforeStride, StrideC = IsBackward ? Math.Max(1, Sizes.H) : SumStride,
            };

        private readonly void Run<V>(in PackedProduct<V> product, in Piece piece, int step, int first, int rows)
            where V : struct, IVec<V> =>
            product.Run(rows, Operand(piece, step, first), Result(piece, step, first));

        private readonly float* Before(int step) => Work.Before + (Sizes.BeforeAt(step) * Work.BeforeStride);

        private readonly float* Gradients(int step) => SumGradients + ((nint)step * Sizes.B * SumGradientStride);

        private readonly float* Operand(in Piece piece, int step, nint first) =>
            piece.From + (IsBackward ? Gradients(step) + (first * SumGradientStride) : Before(step) + (first * Work.BeforeStride));

        private readonly float* Result(in Piece piece, int step, nint first) =>
            piece.To + (IsBackward ? HiddenGradient + (first * Sizes.H) : Sums + ((IsJoint ? first : ((nint)step * Sizes.B) + first) * SumStride));

        /// <summary>For weights that are not packed, all rows.</summary>
        private readonly void Products(int step)
        {
            for (int i = 0; i < _pieces; i++)
            {
                Piece piece = i == 0 ? _first : i == 1 ? _second : _third;
                Matrix operand = Matrix.Plain(Operand(piece, step, 0), Sizes.B, piece.Weight.Rows, IsBackward ? SumGradientStride : Work.BeforeStride);
                Matrix result = Matrix.Plain(Result(piece, step, 0), Sizes.B, piece.Weight.Columns, IsBackward ? Math.Max(1, Sizes.H) : SumStride);
                Matrix.Multiply(result, operand, piece.Weight, piece.Accumulate, piece.Bias);
            }
        }

        private readonly void Cells(int step, int first, int last)
        {
            for (int b = first; b < last; b++)
            {
                if (step < Work.Lengths[b])
                {
                    Active(step, b);
                }
                else
                {
                    Idle(step, b);
                }
            }
        }

        private readonly void Active(int step, int b)
        {
            int h = Sizes.H;
            nint place = (((nint)b * Sizes.T) + Sizes.Time(step, Work.Lengths[b])) * h;
            nint kept = Sizes.KeptAt(step) + b;
            var row = new RecurrentRow { Kept = Work.Kept + (kept * Work.KeptStride), Carried = Work.Carried + (kept * Work.CarriedStride) };
            if (IsBackward)
            {
                row.OutputGradient = Output + place;
                row.HiddenGradient = HiddenGradient + ((nint)b * h);
                row.CellGradient = Cell + ((nint)b * h);
                row.SumGradients = Gradients(step) + (b * SumGradientStride);
                row.Totals = Totals + ((nint)(b / RowsTogether) * Recurrent<TCell>.Sums * h);
                Prefetch.Far(row.OutputGradient + (Sizes.IsReverse ? h : -h), h);
            }
            else
            {
                row.Sums = IsJoint ? Sums + (b * SumStride) : row.Kept;
                row.HiddenBefore = State(step, b);
                row.HiddenAfter = State(step + 1, b);
                row.Output = Output + place;
                row.Cell = Cell + ((nint)b * h);
            }

            if (Width.Is512)
            {
                Of<W512>(row);
            }
            else if (Width.Is256)
            {
                Of<W256>(row);
            }
            else
            {
                Of<W128>(row);
            }
        }

        private readonly void Of<V>(in RecurrentRow row)
            where V : struct, IVec<V>
        {
            int h = Sizes.H, whole = h / V.Width * V.Width;
            if (IsBackward)
            {
                TCell.Backward<V, No>(row, h, 0, whole);
            }
            else
            {
                TCell.Activate<V>(row.Sums, h);
                TCell.Forward<V, No>(row, h, 0, whole);
            }

            if (whole < h && IsBackward)
            {
                TCell.Backward<V, Yes>(row, h, whole, h);
            }
            else if (whole < h)
            {
                TCell.Forward<V, Yes>(row, h, whole, h);
            }
        }

        /// <summary>A row that has ended keeps its state and sends no gradient.</summary>
        private readonly void Idle(int step, int b)
        {
            if (IsBackward)
            {
                new Span<float>(Gradients(step) + (b * SumGradientStride), Recurrent<TCell>.Sums * Sizes.H).Clear();
                return;
            }

            Unsafe.CopyBlockUnaligned(State(step + 1, b), State(step, b), (uint)Sizes.H * sizeof(float));
        }

        private readonly float* State(int step, int b) => Before(step) + (b * Work.BeforeStride) + Sizes.F;
    }
}
