using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

/// <summary>The mathematics of a loss between a prediction p and a target t, for every vector width. q is its constant, if it has one.</summary>
internal interface IPairKernel
{
    /// <summary>The op's name for messages.</summary>
    static abstract string Name { get; }

    /// <summary>Whether a gradient may flow to the targets.</summary>
    static abstract bool ReachesTarget { get; }

    static abstract V Forward<V>(V p, V t, V q)
        where V : struct, IVec<V>;

    /// <summary>Derivative by the prediction.</summary>
    static abstract V Backward<V>(V p, V t, V q)
        where V : struct, IVec<V>;

    /// <summary>Derivative by the target.</summary>
    static abstract V BackwardTarget<V>(V p, V t, V q)
        where V : struct, IVec<V>;
}

/// <summary>Runs a loss between predictions and targets of one shape: NaN in the targets means missing. The one place where such loops stand.</summary>
internal sealed unsafe class PairLoss<TKernel> : Operation
    where TKernel : struct, IPairKernel
{
    private static readonly PairLoss<TKernel> Instance = new();

    /// <inheritdoc/>
    public override string Name => TKernel.Name;

    /// <param name="predictions">Any shape.</param>
    /// <param name="targets">The same shape.</param>
    /// <param name="weights">A factor for each element, of a shape that broadcasts to theirs, or absent.</param>
    /// <param name="reduction">How elements become one number.</param>
    /// <param name="q">The kernel's constant.</param>
    /// <param name="divisor">For a sum: what it is divided by.</param>
    public static Tensor Apply(Tensor predictions, Tensor targets, Tensor? weights, Reduction reduction, float q = 0, int divisor = 1)
    {
        Node p = Operand.Float(predictions, TKernel.Name), t = Operand.Float(targets, TKernel.Name);
        if (p.Shape != t.Shape)
        {
            throw new ShapeException(TKernel.Name, $"targets of shape {p.Shape}", t.Shape.ToString());
        }

        Node? w = weights is { } given ? Operand.Float(given, TKernel.Name) : null;
        if ((t.RequiresGrad && !TKernel.ReachesTarget) || w is { RequiresGrad: true })
        {
            throw new InvalidOperationException($"{TKernel.Name}: expected targets and weights that need no gradient, got some that do. Use Detach().");
        }

        if (w is not null && Shape.Broadcast(w.Shape, p.Shape, TKernel.Name) != p.Shape)
        {
            throw new ShapeException(TKernel.Name, $"weights that broadcast to {p.Shape}", w.Shape.ToString());
        }

        bool apart = reduction == Reduction.None;
        Shape shape = apart ? p.Shape : Shape.Create([]);
        Node y = Tape.Current.New(shape, shape.RowMajor(), Instance, p, t, w);
        y.F0 = q;
        y.I1 = apart ? 1 : 0;
        if (apart)
        {
            Losses(y, y.Data, y.Strides);
            return new Tensor(y);
        }

        using var losses = new Scratch(p.Count);
        Dims strides = p.Shape.RowMajor();
        Losses(y, losses.Data, strides);
        float sum = Reduce.Total(losses.Data, p.Count);
        y.F1 = 1f / divisor;
        if (reduction == Reduction.Mean)
        {
            var present = default(PresentRow);
            Rows.Run(Plan.Make(t.Shape, strides, t.Strides), ref present, losses.Data, t.Data);
            float count = Reduce.Total(losses.Data, p.Count);
            y.F1 = count == 0 ? 0 : 1 / count;
        }

        *y.Data = sum * y.F1;
        return new Tensor(y);
    }

    /// <inheritdoc/>
    public override void Backward(Node y)
    {
        if (y.A!.RequiresGrad)
        {
            Propagate<ByPrediction>(y, y.A);
        }

        if (y.B!.RequiresGrad)
        {
            Propagate<ByTarget>(y, y.B);
        }
    }

    /// <inheritdoc/>
    public override void Tangent(Node y)
    {
        if (y.I1 == 0)
        {
            base.Tangent(y);
            return;
        }

        // Losses apart: each depends on one prediction and one target.
        Node p = y.A!, t = y.B!;
        y.BeginGrad();
        if (p.RequiresGrad)
        {
            Run<ByPrediction>(p.Shape, y.Grad, y.Strides, p, t, p.Grad, p.Strides, y.F0, 1, add: false);
        }

        if (t.RequiresGrad)
        {
            Run<ByTarget>(p.Shape, y.Grad, y.Strides, p, t, t.Grad, t.Strides, y.F0, 1, p.RequiresGrad);
        }

        if (y.C is { } w)
        {
            var product = default(ProductRow);
            Rows.Run(Plan.Make(y.Shape, y.Strides, y.Strides, Plan.Stretch(w, y.Shape)), ref product, y.Grad, y.Grad, w.Data);
        }
    }

    private static void Losses(Node y, float* to, in Dims strides)
    {
        Node p = y.A!, t = y.B!;
        Run<Value>(p.Shape, to, strides, p, t, y.C is null ? null : y.C.Data, y.C is null ? default : Plan.Stretch(y.C, p.Shape), y.F0, 1, add: false);
    }

    private static void Propagate<TSide>(Node y, Node to)
        where TSide : struct, ISide
    {
        Node p = y.A!, t = y.B!;
        bool add = to.BeginGrad();
        Dims weights = y.C is null ? default : Plan.Stretch(y.C, p.Shape);
        float* w = y.C is null ? null : y.C.Data;
        if (y.I1 == 0)
        {
            Run<TSide>(p.Shape, to.Grad, to.Strides, p, t, w, weights, y.F0, *y.Grad * y.F1, add);
            return;
        }

        // Losses apart: the factor of each element is its upstream gradient, times its weight.
        if (w == null)
        {
            Run<TSide>(p.Shape, to.Grad, to.Strides, p, t, y.Grad, y.Strides, y.F0, 1, add);
            return;
        }

        using var factors = new Scratch(y.Count);
        var product = default(ProductRow);
        Rows.Run(Plan.Make(y.Shape, y.Strides, y.Strides, weights), ref product, factors.Data, y.Grad, w);
        Run<TSide>(p.Shape, to.Grad, to.Strides, p, t, factors.Data, y.Strides, y.F0, 1, add);
    }

    private static void Run<TSide>(
        in Shape shape, float* to, in Dims strides, Node p, Node t, float* factors, in Dims factorStrides, float q, float scale, bool add)
        where TSide : struct, ISide
    {
        if (factors == null)
        {
            var row = new Row<TSide, No> { Q = q, Scale = scale, Add = add };
            Rows.Run(Plan.Make(shape, strides, p.Strides, t.Strides), ref row, to, p.Data, t.Data);
        }
        else
        {
            var row = new Row<TSide, Yes> { Q = q, Scale = scale, Add = add };
            Rows.Run(Plan.Make(shape, strides, p.Strides, t.Strides, factorStrides), ref row, to, p.Data, t.Data, factors);
        }
    }

    private interface ISide
    {
        static abstract V Of<V>(V p, V t, V q)
            where V : struct, IVec<V>;
    }

    private struct Value : ISide
    {
        public static V Of<V>(V p, V t, V q)
            where V : struct, IVec<V> => TKernel.Forward(p, t, q);
    }

    private struct ByPrediction : ISide
    {
        public static V Of<V>(V p, V t, V q)
            where V : struct, IVec<V> => TKernel.Backward(p, t, q);
    }

    private struct ByTarget : ISide
    {
        public static V Of<V>(V p, V t, V q)
            where V : struct, IVec<V> => TKernel.BackwardTarget(p, t, q);
    }

    private struct Row<TSide, THasFactors> : IRow
        where TSide : struct, ISide
        where THasFactors : struct, IConst
    {
        public float Q;
        public float Scale;
        public bool Add;

        public static int Operands => THasFactors.Value == 1 ? 4 : 3;

        public readonly bool ReadsOutput => Add;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V>
        {
            V factor = THasFactors.Value == 1 ? V.All(Scale) * c : V.All(Scale);
            V value = V.AndNot(V.IsNaN(b), factor * TSide.Of(a, b, V.All(Q)));
            return Add ? o + value : value;
        }
    }

    private struct PresentRow : IRow
    {
        public static int Operands => 2;

        public readonly bool ReadsOutput => false;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => V.AndNot(V.IsNaN(a), V.One);
    }

    private struct ProductRow : IRow
    {
        public static int Operands => 3;

        public readonly bool ReadsOutput => false;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => a * b;
    }
}
