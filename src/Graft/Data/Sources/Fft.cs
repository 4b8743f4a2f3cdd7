namespace Graft.Data.Sources;

/// <summary>The power spectrum of real signals, by a fast Fourier transform whose length is a power of two.</summary>
/// <remarks>Cooley and Tukey's method: even and odd samples are transformed apart and joined, here without recursion, in double precision.</remarks>
internal sealed class Fft
{
    private readonly double[] _cos;
    private readonly double[] _sin;
    private readonly int[] _reversed;

    /// <param name="length">A power of two; at least 2.</param>
    public Fft(int length)
    {
        Length = length;
        int bits = int.Log2(length);
        _cos = new double[length / 2];
        _sin = new double[length / 2];
        _reversed = new int[length];
        for (int i = 0; i < length / 2; i++)
        {
            (_sin[i], _cos[i]) = Math.SinCos(-2 * Math.PI * i / length);
        }

        for (int i = 0; i < length; i++)
        {
            _reversed[i] = (_reversed[i >> 1] >> 1) | ((i & 1) << (bits - 1));
        }
    }

    /// <summary>Samples of a signal.</summary>
    public int Length { get; }

    /// <summary>|X[k]|² for k from 0 to half the length.</summary>
    /// <param name="signal"><see cref="Length"/> samples.</param>
    /// <param name="real">Room for <see cref="Length"/> numbers.</param>
    /// <param name="imaginary">Room for <see cref="Length"/> numbers.</param>
    /// <param name="power">Gets Length / 2 + 1 numbers.</param>
    public void Power(ReadOnlySpan<double> signal, Span<double> real, Span<double> imaginary, Span<double> power)
    {
        imaginary.Clear();
        for (int i = 0; i < Length; i++)
        {
            real[i] = signal[_reversed[i]];
        }

        for (int half = 1; half < Length; half *= 2)
        {
            int step = Length / (2 * half);
            for (int start = 0; start < Length; start += 2 * half)
            {
                for (int k = 0; k < half; k++)
                {
                    int a = start + k;
                    int b = a + half;
                    double cos = _cos[k * step];
                    double sin = _sin[k * step];
                    double re = (real[b] * cos) - (imaginary[b] * sin);
                    double im = (real[b] * sin) + (imaginary[b] * cos);
                    (real[b], imaginary[b]) = (real[a] - re, imaginary[a] - im);
                    (real[a], imaginary[a]) = (real[a] + re, imaginary[a] + im);
                }
            }
        }

        for (int k = 0; k < power.Length; k++)
        {
            power[k] = (real[k] * real[k]) + (imaginary[k] * imaginary[k]);
        }
    }
}
