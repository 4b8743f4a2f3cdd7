using Graft.Tensors.Autograd;
using Graft.Tensors.Ops;
using Graft.Tensors.Threading;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Matrix product of the last two axes; axes before them are a batch and broadcast.</summary>
    /// <param name="other">Shape [..., K, N], or [K].</param>
    /// <returns>[..., M, N] for this tensor of shape [..., M, K]. A tensor of one axis counts as a row on the left and as a column on the right,
    /// and that axis is missing in the result.</returns>
    /// <exception cref="ShapeException">The inner sizes differ, the batch axes do not broadcast, or one side is a scalar.</exception>
    /// <remarks>Transposed operands are read as they lie. Backward: da = dy bᵀ, db = aᵀ dy, summed over stretched batch axes. Keeps both.</remarks>
    public Tensor MatMul(Tensor other) => MatMulOperation.Apply(this, other);
}

internal sealed unsafe class MatMulOperation : Operation
{
    private static readonly MatMulOperation Instance = new();

    public override string Name => "MatMul";

    public static Tensor Apply(Tensor left, Tensor right)
    {
        Node a = Operand.Float(left, "MatMul"), b = Operand.Float(right, "MatMul");
        int rankA = a.Shape.Rank, rankB = b.Shape.Rank;
        if (rankA == 0 || rankB == 0 || a.Shape[-1] != b.Shape[rankB == 1 ? 0 : -2])
        {
            throw new ShapeException(
                "MatMul",
                rankA == 0 || rankB == 0 ? "tensors with axes" : $"a right side of shape [..., {a.Shape[-1]}, N] for {a.Shape}",
                rankA == 0 ? a.Shape.ToString() : b.Shape.ToString());
        }

        if (rankA == 1)
        {
            return Apply(left.Unsqueeze(0), right).Squeeze(rankB == 1 ? 0 : -2);
        }

        if (rankB == 1)
        {
            return Apply(left, right.Unsqueeze(-1)).Squeeze(-1);
        }

        return rankA > 2 && rankB == 2 ? Tall(left, right) : Multiply(Fitting(left), Fitting(right));
    }

    public override void Backward(Node y)
    {
        Node a = y.A!, b = y.B!;
        Matrix dy = Matrix.Of(y, y.Grad);
        if (a.RequiresGrad)
        {
            Propagate(y, a, dy, y, Matrix.Of(b, b.Data).T, b);
        }

        if (b.RequiresGrad)
        {
            Propagate(y, b, Matrix.Of(a, a.Data).T, a, dy, y);
        }
    }

    public override void Tangent(Node y)
    {
        Node a = y.A!, b = y.B!;
        y.BeginGrad();
        Matrix dy = Matrix.Of(y, y.Grad);
        if (a.RequiresGrad)
        {
            Run(y, dy, Matrix.Of(a, a.Grad), a, Matrix.Of(b, b.Data), b, y, accumulate: false);
        }

        if (b.RequiresGrad)
        {
            Run(y, dy, Matrix.Of(a, a.Data), a, Matrix.Of(b, b.Grad), b, y, accumulate: a.RequiresGrad);
        }
    }

    // A batch of matrices times one matrix is one tall product.
    private static Tensor Tall(Tensor left, Tensor right)
    {
        Shape shape = left.Shape;
        int rows = 1;
        foreach (int size in shape.Sizes[..^1])
        {
            rows *= size;
        }

        Tensor y = Multiply(Fitting(left.Reshape(rows, shape[-1])), Fitting(right));
        return y.Reshape(shape.With(shape.Rank - 1, right.Shape[-1]).Sizes);
    }

    private static Node Fitting(Tensor x) => Matrix.Fits(x.Node) ? x.Node : x.Contiguous().Node;

