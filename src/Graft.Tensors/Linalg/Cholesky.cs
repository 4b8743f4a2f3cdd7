using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Graft.Tensors.Linalg;

/// <summary>A = L Lᵀ for symmetric positive definite matrices of up to some hundred rows.</summary>
/// <remarks>Sums are formed four by four, in one order on every machine.</remarks>
public static class Cholesky
{
    /// <summary>Factors in place.</summary>
    /// <param name="a">n by n, row by row; its lower triangle is read and gets L, the upper one stays.</param>
    /// <param name="n">Rows, at least 1.</param>
    /// <param name="ridge">Added to the diagonal; at least 0.</param>
    /// <returns>Whether the matrix is positive definite; where it is not, the contents are of no use.</returns>
    public static bool TryFactor(Span<double> a, int n, double ridge = 0)
    {
        // Column by column: the sums of a column do not wait for each other, and none of them reads what was written just before.
        for (int j = 0; j < n; j++)
        {
            Span<double> row = a.Slice(j * n, j + 1);
            double pivot = row[j] + ridge - Dot(row[..j], row);
            if (!(pivot > 0))
            {
                return false;
            }

            row[j] = Math.Sqrt(pivot);
            int i = j + 1;
            for (; i + 4 <= n; i += 4)
            {
                FourRows(a.Slice(i * n, (3 * n) + j + 1), n, row);
            }

            for (; i < n; i++)
            {
                Span<double> below = a.Slice(i * n, j + 1);
                below[j] = (below[j] - Dot(below[..j], row)) / row[j];
            }
        }

        return true;
    }

    /// <summary>Solves L Lᵀ x = b in place.</summary>
    /// <param name="l">L in the lower triangle, n by n.</param>
    /// <param name="n">Rows.</param>
    /// <param name="x">n numbers: b, and then x.</param>
    public static void Solve(ReadOnlySpan<double> l, int n, Span<double> x)
    {
        SolveLower(l, n, n, x);
        SolveUpper(l, n, n, x);
    }

    /// <summary>Solves L x = b in place, by the leading rows of a larger matrix.</summary>
    internal static void SolveLower(ReadOnlySpan<double> l, int stride, int n, Span<double> x)
    {
        for (int i = 0; i < n; i++)
        {
            ReadOnlySpan<double> row = l.Slice(i * stride, i + 1);
            x[i] = (x[i] - Dot(x[..i], row)) / row[i];
        }
    }

    /// <summary>Solves Lᵀ x = b in place, by the leading rows of a larger matrix.</summary>
    internal static void SolveUpper(ReadOnlySpan<double> l, int stride, int n, Span<double> x)
    {
        for (int i = n - 1; i >= 0; i--)
        {
            ReadOnlySpan<double> row = l.Slice(i * stride, i + 1);
            double value = x[i] / row[i];
            x[i] = value;
            Subtract(value, row[..i], x);
        }
    }

    /// <summary>Σ a_i b_i over the length of the first.</summary>
    internal static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        int n = Math.Min(a.Length, b.Length), i = 0;
        double sum = 0;
        if (n >= 4)
        {
            ref double p = ref MemoryMarshal.GetReference(a), q = ref MemoryMarshal.GetReference(b);
            Vector256<double> even = Vector256<double>.Zero, odd = even;
            for (; i <= n - 8; i += 8)
            {
                even += Vector256.LoadUnsafe(ref p, (nuint)i) * Vector256.LoadUnsafe(ref q, (nuint)i);
                odd += Vector256.LoadUnsafe(ref p, (nuint)(i + 4)) * Vector256.LoadUnsafe(ref q, (nuint)(i + 4));
            }

            if (i <= n - 4)
            {
                even += Vector256.LoadUnsafe(ref p, (nuint)i) * Vector256.LoadUnsafe(ref q, (nuint)i);
                i += 4;
            }

            even += odd;
            sum = (even[0] + even[1]) + (even[2] + even[3]);
        }

