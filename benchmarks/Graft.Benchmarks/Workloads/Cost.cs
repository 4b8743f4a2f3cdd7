using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Benchmarks.Workloads;

/// <summary>What a step has to do at least.</summary>
/// <param name="Flops">Multiplications and additions of products and convolutions, as the textbook counts them: a kernel that needs fewer of them can pass the peak.</param>
/// <param name="Bytes">Traffic if nothing but operands and results of these products ever left the registers.</param>
internal readonly record struct Cost(double Flops, double Bytes)
{
    private const double Float = sizeof(float);

    /// <summary>One product alone.</summary>
    public static Cost OfProduct(int m, int n, int k) => new(2.0 * m * n * k, Float * (((double)m * k) + ((double)k * n) + ((double)m * n)));

    /// <summary>An optimizer's update: values, gradients and slots are read, values and slots written. Its few operations do not count.</summary>
    /// <param name="parameters">Number of values.</param>
    /// <param name="slots">Numbers remembered for each.</param>
    public static Cost OfUpdate(long parameters, int slots) => new(0, Float * (3 + (2 * slots)) * parameters);

    /// <summary>The cost of a forward pass, and where gradients are recorded of the passes back: one more product for each operand that has a gradient.</summary>
    /// <param name="forward">Runs it once.</param>
    public static Cost Of(Func<Tensor> forward)
    {
        using var scope = new TensorScope();
        using var trace = new Trace();
        forward();
        Cost sum = default;
        foreach (TracedOperation op in trace.Operations)
        {
            sum += Of(op, [.. op.Operands.Select(i => i < 0 ? default : trace.Values[i])], trace.Values[op.Results[0]]);
        }

        return sum;
    }

    public static Cost operator +(Cost a, Cost b) => new(a.Flops + b.Flops, a.Bytes + b.Bytes);

    public static Cost operator *(double factor, Cost a) => new(factor * a.Flops, factor * a.Bytes);

    // The operands of products are the first ones: what comes in, weights, and a bias that costs nothing to speak of.
    private static Cost Of(TracedOperation op, Tensor[] x, Tensor y) => op.Name switch
    {
        "Linear" or "Conv2d" => Passes(2.0 * y.Count * x[1].Count / x[1].Shape[0], x[0], x[1], y),
        "ConvTranspose2d" => Passes(2.0 * x[0].Count * x[1].Count / x[1].Shape[0], x[0], x[1], y),
        "MatMul" => Passes(2.0 * y.Count * x[0].Shape[-1], x[0], x[1], y),
        "Lstm" or "Gru" => Passes(2.0 * y.Shape[0] * y.Shape[1] * x[1].Count, x[0], x[1], y) + Passes(2.0 * y.Shape[0] * y.Shape[1] * x[2].Count, y, x[2], y),
        _ => default,
    };

    // Each pass back reads the gradient of the result and the other operand, and writes the gradient of one.
    private static Cost Passes(double flops, Tensor a, Tensor b, Tensor y) =>
        (1 + (y.RequiresGrad && a.RequiresGrad ? 1 : 0) + (y.RequiresGrad && b.RequiresGrad ? 1 : 0)) * new Cost(flops, Float * ((double)a.Count + b.Count + y.Count));
}
