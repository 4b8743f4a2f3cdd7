using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;

namespace Graft.Tests.Data.Loading;

/// <summary>Small labeled rows for tests: row r holds values that tell its number.</summary>
internal static class Rows
{
    /// <summary>Tables of 3 features: r, r + 0.25, r + 0.5; a class r % 3 and a number 10 r.</summary>
    public static LabeledRows Table(int count) => new(
        "table", new InputShape(InputKind.Table, [3]),
        [.. Enumerable.Range(0, count).SelectMany(r => new[] { r, r + 0.25f, r + 0.5f })],
        [TargetValues.OfClasses([.. Enumerable.Range(0, count).Select(r => r % 3)]), TargetValues.OfNumbers([.. Enumerable.Range(0, count).Select(r => 10f * r)])]);

    /// <summary>Pictures of 2 x 3 grey pixels: r, r + 1, ... ; with a class r % 2.</summary>
    public static LabeledRows Pictures(int count, long cacheBytes = 1 << 20, Func<int, Picture?>? read = null)
    {
        var column = new PictureColumn("p", count, read ?? (r => new Picture(3, 2, 1, [.. Enumerable.Range(r, 6).Select(b => (byte)b)])));
        var rows = new Dataset("pictures", [column]);
        var encoder = new InputEncoder([new PictureEncoder("p", 2, 3, 1, [0], [1 / 255.0])]);
        return new LabeledRows(rows, encoder, [TargetValues.OfClasses([.. Enumerable.Range(0, count).Select(r => r % 2)])], cacheBytes: cacheBytes);
    }

    /// <summary>Sequences of one feature with the given steps, at most 5 encoded: r + 0.1 in every step.</summary>
    public static LabeledRows Sequences(int[] steps, long cacheBytes = 1 << 20)
    {
        var column = new SequenceColumn("s", [.. steps.Select((n, r) => Enumerable.Repeat(r + 0.1f, n).ToArray())], 1);
        var rows = new Dataset("sequences", [column]);
        var encoder = InputEncoder.Fit(rows, new InputOptions(Numbers: NumberScaling.None, MaxSteps: 5));
        return new LabeledRows(rows, encoder, [TargetValues.OfClasses(new int[steps.Length])], cacheBytes: cacheBytes);
    }
}
