namespace Graft.Data.Sources;

/// <summary>Turns sound into frames of log-mel energies: how loud each band of pitch is, frame by frame.</summary>
/// <remarks>
/// Frame t holds samples t · hop to t · hop + window, times a periodic Hann window 0.5 − 0.5 cos(2πi / window), padded with zeros to a power of two.
/// Band b is a triangle over the power spectrum whose corners lie evenly on the mel scale 2595 log₁₀(1 + f / 700) from 0 to half the rate.
/// The value is ln max(1e-10, Σ triangle · |X|²). A sound shorter than a window is padded with zeros to one frame; what is left after the last whole
/// frame is not used.
/// </remarks>
internal sealed class LogMel
{
    private readonly int _hop;
    private readonly int _bands;
    private readonly double[] _window;
    private readonly Fft _fft;
    private readonly (int First, double[] Weights)[] _triangles;     // by band: the first bin of the spectrum, and the weights from there

    /// <param name="rate">Samples a second.</param>
    /// <param name="windowSeconds">Length of a frame.</param>
    /// <param name="hopSeconds">From one frame to the next.</param>
    /// <param name="bands">Values a frame.</param>
    public LogMel(int rate, double windowSeconds, double hopSeconds, int bands)
    {
        int window = Math.Max(2, (int)Math.Round(rate * windowSeconds));
        _hop = Math.Max(1, (int)Math.Round(rate * hopSeconds));
        _bands = bands;
        _window = [.. Enumerable.Range(0, window).Select(i => 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / window)))];
        _fft = new Fft((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)window));
        _triangles = Triangles(rate, _fft.Length, bands);
    }

    /// <summary>Number of frames of so many samples.</summary>
    public int Frames(int samples) => 1 + (Math.Max(0, samples - _window.Length) / _hop);

    /// <summary>The frames of a sound, shape [frames, bands].</summary>
    /// <param name="samples">From −1 to 1.</param>
    public float[] Apply(ReadOnlySpan<float> samples)
    {
        int frames = Frames(samples.Length);
        var values = new float[frames * _bands];
        var signal = new double[_fft.Length];
        var real = new double[_fft.Length];
        var imaginary = new double[_fft.Length];
        var power = new double[(_fft.Length / 2) + 1];
        for (int t = 0; t < frames; t++)
        {
            for (int i = 0; i < _window.Length; i++)
            {
                int at = (t * _hop) + i;
                signal[i] = at < samples.Length ? samples[at] * _window[i] : 0;
            }

            _fft.Power(signal, real, imaginary, power);
            for (int band = 0; band < _bands; band++)
            {
                double energy = 0;
                (int first, double[] triangle) = _triangles[band];
                for (int k = 0; k < triangle.Length; k++)
                {
                    energy += triangle[k] * power[first + k];
                }

                values[(t * _bands) + band] = (float)Math.Log(Math.Max(1e-10, energy));
            }
        }

        return values;
    }

    private static (int First, double[] Weights)[] Triangles(int rate, int length, int bands)
    {
        double top = 2595 * Math.Log10(1 + (rate / 2.0 / 700));
        double[] corners = [.. Enumerable.Range(0, bands + 2).Select(i => 700 * (Math.Pow(10, top * i / (bands + 1) / 2595) - 1))];
        var triangles = new (int First, double[] Weights)[bands];
        for (int band = 0; band < bands; band++)
        {
            var weights = new double[(length / 2) + 1];
            for (int k = 0; k <= length / 2; k++)
            {
                double f = (double)k * rate / length;
                double rising = (f - corners[band]) / (corners[band + 1] - corners[band]);
                double falling = (corners[band + 2] - f) / (corners[band + 2] - corners[band + 1]);
                weights[k] = Math.Max(0, Math.Min(rising, falling));
            }

            int first = Math.Max(0, Array.FindIndex(weights, w => w > 0));
            int end = Math.Max(first, Array.FindLastIndex(weights, w => w > 0) + 1);
            triangles[band] = (first, weights[first..end]);
        }

        return triangles;
    }
}
