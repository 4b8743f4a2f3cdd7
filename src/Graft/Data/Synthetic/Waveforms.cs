using Graft.Data.Sources;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Synthetic;

/// <summary>Draws sequences of one number a step: waves of random frequency, phase, height and length, in noise; the form is the class.</summary>
/// <remarks>
/// Frequencies are in periods per second and steps are 1 / sampling seconds apart, so that another range of frequencies, another
/// sampling, another noise or a drift make another domain of the same classes. Each row depends on the seed and its own number alone. Keep frequencies below
/// a quarter of the sampling, or the forms are lost. Columns: "sequence" (one feature), "label" (the form), "frequency" (the true one, a target for regression).
/// </remarks>
/// <param name="rows">Number of sequences; at least 1.</param>
/// <param name="forms">The classes; null for all five.</param>
/// <param name="minSteps">Shortest length in steps; at least 2.</param>
/// <param name="maxSteps">Longest length in steps.</param>
/// <param name="sampling">Steps a second; greater than 0.</param>
/// <param name="minFrequency">Lowest frequency, in periods a second; greater than 0.</param>
/// <param name="maxFrequency">Highest frequency, in periods a second.</param>
/// <param name="noise">Standard deviation of the noise of each step; at least 0. The wave has a height of about 1.</param>
/// <param name="drift">Largest slope, up or down, over the whole sequence; at least 0.</param>
/// <param name="seed">Added to the seed of the experiment: another number gives other data.</param>
[Named("waveforms")]
public sealed class Waveforms(
    int rows = 1000, IReadOnlyList<Waveform>? forms = null, int minSteps = 40, int maxSteps = 60, double sampling = 50, double minFrequency = 1.5, double maxFrequency = 4,
    double noise = 0.2, double drift = 0, int seed = 0) : DataSource
{
    private readonly int _rows = Check.Within(1, SyntheticTable.MostRows, rows);
    private readonly Waveform[] _forms = forms is null or { Count: 0 } ? Enum.GetValues<Waveform>() : [.. forms.Distinct()];
    private readonly int _minSteps = Check.Within(2, 1_000_000, minSteps);
    private readonly int _maxSteps = Check.Within(minSteps, 1_000_000, maxSteps);
    private readonly double _sampling = Check.Positive(sampling);
    private readonly double _minFrequency = Check.Positive(minFrequency);
    private readonly double _maxFrequency = Check.Within(minFrequency, double.MaxValue, maxFrequency);
    private readonly double _noise = Check.NonNegative(noise);
    private readonly double _drift = Check.NonNegative(drift);

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        RandomStream stream = RandomStream.For(context.Seed, FormattableString.Invariant($"waveforms/{seed}"));
        var sequences = new float[_rows][];
        var labels = new int[_rows];
        var frequencies = new float[_rows];
        for (int row = 0; row < _rows; row++)
        {
            RandomStream random = stream.At((ulong)row);
            labels[row] = random.NextInt(_forms.Length);
            sequences[row] = Draw(_forms[labels[row]], ref random, out frequencies[row]);
        }

        return new Dataset("waveforms",
        [
            new SequenceColumn("sequence", sequences, 1),
            new CategoryColumn("label", labels, [.. _forms.Select(f => f.ToString().ToLowerInvariant())]),
            new NumberColumn("frequency", frequencies),
        ]);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"waveforms({_rows} rows, {_minFrequency} to {_maxFrequency} periods a second, noise {_noise})");

    /// <summary>The height of a form.</summary>
    /// <param name="form">The form.</param>
    /// <param name="periods">Periods since the start of one; the fraction counts.</param>
    internal static double Height(Waveform form, double periods)
    {
        double at = periods - Math.Floor(periods);
        return form switch
        {
            Waveform.Square => at < 0.5 ? 1 : -1,
            Waveform.Sawtooth => (2 * at) - 1,
            Waveform.Triangle => 1 - (4 * Math.Abs(at - 0.5)),
            _ => Math.Sin(2 * Math.PI * at),
        };
    }

    private float[] Draw(Waveform form, ref RandomStream random, out float frequency)
    {
        int steps = _minSteps + random.NextInt(_maxSteps - _minSteps + 1);
        double perSecond = _minFrequency + ((_maxFrequency - _minFrequency) * random.NextDouble());
        double phase = random.NextDouble(), height = 0.7 + (0.6 * random.NextDouble()), slope = _drift * ((2 * random.NextDouble()) - 1);
        frequency = (float)perSecond;
        var sequence = new float[steps];
        for (int t = 0; t < steps; t++)
        {
            double seconds = t / _sampling, part = (double)t / steps;
            // The chirp's frequency is f (0.5 + part): from half of f to one and a half; periods are its integral.
            double periods = phase + (perSecond * seconds * (form == Waveform.Chirp ? 0.5 + (0.5 * part) : 1));
            sequence[t] = (float)((height * Height(form, periods)) + (slope * part) + (_noise * random.NextNormal()));
        }

        return sequence;
    }
}
