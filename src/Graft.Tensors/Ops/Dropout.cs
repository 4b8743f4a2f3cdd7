using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;
using Graft.Tensors.Random;
using Graft.Tensors.Threading;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Sets elements to 0 at random and scales the others by 1 / (1 - p), so that the expectation stays.</summary>
    /// <param name="p">Probability of 0; in [0, 1).</param>
    /// <param name="stream">Says which elements: what falls on element i (in memory order) depends on the stream's key, index and i alone, so the same
    /// stream gives the same mask whatever the number of threads. The stream does not move: take another index for the next step.</param>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy times the mask. Keeps the mask. NaN in gives NaN out.</remarks>
    public Tensor Dropout(float p, in RandomStream stream) =>
        Check.Fraction(p) == 0 ? this : DropoutOperation.Apply(this, p, stream);
}

internal sealed unsafe class DropoutOperation : Operation
{
    private static readonly DropoutOperation Instance = new();

    public override string Name => "Dropout";

    public static Tensor Apply(Tensor input, float p, in RandomStream stream)
    {
        Node x = Operand.Float(input, "Dropout");
        Dims strides = x.IsDense ? x.Strides : x.Shape.RowMajor();
        Node y = Tape.Current.New(x.Shape, strides, Instance, x);
        Node mask = Tape.Current.New(x.Shape, strides, null);
        y.Saved = mask;
        var job = new MaskJob { State = stream.State, Mask = mask.Data, Count = y.Count, P = p };
        int tasks = (y.Count + Rows.Grain - 1) / Rows.Grain;
        if (tasks == 1)
        {
            job.Run(0);
        }
        else
        {
            Team.For(tasks, ref job);
        }

        var row = default(ProductRow);
        Rows.Run(Plan.Make(x.Shape, strides, x.Strides, strides), ref row, y.Data, x.Data, mask.Data);
        Tape.Current.Trace?.Note("Dropout", y, [x]);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!;
        bool add = x.BeginGrad();
        var row = new ProductRow { Add = add };
        Rows.Run(Plan.Make(x.Shape, x.Strides, y.Strides, y.Strides), ref row, x.Grad, y.Grad, y.Saved!.Data);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!;
        y.BeginGrad();
        var row = default(ProductRow);
        Rows.Run(Plan.Make(y.Shape, y.Strides, x.Strides, y.Strides), ref row, y.Grad, x.Grad, y.Saved!.Data);
    }

    private struct MaskJob : IJob
    {
        public RandomState State;
        public float* Mask;
        public int Count;
        public float P;

        public readonly void Run(int index)
        {
            int from = index * Rows.Grain;
            DropoutMask.Fill(State, P, from, Mask + from, Math.Min(Count - from, Rows.Grain));
        }
    }

    private struct ProductRow : IRow
    {
        public bool Add;

        public static int Operands => 3;

        public readonly bool ReadsOutput => Add;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => Add ? o + (a * b) : a * b;
    }
}
