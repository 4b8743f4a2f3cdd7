using Graft.Data;
using Graft.Data.Sources;
using Graft.Data.Synthetic;

namespace Graft.Tests.Data.Synthetic;

public sealed class WaveformsTests : SyntheticSourceConformance
{
    protected override DataSource Create(int seed) => new Waveforms(rows: 25, seed: seed);

    // A quarter of a period from the start: the sine is at its top, the square up, the sawtooth half way to 0, the triangle at 0.
    [Theory, InlineData(Waveform.Sine, 1), InlineData(Waveform.Square, 1), InlineData(Waveform.Sawtooth, -0.5), InlineData(Waveform.Triangle, 0)]
    public void Forms_are_as_they_are_called(Waveform form, double expected)
    {
        Assert.Equal(expected, Waveforms.Height(form, 3.25), tolerance: 1e-12);
        Assert.Equal(expected, Waveforms.Height(form, -1.75), tolerance: 1e-12);
    }

    [Fact]
    public void Lengths_and_classes_are_within_what_was_asked_for()
    {
        Dataset rows = Read(new Waveforms(rows: 300, forms: [Waveform.Sine, Waveform.Chirp], minSteps: 20, maxSteps: 25));
        var sequence = (SequenceColumn)rows["sequence"];

        int[] lengths = [.. Enumerable.Range(0, 300).Select(sequence.Steps).Distinct().Order()];

        Assert.Equal(Enumerable.Range(20, 6), lengths);
        Assert.Equal(["sine", "chirp"], ((CategoryColumn)rows["label"]).Levels);
        Assert.Equal(2, ((CategoryColumn)rows["label"]).Codes.ToArray().Distinct().Count());
    }

    // A sine of 2 periods a second over 10 seconds crosses zero 40 times; so does the mean of many within one.
    [Fact]
    public void Frequency_is_in_periods_a_second_whatever_the_sampling()
    {
        foreach (double sampling in (double[])[40, 80])
        {
            Dataset rows = Read(new Waveforms(rows: 20, forms: [Waveform.Sine], minSteps: (int)(10 * sampling), maxSteps: (int)(10 * sampling), sampling: sampling, minFrequency: 2, maxFrequency: 2, noise: 0));
            var sequence = (SequenceColumn)rows["sequence"];

            int[] crossings = [.. Enumerable.Range(0, 20).Select(r => sequence.Row(r).ToArray() is var v ? Enumerable.Range(1, v.Length - 1).Count(t => v[t] > 0 != v[t - 1] > 0) : 0)];

            Assert.All(crossings, c => Assert.InRange(c, 39, 41));
        }
    }

    [Fact]
    public void A_row_depends_on_its_number_alone()
    {
        Dataset few = Read(new Waveforms(rows: 10)), many = Read(new Waveforms(rows: 20));

        Assert.Equal(Values(few, 9), Values(many, 9));
    }
}
