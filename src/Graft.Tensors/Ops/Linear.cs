using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Affine map of the last axis in one pass: y = x Wᵀ + b, with max(y, 0) where wished.</summary>
    /// <param name="weight">W, shape [out, in]; best stored with the outputs innermost, as parameters are.</param>
    /// <param name="bias">b, shape [out], or absent.</param>
    /// <param name="relu">Whether negative results become 0.</param>
    /// <returns>[..., out] for this tensor of shape [..., in].</returns>
    /// <exception cref="ShapeException">A size does not fit.</exception>
    /// <remarks>Backward: dx = dy W, dW = dyᵀ x, db = the sum of dy; W's gradient is written where it lies. Keeps x, and y where relu.</remarks>
    public Tensor Linear(Tensor weight, Tensor? bias = null, bool relu = false) =>
        LinearOperation.Apply(this, weight, bias, relu ? Activation.Relu : Activation.None);

    /// <summary>Affine map of the last axis and <see cref="Gelu"/> of it in one pass: y = gelu(x Wᵀ + b).</summary>
    /// <param name="weight">W, shape [out, in]; best stored with the outputs innermost, as parameters are.</param>
    /// <param name="bias">b, shape [out], or absent.</param>
    /// <returns>[..., out] for this tensor of shape [..., in].</returns>
    /// <exception cref="ShapeException">A size does not fit.</exception>
    /// <remarks>Backward: as <see cref="Linear(Tensor, Tensor?, bool)"/>, from dy times the derivative of gelu. Keeps x and that derivative, not the affine map itself.</remarks>
    public Tensor LinearGelu(Tensor weight, Tensor? bias = null) =>
        Tape.Current.Trace is null ? LinearOperation.Apply(this, weight, bias, Activation.Gelu) : Linear(weight, bias).Gelu();
}

internal sealed unsafe class LinearOperation : Operation
{
    private static readonly LinearOperation Instance = new();

    public override string Name => "Linear";

