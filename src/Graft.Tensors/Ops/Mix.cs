using System.Buffers;
using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Weighted sums of tensors, row by row: y[b, ...] = Σ_e weights[b, e] · tensors[e][b, ...].</summary>
    /// <param name="tensors">E tensors, at least one, all of one shape [B, ...].</param>
    /// <param name="weights">Shape [B, E], or [1, E] for the same weights in every row.</param>
    /// <returns>The shape of one of the tensors; pictures [B, C, H, W] lie channels last in memory.</returns>
    /// <exception cref="ShapeException">There is no tensor, or shapes do not fit.</exception>
    /// <remarks>Backward: to the tensors, dx_e = w_e dy, and to the weights, dw_e = ⟨dy, x_e⟩ of each row. Keeps all of them.</remarks>
    public static Tensor Mix(ReadOnlySpan<Tensor> tensors, Tensor weights) => MixOperation.Apply(tensors, weights);
}

internal sealed unsafe class MixOperation : Operation
{
    private static readonly MixOperation Instance = new();

    public override string Name => "Mix";

    public static Tensor Apply(ReadOnlySpan<Tensor> tensors, Tensor weights)
    {
        Shape shape = tensors.Length == 0 ? throw new ShapeException("Mix", "at least one tensor", "none") : tensors[0].Shape;
        Node w = Operand.Float(weights, "Mix");
        if (shape.Rank < 1 || w.Shape.Rank != 2 || w.Shape[1] != tensors.Length || (w.Shape[0] != shape[0] && w.Shape[0] != 1))
        {
            throw new ShapeException("Mix", $"weights [{(shape.Rank < 1 ? "B" : shape[0])}, {tensors.Length}] or [1, {tensors.Length}] for {tensors.Length} tensors of shape {shape}", w.Shape.ToString());
        }

        // The tensors, then the weights.
        Node[] parents = ArrayPool<Node>.Shared.Rent(tensors.Length + 1);
        try
        {
            for (int e = 0; e < tensors.Length; e++)
            {
                if (tensors[e].Shape != shape)
                {
                    throw new ShapeException("Mix", $"tensors of shape {shape}", tensors[e].Shape.ToString());
                }

                parents[e] = shape.Rank == 4 ? PictureLayout.ChannelsLast(tensors[e], "Mix") : Rows(Operand.Float(tensors[e], "Mix"), tensors[e]);
            }

            parents[tensors.Length] = Rows(w, weights);
            Node y = Tape.Current.New(shape, shape.Rank == 4 ? shape.ChannelsLast() : shape.RowMajor(), null);
            Tape.Current.AddParents(y, parents.AsSpan(0, tensors.Length + 1), Instance);
            float** x = stackalloc float*[tensors.Length];
            for (int e = 0; e < tensors.Length; e++)
            {
                x[e] = parents[e].Data;
            }

            Forward(y, x, parents[tensors.Length].Data, y.Data, accumulate: false);
            Tape.Current.Trace?.Note("Mix", y, y.More.AsSpan(0, y.MoreCount));
            return new Tensor(y);
        }
        finally
        {
            ArrayPool<Node>.Shared.Return(parents, clearArray: true);
        }
    }

    // w' x + w x', of those that have a derivative.
    public override void Tangent(Node y)
    {
        int count = y.MoreCount - 1;
        Node w = y.More![count];
        float** x = stackalloc float*[count];
        for (int e = 0; e < count; e++)
        {
            x[e] = y.More[e].RequiresGrad ? y.More[e].Grad : null;
        }

        y.BeginGrad();
        Forward(y, x, w.Data, y.Grad, accumulate: false);
        if (w.RequiresGrad)
        {
            for (int e = 0; e < count; e++)
            {
                x[e] = y.More[e].Data;
            }

            Forward(y, x, w.Grad, y.Grad, accumulate: true);
        }
    }

    public override void Backward(Node y)
    {
        int count = y.MoreCount - 1;
        Node w = y.More![count];
        float** x = stackalloc float*[count];
        float** dx = stackalloc float*[count];
        byte* add = stackalloc byte[count];
        for (int e = 0; e < count; e++)
        {
            Node part = y.More[e];
            x[e] = part.Data;
            add[e] = part.RequiresGrad && part.BeginGrad() ? (byte)1 : (byte)0;
            dx[e] = part.RequiresGrad ? part.Grad : null;
        }

        int rows = y.Shape[0], n = rows == 0 ? 0 : y.Count / rows, stride = w.Shape[0] == 1 ? 0 : count;
        if (!w.RequiresGrad || n == 0)
        {
            Mixture.Backward(rows, n, count, x, w.Data, stride, y.Grad, dx, add, null);
            return;
        }

        // Of each row its own; added up where they share their weights.
        using var dw = new Scratch((long)rows * count);
        Mixture.Backward(rows, n, count, x, w.Data, stride, y.Grad, dx, add, dw.Data);
        Shape each = [rows, count];
        Reduce.SumTo(dw.Data, each, each.RowMajor(), w);
    }

    private static void Forward(Node y, float** x, float* weights, float* to, bool accumulate)
    {
        int count = y.MoreCount - 1, rows = y.Shape[0];
        if (y.Count > 0)
        {
            Mixture.Forward(rows, y.Count / rows, count, x, weights, y.More![count].Shape[0] == 1 ? 0 : count, to, accumulate);
        }
    }

    private static Node Rows(Node node, Tensor tensor) => node.IsContiguous ? node : tensor.Contiguous().Node;
}
