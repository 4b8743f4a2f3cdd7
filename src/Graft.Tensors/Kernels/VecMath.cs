using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>Elementary functions of a register of floats, for every width.</summary>
/// <remarks>
/// Each reduces its argument to a short interval and evaluates a minimax polynomial there (coefficients fitted for these intervals).
/// NaN in gives NaN out; the values at 0 and at the infinities are exact.
/// </remarks>
internal static class VecMath
{
    /// <summary>The base-2 logarithm below which <see cref="Decay"/> is 0: half the least denormal is 2^-150.</summary>
    public const float LeastOfDecay = -151;

    /// <summary>e^x: relative error below 1e-7; infinity above 88.72, denormal below -87.34 (last bits lost), 0 below -103.98.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp<V>(V x)
        where V : struct, IVec<V>
    {
        // x = n ln 2 + r with |r| <= ln 2 / 2. ln 2 is split in two: n times the first part has no rounding error.
        x = V.AtMost(V.AtLeast(x, V.All(-104f)), V.All(89f));
        V n = V.Round(x * V.All(1.44269504f));
        V r = V.Fma(n, V.All(-0.693359375f), x);
        r = V.Fma(n, V.All(2.12194440e-4f), r);

        V p = V.All(1.381459851e-3f);
        p = V.Fma(p, r, V.All(8.368716884e-3f));
        p = V.Fma(p, r, V.All(4.166838805e-2f));
        p = V.Fma(p, r, V.All(1.666652063e-1f));
        p = V.Fma(p, r, V.All(4.999999345e-1f));
        p = V.Fma(p, r * r, r) + V.One;

        // n reaches from -150 (denormal results) to 128 (infinity).
        return V.ScaleByPow2(p, n);
    }

    /// <summary>e^(s d) for d of 0 or less, in fewer operations than <see cref="Exp"/>: relative error below 8e-8, and for each unit of s d as much as that of the rate.</summary>
    /// <param name="d">0 or less, -infinity included; NaN gives NaN.</param>
    /// <param name="rate">s log2(e), rounded to a float; 0 or greater.</param>
    /// <param name="least"><see cref="LeastOfDecay"/> / rate.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Decay<V>(V d, V rate, V least)
        where V : struct, IVec<V>
    {
        // rate d = n + r with |r| <= 1/2: a fused multiply-add does not round the product before n leaves it. A polynomial for 2^r.
        d = V.AtLeast(d, least);
        V n = V.Round(d * rate);
        V r = V.Fma(d, rate, -n);
        V p = V.All(1.532649330e-4f);
        p = V.Fma(p, r, V.All(1.339081209e-3f));
        p = V.Fma(p, r, V.All(9.618505836e-3f));
        p = V.Fma(p, r, V.All(5.550359935e-2f));
        p = V.Fma(p, r, V.All(2.402264774e-1f));
        p = V.Fma(p, r, V.All(6.931471825e-1f));
        p = V.Fma(p, r, V.One);
        return V.ScaleByPow2(p, n);
    }

    /// <summary>Natural logarithm: relative error about 1e-7; -infinity at 0, NaN below 0. Denormals are read as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log<V>(V x)
        where V : struct, IVec<V>
    {
        // Denormals have no leading one: they are lifted by 2^25 first.
        V tiny = V.Less(x, V.All(1.17549435e-38f));
        V lifted = V.Select(tiny, x * V.All(33554432f), x);
        V e = V.ExponentOf(lifted) - V.And(tiny, V.All(25f));
        V m = V.MantissaOf(lifted);

        // m in [1, 2) becomes [sqrt(1/2), sqrt(2)), so that the logarithm of numbers near 1 loses nothing to e.
        V high = V.Greater(m, V.All(1.41421356f));
        m = V.Select(high, m * V.All(0.5f), m);
        e += V.And(high, V.One);

        V t = m - V.One;
        V p = V.All(-7.634497753e-2f);
        p = V.Fma(p, t, V.All(1.276157754e-1f));
        p = V.Fma(p, t, V.All(-1.316018216e-1f));
        p = V.Fma(p, t, V.All(1.420175792e-1f));
        p = V.Fma(p, t, V.All(-1.662335736e-1f));
        p = V.Fma(p, t, V.All(2.000122688e-1f));
        p = V.Fma(p, t, V.All(-2.500082103e-1f));
        p = V.Fma(p, t, V.All(3.333333171e-1f));

        // log(1 + t) = t - t^2 / 2 + t^3 p; the parts of e ln 2 are added small one first.
        V t2 = t * t;
        V y = V.Fma(p, t2 * t, e * V.All(-2.12194440e-4f));
        y = V.Fma(t2, V.All(-0.5f), y) + t;
        y = V.Fma(e, V.All(0.693359375f), y);

        y = V.Select(V.Equal(x, V.Zero), V.All(float.NegativeInfinity), y);
        V proper = V.And(V.GreaterOrEqual(x, V.Zero), V.Less(x, V.All(float.PositiveInfinity)));
        V special = V.Select(V.Less(x, V.Zero), V.All(float.NaN), x);
        return V.Select(proper, y, special);
    }

