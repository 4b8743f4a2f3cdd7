using System.Runtime.CompilerServices;
using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Ops;

// Sizes, working memory, and the rows of one step as a job.
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
            checked((int)(B + ((long)S * B * (F + (blocks * H))) + (2L * (S + 1) * B * H)));
    }

    /// <summary>What the forward keeps: lengths, inputs and gates of each step, hidden states and cells before each step and after the last.</summary>
    private readonly struct Work
    {
        public readonly int* Lengths;
        public readonly float* Inputs;
        public readonly float* Gates;
        public readonly float* Hidden;
        public readonly float* Cells;

        public Work(Node y, in Sizes shape, int blocks)
        {
            Lengths = (int*)y.Saved!.Data;
            Inputs = y.Saved.Data + shape.B;
            Gates = Inputs + ((nint)shape.S * shape.B * shape.F);
            Hidden = Gates + ((nint)shape.S * shape.B * blocks * shape.H);
            Cells = Hidden + ((nint)(shape.S + 1) * shape.B * shape.H);
        }
    }

    /// <summary>One step of all rows.</summary>
    private struct StepJob : IJob
    {
        public Work Work;
        public Sizes Sizes;
        public int Step;
        public bool IsBackward;
        public float* Output;
        public float* FromHidden;
        public float* HiddenGradient;
        public float* CellGradient;
        public float* GateGradients;
        public float* FromHiddenGradients;

        private int _together;

        public void Share()
        {
            _together = Math.Max(1, 4096 / Math.Max(1, Sizes.H));
            int tasks = (Sizes.B + _together - 1) / _together;
            if (tasks == 1)
            {
                Run(0);
            }
            else
            {
                Team.For(tasks, ref this);
            }
        }

        public readonly void Run(int index)
        {
            int last = Math.Min(Sizes.B, (index + 1) * _together);
            for (int b = index * _together; b < last; b++)
            {
                if (Step < Work.Lengths[b])
                {
                    Active(b);
                }
                else
                {
                    Idle(b);
                }
            }
        }

        private readonly void Active(int b)
        {
            int h = Sizes.H, wide = TCell.Gates * h;
            nint state = (((nint)Step * Sizes.B) + b) * h, next = state + ((nint)Sizes.B * h), gates = (((nint)Step * Sizes.B) + b) * wide;
            nint place = (((nint)b * Sizes.T) + Sizes.Time(Step, Work.Lengths[b])) * h;
            var row = new RecurrentRow
            {
                Gates = Work.Gates + gates,
                FromHidden = FromHidden + ((nint)b * wide),
                HiddenBefore = Work.Hidden + state,
                HiddenAfter = Work.Hidden + next,
                CellBefore = Work.Cells + state,
                CellAfter = Work.Cells + next,
            };
            if (IsBackward)
            {
                row.OutputGradient = Output + place;
                row.HiddenGradient = HiddenGradient + ((nint)b * h);
                row.CellGradient = CellGradient + ((nint)b * h);
                row.GateGradients = GateGradients + ((nint)b * wide);
                row.FromHiddenGradients = FromHiddenGradients + ((nint)b * wide);
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

        private readonly void Idle(int b)
        {
            int h = Sizes.H;
            nint state = (((nint)Step * Sizes.B) + b) * h, next = state + ((nint)Sizes.B * h);
            if (IsBackward)
            {
                int wide = TCell.Gates * h;
                new Span<float>(GateGradients + ((nint)b * wide), wide).Clear();
                new Span<float>(FromHiddenGradients + ((nint)b * wide), wide).Clear();
                return;
            }

            Unsafe.CopyBlockUnaligned(Work.Hidden + next, Work.Hidden + state, (uint)h * sizeof(float));
            if (TCell.HasCell)
            {
                Unsafe.CopyBlockUnaligned(Work.Cells + next, Work.Cells + state, (uint)h * sizeof(float));
            }
        }
    }
}