    public static Tensor Apply(Tensor input, Tensor weight, Tensor? bias, Activation activation)
    {
        Node x = Operand.Float(input, "Linear"), w = Operand.Float(weight, "Linear");
        Node? b = bias is { } given ? Operand.Float(given, "Linear") : null;
        if (w.Shape.Rank != 2)
        {
            throw new ShapeException("Linear", "a weight of shape [out, in]", w.Shape.ToString());
        }

        int outputs = w.Shape[0], inputs = w.Shape[1];
        if (x.Shape.Rank == 0 || x.Shape[-1] != inputs)
        {
            throw new ShapeException($"Linear({inputs} -> {outputs})", $"input [..., {inputs}]", x.Shape.ToString());
        }

        if (b is not null && (b.Shape.Rank != 1 || b.Shape[0] != outputs))
        {
            throw new ShapeException($"Linear({inputs} -> {outputs})", $"a bias of shape [{outputs}]", b.Shape.ToString());
        }

        if (!TryRows(x, x.Data, out Matrix rows))
        {
            x = input.Contiguous().Node;
            TryRows(x, x.Data, out rows);
        }

        if (!Matrix.Fits(w))
        {
            w = weight.Contiguous().Node;
        }

        if (b is not null && !b.IsContiguous)
        {
            b = bias!.Value.Contiguous().Node;
        }

        Shape shape = x.Shape.With(x.Shape.Rank - 1, outputs);
        Node y = Tape.Current.New(shape, shape.RowMajor(), Instance, x, w, b);
        y.I0 = (int)activation;
        if (activation == Activation.Gelu && y.RequiresGrad)
        {
            y.Saved = Tape.Current.New(shape, shape.RowMajor(), null);
        }

        Matrix.Multiply(
            Matrix.Plain(y.Data, rows.Rows, outputs, Math.Max(1, outputs)), rows, Matrix.Of(w, w.Data).T,
            accumulate: false, NormParts.Data(b), activation, NormParts.Data(y.Saved));
        Tape.Current.Trace?.Note("Linear", y, [x, w, b], ("relu", activation == Activation.Relu));
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, w = y.B!;
        TryRows(x, x.Data, out Matrix rows);
        bool isSummed = y.I0 == (int)Activation.Gelu && y.C is { RequiresGrad: true, IsView: false } && y.Count > 0;
        if (isSummed)
        {
            bool add = y.C!.BeginGrad();
            SlopeSums.Run(rows.Rows, w.Shape[0], y.Grad, y.Saved!.Data, y.C.Grad, add);
        }
        else
        {
            ApplySlope(y);
        }

        Tape.Current.DoneWith(y);
        Matrix dy = Matrix.Plain(y.Grad, rows.Rows, w.Shape[0], Math.Max(1, w.Shape[0]));
        if (w.RequiresGrad)
        {
            bool add = w.BeginGrad();
            Matrix.Multiply(Matrix.Of(w, w.Grad), dy.T, rows, add);
        }

        if (!isSummed && y.C is { RequiresGrad: true } b)
        {
            Reduce.SumTo(y.Grad, y.Shape, y.Strides, b);
        }

        if (x.RequiresGrad)
        {
            bool add = x.BeginGrad();
            TryRows(x, x.Grad, out Matrix dx);
            Matrix.Multiply(dx, dy, Matrix.Of(w, w.Data), add);
        }
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, w = y.B!;
        float* bias = y.C is { RequiresGrad: true } b ? b.Grad : null;
        TryRows(x, x.Data, out Matrix rows);
        y.BeginGrad();
        Matrix dy = Matrix.Plain(y.Grad, rows.Rows, w.Shape[0], Math.Max(1, w.Shape[0]));
        if (x.RequiresGrad)
        {
            TryRows(x, x.Grad, out Matrix dx);
            Matrix.Multiply(dy, dx, Matrix.Of(w, w.Data).T, accumulate: false, w.RequiresGrad ? null : bias);
        }

        if (w.RequiresGrad)
        {
            Matrix.Multiply(dy, rows, Matrix.Of(w, w.Grad).T, accumulate: x.RequiresGrad, bias);
        }
        else if (!x.RequiresGrad)
        {
            Shape vector = [y.C!.Count];
            Copy.Run(bias, y.Shape, Plan.Stretch(vector, vector.RowMajor(), y.Shape), y.Grad, y.Strides, accumulate: false);
        }

        ApplySlope(y);
    }

    public override bool BackwardSlots(Node y)
    {
        Node x = y.A!, w = y.B!;
        Node? b = y.C;
        TryRows(x, x.Data, out Matrix rows);
        if (!y.FitsSlotsOf(x) || !y.FitsSlotsOf(w) || !y.FitsSlotsOf(b) || (x.RequiresGrad && rows.Stride != rows.Columns))
        {
            return false;
        }

        int count = y.SlotCount;
        if (y.I0 == (int)Activation.Relu)
        {
            if (TryRectified(y, rows))
            {
                return true;
            }

            RectifierMask.ApplySlots(y);
        }
        else if (y.I0 == (int)Activation.Gelu)
        {
            GeluSlope.ApplySlots(y);
        }

        Matrix dy = Matrix.Plain(y.Slots, rows.Rows, w.Shape[0], Math.Max(1, w.Shape[0]));
        if (w.RequiresGrad)
        {
            bool add = w.BeginGrads();
            Matrix.Multiply(count, Matrix.Of(w, w.Slots), w.SlotDistance, dy.T, y.SlotDistance, rows, 0, add);
        }

        if (b is { RequiresGrad: true })
        {
            Reduce.SumToSlots(y, rows.Rows, b);
        }

        if (x.RequiresGrad)
        {
            bool add = x.BeginGrads();
            TryRows(x, x.Slots, out Matrix dx);
            Matrix.Multiply(count, dx, x.SlotDistance, dy, y.SlotDistance, Matrix.Of(w, w.Data), 0, add);
        }

        return true;
    }

