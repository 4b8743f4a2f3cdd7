using System.Runtime.CompilerServices;
using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

// Forward mode: what enters the gates changes by the product rule, all steps at once but for what the states bring, which goes from step to step.
internal sealed unsafe partial class Recurrent<TCell>
{
    public override void Tangent(Node y)
    {
        var shape = new Sizes(y);
        int blocks = TCell.Gates, wide = blocks * shape.H, steps = shape.S * shape.B;
        nint state = (nint)shape.B * shape.H;
        var work = new Work(y, shape);
        Node x = y.A!, wi = y.B!, wh = y.C!;
        using var gates = new Scratch(Math.Max(1, (long)steps * wide));
        using var fromHidden = new Scratch(TCell.HasCell ? 1 : Math.Max(1, (long)steps * wide));
        using var states = new Scratch(Math.Max(1, 2 * state));
        using var turned = new Scratch(Math.Max(1, wh.Count));
        float* dGates = gates.Data, dFromHidden = TCell.HasCell ? dGates : fromHidden.Data, dHidden = states.Data, dCell = dHidden + state;
        Matrix all = Matrix.Plain(dGates, steps, wide, Math.Max(1, wide)), allHidden = Matrix.Plain(dFromHidden, steps, wide, Math.Max(1, wide));
        new Span<float>(dGates, steps * wide).Clear();
        if (!TCell.HasCell)
        {
            new Span<float>(dFromHidden, steps * wide).Clear();
        }

        if (x.RequiresGrad)
        {
            using var inputs = new Scratch(Math.Max(1, (long)steps * shape.F));
            for (int s = 0; s < shape.S; s++)
            {
                Enter(work, shape, new Sequence(x, x.Grad), inputs.Data + ((nint)s * shape.B * shape.F), shape.F, s, 0, shape.B);
            }

            Matrix.Multiply(all, Matrix.Plain(inputs.Data, steps, shape.F, Math.Max(1, shape.F)), Matrix.Of(wi, wi.Data).T, accumulate: true);
        }

        if (wi.RequiresGrad)
        {
            Matrix.Multiply(all, Matrix.Plain(work.Before, steps, shape.F, work.BeforeStride), Matrix.Of(wi, wi.Grad).T, accumulate: true);
        }

        if (wh.RequiresGrad)
        {
            Matrix.Multiply(allHidden, Matrix.Plain(work.Before + shape.F, steps, shape.H, work.BeforeStride), Matrix.Of(wh, wh.Grad).T, accumulate: true);
        }

        AddToRows(Optional(y, 0), all);
        AddToRows(Optional(y, 1), allHidden);
        BeginTangent(dHidden, Optional(y, 2), state);
        BeginTangent(dCell, Optional(y, 3), state);

        y.BeginGrad();
        new Span<float>(y.Grad, y.Count).Clear();
        Matrix weight = Plain(Matrix.Of(wh, wh.Data).T, turned.Data);
        for (int s = 0; s < shape.S; s++)
        {
            nint first = (nint)s * shape.B * wide;
            Matrix before = Matrix.Plain(dHidden, shape.B, shape.H, Math.Max(1, shape.H));
            Matrix.Multiply(Matrix.Plain(dFromHidden + first, shape.B, wide, Math.Max(1, wide)), before, weight, accumulate: true);
            for (int b = 0; b < shape.B; b++)
            {
                if (s < work.Lengths[b])
                {
                    TangentOf(work, shape, s, b, y.Grad, dGates + first, dFromHidden + first, dHidden, dCell);
                }
            }
        }

        float* end = y.Grad + ((nint)shape.B * shape.T * shape.H);
        Unsafe.CopyBlockUnaligned(end, dHidden, (uint)(state * sizeof(float)));
        if (TCell.HasCell)
        {
            Unsafe.CopyBlockUnaligned(end + state, dCell, (uint)(state * sizeof(float)));
        }
    }

    private static void TangentOf(
        in Work work, in Sizes shape, int step, int b, float* output, float* gates, float* fromHidden, float* hidden, float* cell)
    {
        int h = shape.H, wide = TCell.Gates * h;
        nint row = ((nint)step * shape.B) + b;
        var at = new RecurrentRow
        {
            Kept = work.Kept + (row * work.KeptStride),
            Carried = work.Carried + (row * work.CarriedStride),
            GateTangents = gates + ((nint)b * wide),
            FromHiddenTangents = fromHidden + ((nint)b * wide),
            HiddenGradient = hidden + ((nint)b * h),
            CellGradient = cell + ((nint)b * h),
        };
        if (Width.Is512)
        {
            Along<W512>(at, h);
        }
        else if (Width.Is256)
        {
            Along<W256>(at, h);
        }
        else
        {
            Along<W128>(at, h);
        }

        Unsafe.CopyBlockUnaligned(output + ((((nint)b * shape.T) + shape.Time(step, work.Lengths[b])) * h), at.HiddenGradient, (uint)h * sizeof(float));
    }

    private static void Along<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>
    {
        int whole = hidden / V.Width * V.Width;
        TCell.Tangent<V, No>(row, hidden, 0, whole);
        TCell.Tangent<V, Yes>(row, hidden, whole, hidden);
    }

    private static void AddToRows(Node? bias, in Matrix sums)
    {
        if (bias is { RequiresGrad: true })
        {
            Shape vector = [bias.Count], shape = [sums.Rows, sums.Columns];
            Copy.Run(bias.Grad, shape, Plan.Stretch(vector, vector.RowMajor(), shape), sums.Data, shape.RowMajor(), accumulate: true);
        }
    }

    private static void BeginTangent(float* to, Node? state, nint count)
    {
        if (state is { RequiresGrad: true })
        {
            Copy.Run(state.Grad, state.Shape, state.Strides, to, state.Shape.RowMajor(), accumulate: false);
        }
        else
        {
            new Span<float>(to, (int)count).Clear();
        }
    }
}
