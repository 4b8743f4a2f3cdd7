using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Normalizes each picture and group of neighboring channels: y = weight (x - mean) / sqrt(variance + epsilon) + bias.</summary>
    /// <param name="groups">Number of groups; divides C. C: instance normalization; 1: layer normalization over the picture.</param>
    /// <param name="weight">Shape [C], or absent: 1.</param>
    /// <param name="bias">Shape [C], or absent: 0.</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    /// <returns>Same shape, channels last in memory.</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>This tensor: [B, C] or [B, C, ...]. Backward: also through mean and variance. Keeps x and two numbers a group.</remarks>
    public Tensor GroupNorm(int groups, Tensor? weight = null, Tensor? bias = null, float epsilon = 1e-5f) =>
        GroupNormOperation.Apply(this, Check.AtLeast(1, groups), weight, bias, Check.Positive(epsilon));
}

internal sealed unsafe class GroupNormOperation : Operation
{
    private static readonly GroupNormOperation Instance = new();

    public override string Name => "GroupNorm";

    public static Tensor Apply(Tensor input, int groups, Tensor? weight, Tensor? bias, float epsilon)
    {
        Node x = PictureLayout.RowsOfChannels(input, "GroupNorm");
        int images = x.Shape[0], channels = x.Shape[1];
        if (channels % groups != 0)
        {
            throw new ShapeException($"GroupNorm({groups})", $"a number of channels that {groups} groups divide", x.Shape.ToString());
        }

        Node? w = NormParts.Optional(weight, channels, "GroupNorm", "weights"), b = NormParts.Optional(bias, channels, "GroupNorm", "biases");
        Node y = Tape.Current.New(x.Shape, x.Strides, Instance, x, w, b);
        Shape pair = [2, images, groups];
        Node used = Tape.Current.New(pair, pair.RowMajor(), null);
        y.Saved = used;
        y.I0 = groups;
        if (x.Count > 0)
        {
            NormGroup.Forward(
                images, Positions(x), channels, groups, x.Data, NormParts.Data(w), NormParts.Data(b), epsilon,
                y.Data, used.Data, used.Data + (images * groups));
        }

        Tape.Current.Trace?.Note("GroupNorm", y, [x, w, b], ("groups", groups), ("epsilon", epsilon));
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, used = y.Saved!;
        int images = x.Shape[0], channels = x.Shape[1];
        bool addParts = NormParts.Open(y.B, y.C, out float* dw, out float* db);
        bool add = x.RequiresGrad && x.BeginGrad();
        NormGroup.Backward(
            images, x.Count == 0 ? 0 : Positions(x), channels, y.I0, x.Data, y.Grad, NormParts.Data(y.B), used.Data, used.Data + (images * y.I0),
            x.RequiresGrad ? x.Grad : null, add, dw, db, addParts);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, used = y.Saved!;
        int images = x.Shape[0], channels = x.Shape[1];
        y.BeginGrad();
        if (x.Count == 0)
        {
            return;
        }

        float* mean = used.Data, inverse = mean + (images * y.I0);
        if (x.RequiresGrad)
        {
            NormGroup.Backward(images, Positions(x), channels, y.I0, x.Data, x.Grad, null, mean, inverse, y.Grad, false, null, null, false);
        }

        NormParts.Tangent(y, x.Data, x.RequiresGrad, channels, Positions(x), y.I0, mean, inverse);
    }

    private static int Positions(Node x) => x.Count / (x.Shape[0] * x.Shape[1]);
}