    private static Tensor Multiply(Node a, Node b)
    {
        Shape batch = Shape.Broadcast(Shape.Create(a.Shape.Sizes[..^2]), Shape.Create(b.Shape.Sizes[..^2]), "MatMul");
        Span<int> sizes = stackalloc int[batch.Rank + 2];
        batch.Sizes.CopyTo(sizes);
        sizes[^2] = a.Shape[-2];
        sizes[^1] = b.Shape[-1];
        Shape shape = Shape.Create(sizes);
        Node y = Tape.Current.New(shape, shape.RowMajor(), Instance, a, b);
        Run(y, Matrix.Of(y, y.Data), Matrix.Of(a, a.Data), a, Matrix.Of(b, b.Data), b, y, accumulate: false);
        Tape.Current.Trace?.Note("MatMul", y, [a, b]);
        return new Tensor(y);
    }

    // The gradient of one side: a product over the same batch.
    private static void Propagate(Node y, Node to, in Matrix left, Node leftNode, in Matrix right, Node rightNode)
    {
        bool add = to.BeginGrad();
        Matrix gradient = Matrix.Of(to, to.Grad);
        int matrix = gradient.Rows * gradient.Columns, each = y.Shape[-1] * y.Shape[-2];
        if ((long)to.Count * each == (long)y.Count * matrix)
        {
            Run(to, gradient, left, leftNode, right, rightNode, y, add);
            return;
        }

        // Stretched: the products of all places along the stretched axes are added up, in order.
        if (!add)
        {
            new Span<float>(to.Grad, to.Count).Clear();
        }

        Shape batch = Shape.Create(y.Shape.Sizes[..^2]);
        Dims sy = y.Strides, st = Batch(to, batch), sl = Batch(leftNode, batch), sr = Batch(rightNode, batch);
        for (int i = 0; i < batch.Count; i++)
        {
            nint ot = 0, ol = 0, or = 0;
            int place = i;
            for (int axis = batch.Rank - 1; axis >= 0; axis--)
            {
                int at = place % batch.Sizes[axis];
                place /= batch.Sizes[axis];
                ot += (nint)at * st[axis];
                ol += (nint)at * sl[axis];
                or += (nint)at * sr[axis];
            }

            Matrix.Multiply(gradient.At(ot), left.At(ol), right.At(or), accumulate: true);
        }
    }

    /// <param name="target">Shape and strides of the result.</param>
    /// <param name="c">The result's first matrix; a's and b's likewise.</param>
    /// <param name="shaped">A tensor that has the full batch axes.</param>
    private static void Run(Node target, in Matrix c, in Matrix a, Node nodeA, in Matrix b, Node nodeB, Node shaped, bool accumulate)
    {
        if (shaped.Shape.Rank == 2)
        {
            Matrix.Multiply(c, a, b, accumulate);
            return;
        }

        Shape batch = Shape.Create(shaped.Shape.Sizes[..^2]);
        var job = new Job
        {
            Plan = Plan.Make(batch, Batch(target, batch), Batch(nodeA, batch), Batch(nodeB, batch)),
            C = c,
            A = a,
            B = b,
            Accumulate = accumulate,
        };
        if (batch.Count == 0)
        {
            return;
        }

        // Many groups of products: one task each, and each runs in order. Few: their products are shared out.
        int groups = job.Plan.Rows;
        if (groups >= 2 * Team.Threads)
        {
            Team.For(groups, ref job);
            return;
        }

        for (int i = 0; i < groups; i++)
        {
            job.Run(i);
        }
    }

    // Strides of the batch axes, 0 along those that stretch.
    private static Dims Batch(Node node, in Shape batch) =>
        Plan.Stretch(Shape.Create(node.Shape.Sizes[..^2]), node.Strides, batch);

    private struct Job : IJob
    {
        public Plan Plan;
        public Matrix C;
        public Matrix A;
        public Matrix B;
        public bool Accumulate;

        public readonly void Run(int index)
        {
            Plan.Offsets(index, out nint c, out nint a, out nint b, out _);
            int axis = Plan.Axes - 1;
            Matrix.Multiply(Plan.Inner, C.At(c), Plan.S0[axis], A.At(a), Plan.S1[axis], B.At(b), Plan.S2[axis], Accumulate);
        }
    }
}
