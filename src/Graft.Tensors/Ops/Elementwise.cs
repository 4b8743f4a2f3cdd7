using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Ops;

/// <summary>The mathematics of a unary elementwise op, for every vector width. p and q are its constants, if it has any.</summary>
internal interface IUnaryKernel
{
    /// <summary>The op's name for messages.</summary>
    static abstract string Name { get; }

    /// <summary>Whether the backward is written with the output (true) or with the input (false).</summary>
    static abstract bool KeepsOutput { get; }

    static abstract V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V>;

    /// <summary>The gradient of the input from that of the output and what was kept.</summary>
    static abstract V Backward<V>(V dy, V kept, V p, V q)
        where V : struct, IVec<V>;
}

/// <summary>Runs a unary kernel forward and backward: the one place where unary loops stand.</summary>
internal sealed unsafe class Elementwise<TKernel> : Operation
    where TKernel : struct, IUnaryKernel
{
    private static readonly Elementwise<TKernel> Instance = new();

    /// <inheritdoc/>
    public override string Name => TKernel.Name;

    public static Tensor Apply(Tensor input, float p = 0, float q = 0)
    {
        Node x = Operand.Float(input, TKernel.Name);
        Dims strides = x.IsDense ? x.Strides : x.Shape.RowMajor();
        Node y = Tape.Current.New(x.Shape, strides, Instance, x);
        y.F0 = p;
        y.F1 = q;
        var row = new ForwardRow { P = p, Q = q };
        Rows.Run(Plan.Make(x.Shape, y.Strides, x.Strides), ref row, y.Data, x.Data);
        Tape.Current.Trace?.Note(TKernel.Name, y, [x], ("p", p), ("q", q));
        return new Tensor(y);
    }

    /// <inheritdoc/>
    public override void Backward(Node y)
    {
        Node x = y.A!;
        Node kept = TKernel.KeepsOutput ? y : x;

        // Nobody else reads the gradient of the result: that of the input is written over it, where it is the first.
        float* dy = y.Grad;
        var row = new BackwardRow { P = y.F0, Q = y.F1, Add = !x.TakeGradOf(y) && x.BeginGrad() };
        Rows.Run(Plan.Make(x.Shape, x.Strides, y.Strides, kept.Strides), ref row, x.Grad, dy, kept.Data);
    }

    /// <inheritdoc/>
    /// <remarks>Each element depends on one: the factor is that of the backward.</remarks>
    public override void Tangent(Node y)
    {
        Node x = y.A!;
        Node kept = TKernel.KeepsOutput ? y : x;
        y.BeginGrad();
        var row = new BackwardRow { P = y.F0, Q = y.F1 };
        Rows.Run(Plan.Make(y.Shape, y.Strides, x.Strides, kept.Strides), ref row, y.Grad, x.Grad, kept.Data);
    }

    /// <inheritdoc/>
    public override bool BackwardSlots(Node y)
    {
        Node x = y.A!;
        if (!y.FitsSlotsOf(x) || !x.SameLayout(y) || !x.IsDense)
        {
            return false;
        }

        Node kept = TKernel.KeepsOutput ? y : x;
        var row = new BackwardRow { P = y.F0, Q = y.F1, Add = x.BeginGrads() };
        Rows.Run(Plan.Slots(y.SlotCount, y.Count, x.SlotDistance, y.SlotDistance), ref row, x.Slots, y.Slots, kept.Data);
        return true;
    }

    private struct ForwardRow : IRow
    {
        public float P;
        public float Q;

        public static int Operands => 2;

        public readonly bool ReadsOutput => false;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => TKernel.Forward(a, V.All(P), V.All(Q));
    }

    private struct BackwardRow : IRow
    {
        public float P;
        public float Q;
        public bool Add;

        public static int Operands => 3;

        public readonly bool ReadsOutput => Add;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V>
        {
            V gradient = TKernel.Backward(a, b, V.All(P), V.All(Q));
            return Add ? o + gradient : gradient;
        }
    }
}
