using System.Runtime.CompilerServices;
using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Ops;

// Sizes, working memory, the way there and back, and the steps as a job.
internal sealed unsafe partial class Recurrent<TCell>
{
    [InlineArray(4)]
    private struct Parents
    {
        private Node _first;
    }

    private struct Sizes
    {
        public int B;
        public int T;
        public int F;
        public int H;
        public int S;
        public bool IsReverse;

        public Sizes(Node y)
        {
            B = y.A!.Shape[0];
            T = y.A.Shape[1];
            F = y.A.Shape[2];
            H = y.C!.Shape[1];
            S = y.I0;
            IsReverse = y.I1 != 0;
        }

        public readonly void Keep(Node y)
        {
            y.I0 = S;
            y.I1 = IsReverse ? 1 : 0;
        }

        /// <summary>The place in the sequence of step s of a row, or the step of a place.</summary>
        public readonly int Time(int s, int length) => IsReverse ? length - 1 - s : s;

        public readonly int Room(int blocks) =>
            checked((int)(B + ((long)S * B * blocks * H) + ((S + 1L) * B * (F + (2L * H)))));
    }

    /// <summary>What the forward keeps: lengths, inputs and gates of each step, hidden states and cells before each step and after the last. With a cell, inputs of a step and
    /// hidden states before it lie side by side, as one matrix that all weights multiply.</summary>
    private readonly struct Work
    {
        public readonly int* Lengths;
        public readonly float* Inputs;
        public readonly float* Gates;
        public readonly float* Hidden;
        public readonly float* Cells;

        /// <summary>From a row's inputs, or states, to the next one's.</summary>
        public readonly int InputStride;

        public readonly int HiddenStride;

        public Work(Node y, in Sizes shape, int blocks)
        {
            Lengths = (int*)y.Saved!.Data;
            nint rows = (nint)(shape.S + 1) * shape.B;
            Gates = y.Saved.Data + shape.B;
            Cells = Gates + ((nint)shape.S * shape.B * blocks * shape.H);
            Inputs = Cells + (rows * shape.H);
            Hidden = Inputs + (TCell.HasCell ? shape.F : rows * shape.F);
            InputStride = Math.Max(1, TCell.HasCell ? shape.F + shape.H : shape.F);
            HiddenStride = Math.Max(1, TCell.HasCell ? shape.F + shape.H : shape.H);
        }
    }

    // [B, T, F] as [S, B, F] in the order of the steps, rows at a distance; zeros beyond a row's length.
    private static void ToSteps(in Work work, in Sizes shape, Node x, float* data, float* steps, int stride)
    {
        uint bytes = (uint)shape.F * sizeof(float);
        for (int s = 0; s < shape.S; s++)
        {
            for (int b = 0; b < shape.B; b++)
            {
                float* to = steps + ((((nint)s * shape.B) + b) * stride);
                if (s < work.Lengths[b])
                {
                    Unsafe.CopyBlockUnaligned(to, data + ((nint)b * x.Strides[0]) + ((nint)shape.Time(s, work.Lengths[b]) * x.Strides[1]), bytes);
                }
                else
                {
                    Unsafe.InitBlockUnaligned(to, 0, bytes);
                }
            }
        }
    }

    private static void ToSequence(in Work work, in Sizes shape, float* steps, Node x, bool add)
    {
        for (int b = 0; b < shape.B; b++)
        {
            int length = work.Lengths[b];
            for (int t = 0; t < shape.T; t++)
            {
                float* to = x.Grad + ((nint)b * x.Strides[0]) + ((nint)t * x.Strides[1]);
                int s = shape.Time(t, length);
                float* from = steps + ((((nint)s * shape.B) + b) * shape.F);
                for (int f = 0; f < shape.F; f++)
                {
                    to[f] = (add ? to[f] : 0) + (t < length ? from[f] : 0);
                }
            }
        }
    }