    // Slots behind a rectifier are 0 in the same places: most of what a product would add up need not be.
    private static bool TryRectified(Node y, in Matrix rows)
    {
        Node x = y.A!, w = y.B!;
        Node? b = y.C;
        Matrix weight = Matrix.Of(w, w.Data);
        var layer = new RectifiedLayer
        {
            Slots = y.SlotCount,
            Rows = rows.Rows,
            Outputs = w.Shape[0],
            Inputs = w.Shape[1],
            Y = y.Data,
            D = y.Slots,
            DistanceD = y.SlotDistance,
            X = rows.Data,
            StrideX = rows.Stride,
            IsXRectified = x.Op == Instance && x.I0 == (int)Activation.Relu && !x.IsLent,
            W = weight.Data,
            StrideW = weight.Stride,
            OutputsInnermost = weight.IsTransposed,
        };
        if (rows.IsTransposed || (w.RequiresGrad && w.SlotHas != 0) || !RectifiedSlots.Pays(layer))
        {
            return false;
        }

        if (w.RequiresGrad)
        {
            w.BeginGrads();
            layer.DW = w.Slots;
            layer.DistanceW = w.SlotDistance;
        }

        if (b is { RequiresGrad: true })
        {
            layer.AddB = b.BeginGrads();
            layer.DB = b.Slots;
            layer.DistanceB = b.SlotDistance;
        }

        if (x.RequiresGrad)
        {
            layer.AddX = x.BeginGrads();
            layer.DX = x.Slots;
            layer.DistanceX = x.SlotDistance;
        }

        RectifiedSlots.Run(layer);
        return true;
    }

    private static void ApplySlope(Node y)
    {
        if (y.I0 == (int)Activation.Relu)
        {
            RectifierMask.Apply(y);
        }
        else if (y.I0 == (int)Activation.Gelu)
        {
            GeluSlope.Apply(y);
        }
    }

    /// <summary>All axes but the last as the rows of one matrix.</summary>
    private static bool TryRows(Node x, float* data, out Matrix rows)
    {
        int rank = x.Shape.Rank, width = x.Shape.Sizes[rank - 1];
        if (rank == 2 && Matrix.Fits(x))
        {
            rows = Matrix.Of(x, data);
            return true;
        }

        int count = 1, stride = Math.Max(1, width);
        for (int i = rank - 2; i >= 0; i--)
        {
            int size = x.Shape.Sizes[i];
            if (size == 1)
            {
                continue;
            }

            if (count == 1)
            {
                stride = x.Strides[i];
            }
            else if (x.Strides[i] != (long)stride * count)
            {
                rows = default;
                return false;
            }

            count *= size;
        }

        rows = Matrix.Plain(data, count, width, stride);
        return (width <= 1 || x.Strides[rank - 1] == 1) && stride >= Math.Max(1, width);
    }
}

/// <summary>The backward of a fused gelu: multiplies the gradient with the derivative that was kept, in place.</summary>
internal static unsafe class GeluSlope
{
    /// <param name="y">Its gradient is complete and belongs to nobody else.</param>
    public static void Apply(Node y)
    {
        var row = default(Row);
        Rows.Run(Plan.Make(y.Shape, y.Strides, y.Strides), ref row, y.Grad, y.Saved!.Data);
    }

    /// <summary>The same for the gradients in all slots.</summary>
    public static void ApplySlots(Node y)
    {
        var row = default(Row);
        Rows.Run(Plan.Slots(y.SlotCount, y.Count, y.SlotDistance, 0), ref row, y.Slots, y.Saved!.Data);
    }

    private struct Row : IRow
    {
        public static int Operands => 2;

        public readonly bool ReadsOutput => true;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => o * a;
    }
}
