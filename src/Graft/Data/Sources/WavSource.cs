using System.Globalization;
using Graft.Tensors;

namespace Graft.Data.Sources;

/// <summary>Sounds (WAV) in a folder or a zip archive with one sub-folder a class, as frames of log-mel energies.</summary>
/// <remarks>
/// <para>Gives the columns "frames" (a sequence with <paramref name="bands"/> numbers a frame), "label" (the name of the sub-folder, where there are any) and
/// "file" (the path below the folder). Rows are sorted by path.</para>
/// <para>Frame t holds the samples from t · hop on, times a periodic Hann window, padded with zeros to a power of two; band b is a triangle over the power spectrum
/// |X|² whose corners lie evenly on the mel scale 2595 log₁₀(1 + f / 700) from 0 to half the rate; the value is ln max(1e-10, energy). Channels are mixed.</para>
/// <para>All files must have one rate. Damaged files are errors that name the file, or are left out and counted with <paramref name="skipBad"/>.</para>
/// </remarks>
/// <param name="path">The folder or the .zip file.</param>
/// <param name="under">A folder inside it to begin at, with / between the parts.</param>
/// <param name="rate">Samples a second that every file must have; 0 to take the first file's.</param>
/// <param name="window">Length of a frame in milliseconds; more than 0.</param>
/// <param name="hop">Milliseconds from one frame to the next; more than 0.</param>
/// <param name="bands">Bands of pitch; 1 to 1,000.</param>
/// <param name="maxSeconds">Longest sound; longer ones are errors.</param>
/// <param name="labelDepth">How many folder names make a label, joined by /; at least 1.</param>
/// <param name="limitPerClass">Most sounds of each class, the first ones by path; 0 for all.</param>
/// <param name="skipBad">Whether files that cannot be used are left out and counted instead of being an error.</param>
/// <param name="hint">Where to get the sounds; said where the folder is missing.</param>
[Named("wav")]
public sealed class WavSource(
    string path,
    string under = "",
    int rate = 0,
    double window = 25,
    double hop = 10,
    int bands = 40,
    double maxSeconds = 60,
    int labelDepth = 1,
    int limitPerClass = 0,
    bool skipBad = false,
    string? hint = null) : DataSource
{
    private const int MaxFindings = 20;

    private static readonly string[] Extensions = [".wav"];

    private readonly int _rate = Check.Within(0, 768_000, rate);
    private readonly double _window = Check.Within(0.1, 10_000, window);
    private readonly double _hop = Check.Within(0.1, 10_000, hop);
    private readonly int _bands = Check.Within(1, 1000, bands);
    private readonly double _maxSeconds = Check.Within(0.001, 36_000, maxSeconds);
    private readonly int _labelDepth = Check.AtLeast(1, labelDepth);
    private readonly int _limitPerClass = Check.AtLeast(0, limitPerClass);

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        ClassFiles files = ClassFiles.Find(context.Resolve(path, hint), path, under, Extensions);
        int[] chosen = files.Choose(_labelDepth, _limitPerClass);
        if (chosen.Length == 0)
        {
            throw new GraftInputException(Shown(""), "expected .wav files, one folder a class, got none.");
        }

        var frames = new float[chosen.Length][];
        var failures = new GraftInputException?[chosen.Length];
        (int usedRate, LogMel mel) = Start(files, chosen);
        Parallel.For(0, chosen.Length, row =>
        {
            try
            {
                frames[row] = mel.Apply(Open(files, chosen[row], usedRate).Samples);
            }
            catch (GraftInputException e)
            {
                frames[row] = [];
                failures[row] = e;
            }
        });

        List<Finding> bad = [.. failures.Where(f => f is not null).SelectMany(f => f!.Findings)];
        if (bad.Count > 0 && (!skipBad || bad.Count == chosen.Length))
        {
            throw new GraftInputException([.. bad.Take(MaxFindings)]);
        }

        chosen = [.. chosen.Where((_, row) => failures[row] is null)];
        string[] notices = bad.Count == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{Shown("")}: {bad.Count} {(bad.Count == 1 ? "sound" : "sounds")} skipped, the first: {bad[0]}")];
        return new Dataset(path, [new SequenceColumn("frames", [.. frames.Where(f => f.Length > 0)], _bands), .. files.Columns(chosen, _labelDepth)]) { Notices = notices };
    }

    /// <inheritdoc/>
    public override string ToString() => $"wav({path})";

    private string Shown(string file) => string.Join('/', ((string[])[path, under, file]).Where(p => p.Length > 0));

    // The rate that is asked for, or that of the first file that can be read.
    private (int Rate, LogMel Mel) Start(ClassFiles files, int[] chosen)
    {
        GraftInputException? first = null;
        int found = _rate;
        for (int i = 0; i < chosen.Length && found == 0; i++)
        {
            try
            {
                found = Open(files, chosen[i], 0).Rate;
            }
            catch (GraftInputException e) when (skipBad)
            {
                first ??= e;
            }
        }

        return found > 0 ? (found, new LogMel(found, _window / 1000, _hop / 1000, _bands)) : throw first!;
    }

    private WavFile Open(ClassFiles files, int index, int mustBe)
    {
        string shown = Shown(files.Paths[index]);
        WavFile file = WavFile.Read(files.Read(index, ClassFiles.MaxFileBytes, shown), shown, _maxSeconds);
        return mustBe == 0 || file.Rate == mustBe ? file : throw new GraftInputException(shown, $"expected {mustBe} samples a second, got {file.Rate}.");
    }
}