        for (; i < n; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    // The element of L below the last of another row in each of four rows, from what stands left of it, by the sums of Dot.
    private static void FourRows(Span<double> rows, int n, ReadOnlySpan<double> other)
    {
        ref double p = ref MemoryMarshal.GetReference(rows), q = ref MemoryMarshal.GetReference(other);
        nuint second = (nuint)n, third = 2 * second, fourth = 3 * second, k = 0, count = (nuint)other.Length - 1;
        Vector256<double> even0 = Vector256<double>.Zero, even1 = even0, even2 = even0, even3 = even0;
        Vector256<double> odd0 = even0, odd1 = even0, odd2 = even0, odd3 = even0;
        for (; k + 8 <= count; k += 8)
        {
            Vector256<double> b = Vector256.LoadUnsafe(ref q, k), c = Vector256.LoadUnsafe(ref q, k + 4);
            even0 += Vector256.LoadUnsafe(ref p, k) * b;
            even1 += Vector256.LoadUnsafe(ref p, k + second) * b;
            even2 += Vector256.LoadUnsafe(ref p, k + third) * b;
            even3 += Vector256.LoadUnsafe(ref p, k + fourth) * b;
            odd0 += Vector256.LoadUnsafe(ref p, k + 4) * c;
            odd1 += Vector256.LoadUnsafe(ref p, k + 4 + second) * c;
            odd2 += Vector256.LoadUnsafe(ref p, k + 4 + third) * c;
            odd3 += Vector256.LoadUnsafe(ref p, k + 4 + fourth) * c;
        }

        if (k + 4 <= count)
        {
            Vector256<double> b = Vector256.LoadUnsafe(ref q, k);
            even0 += Vector256.LoadUnsafe(ref p, k) * b;
            even1 += Vector256.LoadUnsafe(ref p, k + second) * b;
            even2 += Vector256.LoadUnsafe(ref p, k + third) * b;
            even3 += Vector256.LoadUnsafe(ref p, k + fourth) * b;
            k += 4;
        }

        even0 += odd0;
        even1 += odd1;
        even2 += odd2;
        even3 += odd3;
        Vector256<double> sums = Vector256.Create(
            (even0[0] + even0[1]) + (even0[2] + even0[3]), (even1[0] + even1[1]) + (even1[2] + even1[3]),
            (even2[0] + even2[1]) + (even2[2] + even2[3]), (even3[0] + even3[1]) + (even3[2] + even3[3]));
        for (; k < count; k++)
        {
            sums += Four(ref p, second, k) * Vector256.Create(Unsafe.Add(ref q, k));
        }

        Vector256<double> elements = (Four(ref p, second, count) - sums) / Vector256.Create(Unsafe.Add(ref q, count));
        Unsafe.Add(ref p, count) = elements[0];
        Unsafe.Add(ref p, count + second) = elements[1];
        Unsafe.Add(ref p, count + third) = elements[2];
        Unsafe.Add(ref p, count + fourth) = elements[3];
    }

    // A column of four rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Four(ref double p, nuint stride, nuint k) => Vector256.Create(
        Unsafe.Add(ref p, k), Unsafe.Add(ref p, k + stride), Unsafe.Add(ref p, k + (2 * stride)), Unsafe.Add(ref p, k + (3 * stride)));

    // x -= factor a, over the length of a.
    private static void Subtract(double factor, ReadOnlySpan<double> a, Span<double> x)
    {
        int i = 0;
        Vector256<double> factors = Vector256.Create(factor);
        ref double p = ref MemoryMarshal.GetReference(a), to = ref MemoryMarshal.GetReference(x);
        for (; i <= a.Length - 4; i += 4)
        {
            Vector256<double> rest = Vector256.LoadUnsafe(ref to, (nuint)i) - (factors * Vector256.LoadUnsafe(ref p, (nuint)i));
            rest.StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < a.Length; i++)
        {
            x[i] -= a[i] * factor;
        }
    }
}