    /// <summary>The steps, each a product with the hidden weights and the cell's mathematics for every row.</summary>
    /// <remarks>Rows know nothing of each other. So where there are enough of them they are shared out once, and each thread goes through all steps of its
    /// own, with weights that are packed once for all steps and stay in the core's cache. Weights that are too many for that are read once a step for all rows, and the work of
    /// each step is shared out. An element is the same sum with any number of threads.</remarks>
    private struct StepJob : IJob
    {
        public Work Work;
        public Sizes Sizes;
        public bool IsBackward;

        /// <summary>The hidden weights as the product takes them: [H, blocks H] forward, its transpose backward. Row-major where they are not packed.</summary>
        public Matrix Weight;

        /// <summary>The same in panels, see <see cref="PackedProduct{V}"/>; or null.</summary>
        public float* Packed;

        /// <summary>Whether <see cref="Packed"/> are the weights of inputs and states, one below the other; forward alone.</summary>
        public bool IsJoint;

        /// <summary>Added to the product, or null.</summary>
        public float* Bias;

        public float* Output;
        public float* FromHidden;
        public float* HiddenGradient;
        public float* CellGradient;

        /// <summary>Of all steps, as the one below.</summary>
        public float* GateGradients;

        public float* FromHiddenGradients;

        // Rows that make a task worth while.
        private const int LeastRows = 4;

        private int _step;
        private int _together;
        private bool _isWhole;

        public void RunAll()
        {
            int threads = Team.Available;
            _isWhole = threads > 1 && Sizes.B >= threads * LeastRows && Packed != null;
            if (_isWhole)
            {
                int tasks = Sizes.B >= 8 * threads * LeastRows ? 2 * threads : threads;
                _together = (Sizes.B + tasks - 1) / tasks;
                Team.For((Sizes.B + _together - 1) / _together, ref this);
                return;
            }

            _together = Math.Max(1, 4096 / Math.Max(1, Sizes.H));
            int parts = (Sizes.B + _together - 1) / _together;
            for (int i = 0; i < Sizes.S; i++)
            {
                _step = IsBackward ? Sizes.S - 1 - i : i;
                if (!IsBackward)
                {
                    Product(_step, 0, Sizes.B);
                }

                Team.For(parts, ref this);
                if (IsBackward)
                {
                    Product(_step, 0, Sizes.B);
                }
            }
        }

        public readonly void Run(int index)
        {
            int first = index * _together, last = Math.Min(Sizes.B, first + _together);
            if (!_isWhole)
            {
                Cells(_step, first, last);
                return;
            }

            using var alone = new SoloThread(true);
            for (int i = 0; i < Sizes.S; i++)
            {
                if (IsBackward)
                {
                    Cells(Sizes.S - 1 - i, first, last);
                    Product(Sizes.S - 1 - i, first, last);
                }
                else
                {
                    Product(i, first, last);
                    Cells(i, first, last);
                }
            }
        }

        /// <summary>What rows first .. last-1 send through the hidden weights: forward to their gates, backward to the state before.</summary>
        private readonly void Product(int step, int first, int last)
        {
            int h = Sizes.H, wide = TCell.Gates * h, rows = last - first, wideStride = Math.Max(1, wide);
            nint row = ((nint)step * Sizes.B) + first;
            if (Packed != null)
            {
                if (Width.Is512)
                {
                    Product<W512>(row, first, rows);
                }
                else if (Width.Is256)
                {
                    Product<W256>(row, first, rows);
                }
                else
                {
                    Product<W128>(row, first, rows);
                }

                return;
            }

            if (IsBackward)
            {
                Matrix sums = Matrix.Plain(FromHiddenGradients + (row * wide), rows, wide, wideStride);
                Matrix.Multiply(Matrix.Plain(HiddenGradient + ((nint)first * h), rows, h, Math.Max(1, h)), sums, Weight, accumulate: true);
                return;
            }

            // Without a cell the product stays apart from the input's part.
            float* to = TCell.HasCell ? Work.Gates + (row * wide) : FromHidden + ((nint)first * wide);
            Matrix before = Matrix.Plain(Work.Hidden + (row * Work.HiddenStride), rows, h, Work.HiddenStride);
            Matrix.Multiply(Matrix.Plain(to, rows, wide, wideStride), before, Weight, TCell.HasCell, Bias);
        }