    /// <summary>log(1 + x) without the loss of small x; NaN below -1, -infinity at -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log1P<V>(V x)
        where V : struct, IVec<V>
    {
        // u = 1 + x rounds away a part d of x; log(1 + x) = log(u + d) = log(u) + d / u to first order.
        V u = V.One + x;
        V lost = x - (u - V.One);
        V y = Log(u) + lost / u;
        V finite = V.And(V.Greater(u, V.Zero), V.Less(u, V.All(float.PositiveInfinity)));
        return V.Select(finite, y, Log(u));
    }

    /// <summary>Hyperbolic tangent: relative error about 1.8e-7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh<V>(V x)
        where V : struct, IVec<V>
    {
        // m / (m + 2) with m = e^(2 |x|) - 1, and the sign of x; 1 to the last bit from 9.01 on. |x| = n ln 2 / 2 + r: e^(2 r) - 1 is 2 r and r^2 times a polynomial, which loses nothing near 0.
        V a = V.AtMost(V.Abs(x), V.All(10f));
        V n = V.Round(a * V.All(2.885390082f));
        V r = V.Fma(n, V.All(-0.3465735903f), a);
        V p = V.All(8.884810399e-2f);
        p = V.Fma(p, r, V.All(2.677295134e-1f));
        p = V.Fma(p, r, V.All(6.666752115e-1f));
        p = V.Fma(p, r, V.All(1.333323474f));
        p = V.Fma(p, r, V.All(1.999999926f));
        p = V.Fma(p * r, r, r + r);
        V power = V.TwoTo(n);
        V m = V.Fma(power, p, power - V.One);
        return V.CopySign(m / (m + V.All(2f)), x);
    }

    /// <summary>Error function: relative error about 1e-7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Erf<V>(V x)
        where V : struct, IVec<V>
    {
        // Near 0 an odd polynomial; beyond, 1 - e^(-q(|x|)) with q = -log(erfc), which is nearly a parabola; 1 to the last bit from 4 on.
        V a = V.Abs(x);
        V x2 = x * x;
        V p = V.All(7.853878224e-5f);
        p = V.Fma(p, x2, V.All(-8.010199489e-4f));
        p = V.Fma(p, x2, V.All(5.188328469e-3f));
        p = V.Fma(p, x2, V.All(-2.685381244e-2f));
        p = V.Fma(p, x2, V.All(1.128358516e-1f));
        p = V.Fma(p, x2, V.All(-3.761262583e-1f));
        p = V.Fma(p, x2, V.All(1.128379166f));
        V near = p * x;

        V b = V.AtMost(a, V.All(4f));
        V q = V.All(-1.915040680e-4f);
        q = V.Fma(q, b, V.All(2.999540055e-3f));
        q = V.Fma(q, b, V.All(-2.205199497e-2f));
        q = V.Fma(q, b, V.All(1.035668871e-1f));
        q = V.Fma(q, b, V.All(6.376000441e-1f));
        q = V.Fma(q, b, V.All(1.127426083f));
        q = V.Fma(q, b, V.All(2.564463821e-4f));
        V far = V.One - Exp(-q);
        return V.Select(V.Less(a, V.One), near, V.CopySign(far, x));
    }

    /// <summary>x times the normal distribution function of x, and its derivative: errors below 4e-7 and 3e-7 of 1 or x.</summary>
    /// <remarks>For a = |x|, 1 - F(a) = e^(-a² / 2) q(t) with a polynomial in t = 1 / (1 + 0.325 a) (the form of Hastings, Approximations for Digital Computers, 1955,
    /// with coefficients fitted anew): one exponential serves F and the density.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Gelu<V>(V x, out V slope)
        where V : struct, IVec<V>
    {
        V e = Exp(V.All(-0.5f) * x * x);
        V t = V.One / V.Fma(V.Abs(x), V.All(0.325f), V.One);
        V q = V.All(4.524051581e-2f);
        q = V.Fma(q, t, V.All(-2.283847615e-1f));
        q = V.Fma(q, t, V.All(3.638903629e-1f));
        q = V.Fma(q, t, V.All(-1.204321835e-1f));
        q = V.Fma(q, t, V.All(1.950477371e-1f));
        q = V.Fma(q, t, V.All(1.136354989e-1f));
        q = V.Fma(q, t, V.All(1.310028317e-1f));
        V beyond = q * t * e;
        V below = V.Select(V.Less(x, V.Zero), beyond, V.One - beyond);
        slope = V.Fma(x * V.All(0.3989422804f), e, below);
        return x * below;
    }

    /// <summary>1 / (1 + e^-x): relative error about 2e-7; 0 below -88.72.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Sigmoid<V>(V x)
        where V : struct, IVec<V> =>
        V.One / (V.One + Exp(-x));

    /// <summary>log(1 + e^x), without overflow: max(x, 0) + log1p(e^-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Softplus<V>(V x)
        where V : struct, IVec<V> =>
        V.AtLeast(x, V.Zero) + Log1P(Exp(-V.Abs(x)));
}
