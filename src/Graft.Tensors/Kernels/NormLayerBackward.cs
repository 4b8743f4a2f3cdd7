using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Layer normalization backward, a part of the rows at a time: see <see cref="NormLayer"/>.</summary>
/// <remarks>
/// With g = dy gamma and xhat = (x - mean) inverse:  dx = inverse (g - mean(g) - xhat mean(g xhat)). Each row is read from memory by the pass that forms the two means, and
/// from the first cache by the one that writes dx, which asks for the next row on its way. Both are short loops without a branch: what is known of a call is a type.
/// </remarks>
internal unsafe struct NormLayerBackward<V> : IJob
    where V : struct, IVec<V>
{
    // Where dx goes, if not to the cache: past it, or, with a residual or gradients to be added to, wherever the fields say.
    private const int Past = 1, Any = 2;

    public int Rows;
    public int N;
    public float* X;
    public float* Dy;
    public float* Gamma;
    public float* Mean;
    public float* Inverse;
    public float* Dx;
    public bool Accumulate;
    public float* Dresidual;
    public bool AccumulateResidual;
    public int Parts;

    /// <summary>For each part the sums of dgamma and dbeta, a register of one and a register of the other in turns; or null.</summary>
    /// <remarks>A store and a load whose addresses differ by a multiple of 4 KB wait for each other, which rows of sums of their own would often do.</remarks>
    public float* Sums;

    /// <summary>Floats from one part's sums to those of the next.</summary>
    public readonly nint Stride => SumsOf(N);

    /// <summary>Floats that the sums of a part take: twice n in whole registers.</summary>
    public static nint SumsOf(int n) => ((nint)n + V.Width - 1) / V.Width * V.Width * 2;

    /// <summary>The sums of all parts in order, of dgamma or dbeta.</summary>
    public readonly void Total(bool ofBeta, float* to, bool accumulate)
    {
        float* sums = Sums + (ofBeta ? V.Width : 0);
        for (int i = 0; i < N; i += V.Width)
        {
            V total = V.Zero;
            for (int p = 0; p < Parts; p++)
            {
                total += V.Load(sums + (p * Stride) + (2 * (nint)i));
            }

            int count = Math.Min(V.Width, N - i);
            V.StoreFirst(accumulate ? total + V.LoadFirst(to + i, count) : total, to + i, count);
        }
    }

    public readonly void Run(int index)
    {
        if (Gamma == null)
        {
            Run<No>(index);
        }
        else
        {
            Run<Yes>(index);
        }
    }

    private readonly void Run<Scaled>(int index)
        where Scaled : IConst
    {
        bool isPlain = Dx != null && Dresidual == null && !Accumulate;
        if (Dx == null && Dresidual == null)
        {
            for (int row = First(index, out int last); row < last; row++)
            {
                Sum<Scaled>(index, row);
            }
        }
        else if (isPlain && Dx != Dy && (long)Rows * N >= PastCache.Floats && PastCache.Fits<V>(Dx, N))
        {
            Run<Scaled, C1>(index);
            PastCache.Arrived();
        }
        else if (isPlain)
        {
            Run<Scaled, No>(index);
        }
        else
        {
            Run<Scaled, C2>(index);
        }
    }

    private readonly void Run<Scaled, Target>(int index)
        where Scaled : IConst
        where Target : IConst
    {
        for (int row = First(index, out int last); row < last; row++)
        {
            Put<Scaled, Target>(row, Sum<Scaled>(index, row));
        }
    }

    // The rows of a part, whose sums are cleared.
    private readonly int First(int index, out int last)
    {
        if (Sums != null)
        {
            new Span<float>(Sums + (index * Stride), (int)Stride).Clear();
        }

        last = (int)((long)Rows * (index + 1) / Parts);
        return (int)((long)Rows * index / Parts);
    }

    private readonly (float Even, float Slope) Sum<Scaled>(int index, int row)
        where Scaled : IConst
    {
        float* x = X + ((nint)row * N), dy = Dy + ((nint)row * N);
        return Sums == null
            ? Sum<Scaled, No>(N, x, dy, Gamma, Mean[row], Inverse[row], null)
            : Sum<Scaled, Yes>(N, x, dy, Gamma, Mean[row], Inverse[row], Sums + (index * Stride));
    }

    // The means of g and of g xhat over a row; the sums of dgamma += dy xhat, those of dbeta += dy.
    private static (float Even, float Slope) Sum<Scaled, Summed>(
        int n, float* x, float* dy, float* gamma, float mean, float inverse, float* sums)
        where Scaled : IConst
        where Summed : IConst
    {
        V m = V.All(mean), s = V.All(inverse), sum = V.Zero, product = V.Zero;
        int i = 0;
        for (; i + V.Width <= n; i += V.Width)
        {
            Sum<Scaled, Summed, No>(x + i, dy + i, gamma + i, m, s, sums + (2 * (nint)i), ref sum, ref product, V.Width);
        }

        if (i < n)
        {
            Sum<Scaled, Summed, Yes>(x + i, dy + i, gamma + i, m, s, sums + (2 * (nint)i), ref sum, ref product, n - i);
        }

        return (V.Sum(sum) / n, V.Sum(product) / n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum<Scaled, Summed, Partial>(
        float* x, float* dy, float* gamma, V mean, V inverse, float* sums, ref V sum, ref V product, int count)
        where Scaled : IConst
        where Summed : IConst
        where Partial : IConst
    {
        V d = Lanes<V>.Load<Partial>(dy, count);
        V hat = Lanes<V>.Only<Partial>((Lanes<V>.Load<Partial>(x, count) - mean) * inverse, count);
        if (Summed.Value == 1)
        {
            // Whole registers: lanes beyond the last are 0 and stay so.
            V.Store(V.Fma(d, hat, V.Load(sums)), sums);
            V.Store(d + V.Load(sums + V.Width), sums + V.Width);
        }

        V g = Scaled.Value == 1 ? d * Lanes<V>.Load<Partial>(gamma, count) : d;
        sum += g;
        product = V.Fma(g, hat, product);
    }

    // dx = inverse g + b (x - mean) + c with b = -inverse² mean(g xhat) and c = -inverse mean(g).
    private readonly void Put<Scaled, Target>(int row, (float Even, float Slope) means)
        where Scaled : IConst
        where Target : IConst
    {
        nint at = (nint)row * N;
        int n = N;
        float* x = X + at, dy = Dy + at, gamma = Gamma, dx = Dx + at;
        float inverse = Inverse[row];
        V m = V.All(Mean[row]), a = V.All(inverse), b = V.All(-inverse * inverse * means.Slope), c = V.All(-inverse * means.Even);
        int i = 0;
        for (; i + V.Width <= n; i += V.Width)
        {
            // The row after this one, which comes from memory.
            Prefetch.Near(x + n + i);
            Prefetch.Near(dy + n + i);
            V v = Gradient<Scaled, No>(x + i, dy + i, gamma + i, m, a, b, c, V.Width);
            if (Target.Value == Any)
            {
                PutAny<No>(v, at + i, V.Width);
            }
            else if (Target.Value == Past)
            {
                V.StoreFar(v, dx + i);
            }
            else
            {
                V.Store(v, dx + i);
            }
        }

        if (i < n)
        {
            V v = Gradient<Scaled, Yes>(x + i, dy + i, gamma + i, m, a, b, c, n - i);
            PutAny<Yes>(v, at + i, n - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Gradient<Scaled, Partial>(float* x, float* dy, float* gamma, V mean, V a, V b, V c, int count)
        where Scaled : IConst
        where Partial : IConst
    {
        V g = Lanes<V>.Load<Partial>(dy, count);
        g = Scaled.Value == 1 ? g * Lanes<V>.Load<Partial>(gamma, count) : g;
        return V.Fma(g, a, V.Fma(Lanes<V>.Load<Partial>(x, count) - mean, b, c));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PutAny<Partial>(V v, nint at, int count)
        where Partial : IConst
    {
        if (Dx != null)
        {
            Lanes<V>.Store<Partial>(Accumulate ? v + Lanes<V>.Load<Partial>(Dx + at, count) : v, Dx + at, count);
        }

        if (Dresidual != null)
        {
            Lanes<V>.Store<Partial>(AccumulateResidual ? v + Lanes<V>.Load<Partial>(Dresidual + at, count) : v, Dresidual + at, count);
        }
    }
}
