using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

/// <summary>The mathematics of a binary elementwise op, for every vector width.</summary>
internal interface IBinaryKernel
{
    /// <summary>The op's name for messages.</summary>
    static abstract string Name { get; }

    /// <summary>Whether the gradients are the output's own, up to sign: then nothing is computed before it is summed over stretched axes.</summary>
    static abstract bool IsLinear { get; }

    /// <summary>Whether each operand's gradient is computed from the other operand alone: its own is not touched in memory then.</summary>
    static virtual bool LooksAtOther => false;

    static abstract V Forward<V>(V a, V b)
        where V : struct, IVec<V>;

    static abstract V BackwardA<V>(V dy, V a, V b)
        where V : struct, IVec<V>;

    static abstract V BackwardB<V>(V dy, V a, V b)
        where V : struct, IVec<V>;
}

/// <summary>Runs a binary kernel with broadcasting, forward and backward: the one place where binary loops stand.</summary>
internal sealed unsafe class Binary<TKernel> : Operation
    where TKernel : struct, IBinaryKernel
{
    private static readonly Binary<TKernel> Instance = new();

    /// <inheritdoc/>
    public override string Name => TKernel.Name;

    public static Tensor Apply(Tensor left, Tensor right)
    {
        Node a = Operand.Float(left, TKernel.Name), b = Operand.Float(right, TKernel.Name);
        Shape shape = a.Shape == b.Shape ? a.Shape : Shape.Broadcast(a.Shape, b.Shape, TKernel.Name);

        // The result takes the layout of the operand that has its shape.
        Dims strides = a.Shape == shape && a.IsDense ? a.Strides : b.Shape == shape && b.IsDense ? b.Strides : shape.RowMajor();
        Node y = Tape.Current.New(shape, strides, Instance, a, b);
        var row = default(ForwardRow);
        Rows.Run(Plan.Make(shape, y.Strides, Plan.Stretch(a, shape), Plan.Stretch(b, shape)), ref row, y.Data, a.Data, b.Data);
        Tape.Current.Trace?.Note(TKernel.Name, y, [a, b]);
        return new Tensor(y);
    }

    /// <inheritdoc/>
    public override void Backward(Node y)
    {
        Node a = y.A!, b = y.B!;
        if (a.RequiresGrad)
        {
            var row = default(BackwardRow<First>);
            Propagate(y, a, ref row, isLast: !b.RequiresGrad);
        }

        if (b.RequiresGrad)
        {
            var row = default(BackwardRow<Second>);
            Propagate(y, b, ref row, isLast: true);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Each element depends on one of either side: the factors are those of the backward.</remarks>
    public override void Tangent(Node y)
    {
        Node a = y.A!, b = y.B!;
        Dims sa = Plan.Stretch(a, y.Shape), sb = Plan.Stretch(b, y.Shape);
        y.BeginGrad();
        if (a.RequiresGrad)
        {
            var row = default(BackwardRow<First>);
            Rows.Run(Plan.Make(y.Shape, y.Strides, sa, sa, sb), ref row, y.Grad, a.Grad, a.Data, b.Data);
        }

        if (b.RequiresGrad)
        {
            var row = new BackwardRow<Second> { Add = a.RequiresGrad };
            Rows.Run(Plan.Make(y.Shape, y.Strides, sb, sa, sb), ref row, y.Grad, b.Grad, a.Data, b.Data);
        }
    }

    /// <inheritdoc/>
    public override bool BackwardSlots(Node y)
    {
        Node a = y.A!, b = y.B!;
        if (a == b || !y.FitsSlotsOf(a) || !y.FitsSlotsOf(b) || !a.SameLayout(y) || !b.SameLayout(y) || !a.IsDense || !b.IsDense
            || (a.Root == b.Root && a.RequiresGrad))
        {
            return false;
        }

        if (a.RequiresGrad)
        {
            var row = new BackwardRow<First> { Add = a.BeginGrads() };
            Rows.Run(Plan.Slots(y.SlotCount, y.Count, a.SlotDistance, y.SlotDistance), ref row, a.Slots, y.Slots, a.Data, b.Data);
        }

        if (b.RequiresGrad)
        {
            var row = new BackwardRow<Second> { Add = b.BeginGrads() };
            Rows.Run(Plan.Slots(y.SlotCount, y.Count, b.SlotDistance, y.SlotDistance), ref row, b.Slots, y.Slots, a.Data, b.Data);
        }

        return true;
    }

    // The last that reads the gradient of the result may write over it.
    private static void Propagate<TSide>(Node y, Node to, ref BackwardRow<TSide> row, bool isLast)
        where TSide : struct, ISide
    {
        Node a = y.A!, b = y.B!;
        Dims sa = Plan.Stretch(a, y.Shape), sb = Plan.Stretch(b, y.Shape);
        float* pa = a.Data, pb = b.Data;
        if (TKernel.LooksAtOther)
        {
            // The loop reads all operands: the same twice costs nothing.
            if (TSide.IsFirst)
            {
                pa = pb;
                sa = sb;
            }
            else
            {
                pb = pa;
                sb = sa;
            }
        }

        if (to.Shape == y.Shape)
        {
            float* dy = y.Grad;
            bool isTaken = isLast && to.TakeGradOf(y);
            if (isTaken && TKernel.IsLinear && TSide.IsPlain)
            {
                return;
            }

            row.Add = !isTaken && to.BeginGrad();
            Rows.Run(Plan.Make(y.Shape, to.Strides, y.Strides, sa, sb), ref row, to.Grad, dy, pa, pb);
            return;
        }

        // Stretched: the gradient is summed over what was stretched.
        if (TKernel.IsLinear && TSide.IsPlain)
        {
            Reduce.SumTo(y.Grad, y.Shape, y.Strides, to);
            return;
        }

        using var scratch = new Scratch(y.Count);
        Rows.Run(Plan.Make(y.Shape, y.Strides, y.Strides, sa, sb), ref row, scratch.Data, y.Grad, pa, pb);
        Reduce.SumTo(scratch.Data, y.Shape, y.Strides, to);
    }

    private interface ISide
    {
        static abstract bool IsFirst { get; }

        /// <summary>Whether a linear op hands the gradient on unchanged to this side.</summary>
        static abstract bool IsPlain { get; }

        static abstract V Backward<V>(V dy, V a, V b)
            where V : struct, IVec<V>;
    }

    private struct First : ISide
    {
        public static bool IsFirst => true;

        public static bool IsPlain => true;

        public static V Backward<V>(V dy, V a, V b)
            where V : struct, IVec<V> => TKernel.BackwardA(dy, a, b);
    }

    private struct Second : ISide
    {
        public static bool IsFirst => false;

        public static bool IsPlain => typeof(TKernel) == typeof(AddKernel);

        public static V Backward<V>(V dy, V a, V b)
            where V : struct, IVec<V> => TKernel.BackwardB(dy, a, b);
    }

    private struct ForwardRow : IRow
    {
        public static int Operands => 3;

        public readonly bool ReadsOutput => false;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => TKernel.Forward(a, b);
    }

    private struct BackwardRow<TSide> : IRow
        where TSide : struct, ISide
    {
        public bool Add;

        public static int Operands => 4;

        public readonly bool ReadsOutput => Add;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V>
        {
            V gradient = TSide.Backward(a, b, c);
            return Add ? o + gradient : gradient;
        }
    }
}
