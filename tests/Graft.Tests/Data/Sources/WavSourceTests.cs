using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class WavSourceTests : DataSourceConformance
{
    protected override DataSource Create(string name, string? hint = null) => new WavSource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid/a.wav", Golden("tones-16.wav"));
        return "valid";
    }

    private static byte[] Golden(string name) => GoldenFile.Read("Sources/" + name);

    private Dataset Read(WavSource source) => source.Read(Folder.Context);

    private string Fails(WavSource source) => Assert.Throws<GraftInputException>(() => Read(source)).Message;

    // numpy computes in double precision as we do; 16 bits of sound leave no room for more than rounding to float: 1e-5. Half as loud is ln(1/4) lower;
    // 8 bits add noise.
    [Theory]
    [InlineData("tones-16.wav", 0, 1e-5)]
    [InlineData("tones-24.wav", 0, 1e-5)]
    [InlineData("tones-32.wav", 0, 1e-5)]
    [InlineData("tones-float.wav", 0, 1e-5)]
    [InlineData("tones-stereo.wav", -1.3862944, 1e-5)]
    [InlineData("tones-8.wav", 0, 0.5)]
    public void Frames_are_those_of_the_formula(string name, double shift, double tolerance)
    {
        Folder.Write("data/a.wav", Golden(name));
        float[] expected = NpyArray.Read(Golden("tones.npy"), "tones.npy").Floats();

        var frames = (SequenceColumn)Read(new WavSource("data", bands: 8))["frames"];

        Assert.Equal((4, 8), (frames.Steps(0), frames.Width));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i] + shift, frames.Row(0)[i], tolerance);
        }
    }

    // Three periods of a cosine in 16 samples: X[3] = 16 / 2 = 8, everything else 0.
    [Fact]
    public void The_power_spectrum_of_a_cosine_is_one_line()
    {
        var fft = new Fft(16);
        double[] signal = [.. Enumerable.Range(0, 16).Select(i => Math.Cos(2 * Math.PI * 3 * i / 16))];
        var power = new double[9];

        fft.Power(signal, new double[16], new double[16], power);

        for (int k = 0; k < 9; k++)
        {
            Assert.Equal(k == 3 ? 64 : 0, power[k], 1e-12);
        }
    }

    [Fact]
    public void SubFolders_are_classes_and_short_sounds_give_one_frame()
    {
        byte[] shorter = [.. Golden("tones-float.wav")[..40], 40, 0, 0, 0, .. Golden("tones-float.wav")[44..84]];
        Folder.Write("data/yes/1.wav", Golden("tones-16.wav"));
        Folder.Write("data/no/2.WAV", shorter);

        Dataset data = Read(new WavSource("data"));

        Assert.Equal(["no/2.WAV", "yes/1.wav"], ((TextColumn)data["file"]).Values);
        Assert.Equal(["no", "yes"], ((CategoryColumn)data["label"]).Levels);
        Assert.Equal((1, 4, 40), (((SequenceColumn)data["frames"]).Steps(0), ((SequenceColumn)data["frames"]).Steps(1), ((SequenceColumn)data["frames"]).Width));
    }

    [Fact]
    public void Files_that_do_not_fit_are_named_or_skipped_and_counted()
    {
        byte[] faster = Golden("tones-16.wav");
        faster[12 + 8 + 4 + 8 + 4 + 1] = 0x3E;        // LIST chunk of 12 bytes, "fmt ", length, then 2 + 2 bytes before the rate
        Folder.Write("data/a/1.wav", Golden("tones-8.wav"));
        Folder.Write("data/a/2.wav", faster);
        Folder.Write("data/a/3.wav", Golden("tones-16.wav")[..200]);
        Folder.Write("data/a/4.wav", "RIFF");

        string message = Fails(new WavSource("data"));
        Dataset data = Read(new WavSource("data", skipBad: true));

        Assert.Equal(
            "data/a/2.wav: expected 8000 samples a second, got 15936.\n"
            + "data/a/3.wav: at byte 56: expected 1000 bytes of sound, got 144.\n"
            + "data/a/4.wav: at byte 4: expected 4 bytes of a length, got 0.",
            message);
        Assert.Equal(1, data.Count);
        Assert.Equal(["data: 3 sounds skipped, the first: data/a/2.wav: expected 8000 samples a second, got 15936."], data.Notices);
        Assert.Equal("data/a/1.wav: expected 16000 samples a second, got 8000.", Fails(new WavSource("data", rate: 16000)).Split('\n')[0]);
        Assert.Contains("expected a sound of more than 0 and at most 0.05 seconds, got 0.063", Fails(new WavSource("data", maxSeconds: 0.05)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tones-16.wav")]
    [InlineData("tones-32.wav")]
    public void Damaged_files_give_a_clear_error_or_frames(string name) =>
        Fuzz.Files(Golden(name), "data/a.wav", context => new WavSource("data").Read(context));

    [Fact]
    public void Folders_without_sounds_are_refused()
    {
        Folder.Write("none/a.txt", "x");

        Assert.Equal("none: expected .wav files, one folder a class, got none.", Fails(new WavSource("none")));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WavSource("none", window: 0));
    }
}
