using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Every element to a constant power. A negative base gives NaN unless the exponent is an integer.</summary>
    /// <param name="exponent">Any finite number; 0 gives 1 everywhere.</param>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy exponent x^(exponent - 1). Keeps x. Relative error about 1e-6 times |exponent log x|.</remarks>
    public Tensor Pow(float exponent) => exponent switch
    {
        0 => Affine(0, 1),
        1 => Affine(1),
        2 => Square(),
        0.5f => Sqrt(),
        -1 => Reciprocal(),
        _ => Elementwise<PowKernel>.Apply(this, exponent, exponent == MathF.Floor(exponent) ? (exponent % 2 == 0 ? 2 : 1) : 0),
    };
}

/// <summary>p is the exponent; q is 0 for a fractional, 1 for an odd, 2 for an even one.</summary>
internal readonly struct PowKernel : IUnaryKernel
{
    public static string Name => "Pow";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V>
    {
        V magnitude = VecMath.Exp(p * VecMath.Log(V.Abs(x)));
        V negative = V.Less(x, V.Zero);
        V odd = V.Equal(q, V.One), fractional = V.Equal(q, V.Zero);
        V signed = V.Select(V.And(negative, odd), -magnitude, magnitude);
        return V.Select(V.And(negative, fractional), V.All(float.NaN), signed);
    }

    // The exponent less one is odd where the exponent is even, and the other way round.
    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> =>
        dy * p * Forward(x, p - V.One, V.Select(V.Equal(q, V.Zero), V.Zero, V.All(3) - q));
}