        private readonly void Product<V>(nint row, int first, int rows)
            where V : struct, IVec<V>
        {
            int h = Sizes.H, wide = TCell.Gates * h;
            var product = new PackedProduct<V>
            {
                Depth = Weight.Rows, Columns = Weight.Columns, Packed = Packed, Bias = Bias, Accumulate = IsBackward || (TCell.HasCell && !IsJoint), Fetch = !IsBackward,
            };
            if (IsBackward)
            {
                product.Run(rows, FromHiddenGradients + (row * wide), HiddenGradient + ((nint)first * h));
                return;
            }

            product.Stride = Work.HiddenStride;
            product.Run(rows, (IsJoint ? Work.Inputs : Work.Hidden) + (row * Work.HiddenStride), TCell.HasCell ? Work.Gates + (row * wide) : FromHidden + ((nint)first * wide));
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
            int h = Sizes.H, wide = TCell.Gates * h;
            nint at = ((nint)step * Sizes.B) + b, state = at * h, next = state + ((nint)Sizes.B * h), gates = at * wide, hidden = at * Work.HiddenStride;
            nint place = (((nint)b * Sizes.T) + Sizes.Time(step, Work.Lengths[b])) * h;
            var row = new RecurrentRow
            {
                Gates = Work.Gates + gates,
                FromHidden = FromHidden + ((nint)b * wide),
                HiddenBefore = Work.Hidden + hidden,
                HiddenAfter = Work.Hidden + hidden + ((nint)Sizes.B * Work.HiddenStride),
                CellBefore = Work.Cells + state,
                CellAfter = Work.Cells + next,
            };
            if (IsBackward)
            {
                row.OutputGradient = Output + place;
                row.HiddenGradient = HiddenGradient + ((nint)b * h);
                row.CellGradient = CellGradient + ((nint)b * h);
                row.GateGradients = GateGradients + gates;
                row.FromHiddenGradients = FromHiddenGradients + gates;
            }

            if (Width.Is512)
            {
                Of<W512>(row, h);
            }
            else if (Width.Is256)
            {
                Of<W256>(row, h);
            }
            else
            {
                Of<W128>(row, h);
            }

            if (!IsBackward)
            {
                Unsafe.CopyBlockUnaligned(Output + place, row.HiddenAfter, (uint)h * sizeof(float));
            }
        }

        private readonly void Of<V>(in RecurrentRow row, int h)
            where V : struct, IVec<V>
        {
            if (IsBackward)
            {
                TCell.Backward<V>(row, h);
            }
            else
            {
                TCell.Forward<V>(row, h);
            }
        }

        private readonly void Idle(int step, int b)
        {
            int h = Sizes.H;
            nint at = ((nint)step * Sizes.B) + b, state = at * h, next = state + ((nint)Sizes.B * h), hidden = at * Work.HiddenStride;
            if (IsBackward)
            {
                int wide = TCell.Gates * h;
                nint gates = at * wide;
                new Span<float>(GateGradients + gates, wide).Clear();
                new Span<float>(FromHiddenGradients + gates, wide).Clear();
                return;
            }

            Unsafe.CopyBlockUnaligned(Work.Hidden + hidden + ((nint)Sizes.B * Work.HiddenStride), Work.Hidden + hidden, (uint)h * sizeof(float));
            if (TCell.HasCell)
            {
                Unsafe.CopyBlockUnaligned(Work.Cells + next, Work.Cells + state, (uint)h * sizeof(float));
            }
        }
    }
}
