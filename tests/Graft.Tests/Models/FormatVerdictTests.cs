using System.Globalization;
using Graft.Models.Formats;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

/// <summary>Every file of weights that is at hand is read, refused for a reason, or of no format of ours; the table says which, and what others find in it.</summary>
public sealed class FormatVerdictTests
{
    private static readonly string[][] Table = [.. File.ReadLines(GoldenFile.PathOf("format-verdicts.tsv")).Select(l => l.Split('\t'))];

    public static TheoryData<string, string, string> Read => Rows("read");

    public static TheoryData<string, string, string> Refused => Rows("refused");

    public static TheoryData<string, string, string> Other => Rows("other");

    [Theory, MemberData(nameof(Read))]
    public void Files_that_are_read_hold_what_others_find_in_them(string path, string format, string figures)
    {
        double[] expected = [.. figures.Split(' ').Select(f => double.Parse(f, CultureInfo.InvariantCulture))];

        WeightFile file = WeightFile.Read(RealData.PathOf(path));

        IEnumerable<double> finite = file.Tensors.Values.SelectMany(t => t.Values).Where(v => float.IsFinite(v) && Math.Abs(v) < 1e30f).Select(v => (double)v);
        double size = finite.Sum(Math.Abs);
        Assert.Equal((format, expected[0], expected[1]), (file.Format, file.Tensors.Count, file.Count));
        Assert.Equal(expected[3], size, 1e-7 * Math.Max(expected[3], 1e-30));      // the table has 9 digits
        Assert.Equal(expected[2], finite.Sum(), 1e-7 * Math.Max(expected[3], 1e-30));
    }

    [Theory, MemberData(nameof(Refused))]
    public void Files_that_are_refused_say_why(string path, string reason, string figures)
    {
        string file = RealData.PathOf(path);

        var e = Assert.Throws<GraftInputException>(() => WeightFile.Read(file));

        Assert.StartsWith(file, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal("0 0 0 0", figures);
    }

    [Theory, MemberData(nameof(Other))]
    public void Other_files_are_of_no_format_of_ours(string path, string kind, string figures)
    {
        string file = RealData.PathOf(path);

        var e = Assert.Throws<GraftInputException>(() => WeightFile.Read(file));

        Assert.StartsWith($"{file}: expected weights in one of the formats ", e.Message, StringComparison.Ordinal);
        Assert.Equal("0 0 0 0", figures);
        Assert.NotEmpty(kind);
    }

    [Theory]
    [InlineData("formats")]
    [InlineData("weights")]
    public void No_file_is_without_its_verdict(string folder)
    {
        string at = RealData.PathOf(folder), root = Path.GetDirectoryName(at)!;

        IEnumerable<string> files = Directory.EnumerateFiles(at, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'));

        Assert.Equal(Table.Select(r => r[0]).Where(p => p.StartsWith(folder + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
    }

    private static TheoryData<string, string, string> Rows(string verdict)
    {
        var rows = new TheoryData<string, string, string>();
        foreach (string[] row in Table.Where(r => r[1] == verdict))
        {
            rows.Add(row[0], row[2], string.Join(' ', row[3..]));
        }

        return rows;
    }
}
