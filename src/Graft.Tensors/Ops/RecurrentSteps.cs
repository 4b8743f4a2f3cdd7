using System.Runtime.CompilerServices;
using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Ops;

// Sizes, working memory, and the way back to the sequence.
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

        /// <summary>Whether what a step leaves stays for the way back; otherwise the next step writes over it.</summary>
        public bool Keeps;

        public Sizes(Node y)
        {
            Keeps = true;
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

        /// <summary>Steps whose factors have a place.</summary>
        public readonly int KeptSteps => Keeps ? S : 1;

        /// <summary>Which row is the first of a step's factors.</summary>
        public readonly nint KeptAt(int step) => Keeps ? (nint)step * B : 0;

        /// <summary>Which row is the first of a step's inputs and states.</summary>
        public readonly nint BeforeAt(int step) => (nint)(Keeps ? step : step & 1) * B;

        public readonly int Room() => checked((int)(Work.First(B) + ((long)KeptSteps * B * (Sums + TCell.Carried) * H) + ((Keeps ? S + 1L : 2L) * B * (F + H))));
    }

    /// <summary>What the forward keeps: lengths, the factors of each step, inputs of each step and hidden states before it side by side, as one matrix that all weights multiply.</summary>
    private readonly struct Work
    {
        public readonly int* Lengths;

        /// <summary>Factors that go to the sums, [S, B, blocks], or one step.</summary>
        public readonly float* Kept;

        /// <summary>Those that go from state to state, likewise.</summary>
        public readonly float* Carried;

        /// <summary>[S + 1, B, F + H], or two steps by turns.</summary>
        public readonly float* Before;

        public Work(Node y, in Sizes shape)
        {
            Lengths = (int*)y.Saved!.Data;
            Kept = y.Saved.Data + First(shape.B);
            nint rows = (nint)shape.KeptSteps * shape.B;
            Carried = Kept + (rows * Sums * shape.H);
            Before = Carried + (rows * TCell.Carried * shape.H);
            KeptStride = Math.Max(1, Sums * shape.H);
            CarriedStride = TCell.Carried * shape.H;
            BeforeStride = Math.Max(1, shape.F + shape.H);
        }

        /// <summary>From a row's factors to the next one's.</summary>
        public int KeptStride { get; }

        public int CarriedStride { get; }

        /// <summary>From a row's inputs and state to the next one's.</summary>
        public int BeforeStride { get; }

        // Whole lines of the cache.
        public static long First(int rows) => (rows + 15L) / 16 * 16;
    }

    /// <summary>A tensor [B, T, F] or its gradient: from a row, and a time, to the next.</summary>
    private readonly struct Sequence
    {
        private readonly float* _data;
        private readonly nint _row;

        public Sequence(Node x, float* data)
        {
            _data = data;
            _row = x.Strides[0];
            Time = x.Strides[1];
        }

        public nint Time { get; }

        public float* At(nint b, nint time) => _data + (b * _row) + (time * Time);
    }

    // Writes a step of some rows as rows at a distance, of which the step's own begin at a place; zeros beyond a row's length.
    private static void Enter(in Work work, in Sizes shape, in Sequence from, float* place, nint stride, int step, int first, int last)
    {
        uint bytes = (uint)shape.F * sizeof(float);
        for (int b = first; b < last; b++)
        {
            float* to = place + (b * stride);
            if (step >= work.Lengths[b])
            {
                Unsafe.InitBlockUnaligned(to, 0, bytes);
                continue;
            }

            float* x = from.At(b, shape.Time(step, work.Lengths[b]));
            Unsafe.CopyBlockUnaligned(to, x, bytes);
            Prefetch.Far(x + (shape.IsReverse ? -from.Time : from.Time), shape.F);
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
}
