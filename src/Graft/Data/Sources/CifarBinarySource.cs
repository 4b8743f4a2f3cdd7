namespace Graft.Data.Sources;

/// <summary>CIFAR-10's binary batches: records of one label and 32 x 32 pixels, first all red, then all green, then all blue.</summary>
/// <remarks>Gives the columns "picture" and "label".</remarks>
/// <param name="path">A folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin, or one such file.</param>
/// <param name="test">Whether a folder's test_batch.bin is read instead of its data batches.</param>
/// <param name="classes">Names of the ten classes; default: CIFAR-10's.</param>
/// <param name="hint">Where to get the files; said where they are missing.</param>
[Named("cifar10-binary")]
public sealed class CifarBinarySource(string path, bool test = false, IReadOnlyList<string>? classes = null, string? hint = null) : DataSource
{
    private const int Side = 32;
    private const int PlaneLength = Side * Side;
    private const int RecordLength = 1 + (3 * PlaneLength);

    private readonly IReadOnlyList<string> _classes =
        classes ?? ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        string found = context.Resolve(path, hint);
        string[] files = [found];
        if (Directory.Exists(found))
        {
            files = Directory.GetFiles(found, test ? "test_batch.bin" : "data_batch_*.bin");
            Array.Sort(files, StringComparer.Ordinal);
            if (files.Length == 0)
            {
                throw new GraftInputException(path, $"expected {(test ? "test_batch.bin" : "data_batch_1.bin and so on")} in the folder, got none. {hint}".TrimEnd());
            }
        }

        byte[][] batches = [.. files.Select(f => Batch(f, files.Length == 1 ? path : Path.Combine(path, Path.GetFileName(f))))];
        (byte[] Batch, int Start)[] records = [.. batches.SelectMany(b => Enumerable.Range(0, b.Length / RecordLength).Select(i => (b, i * RecordLength)))];
        long[] labels = [.. records.Select(r => (long)r.Batch[r.Start])];
        return new Dataset(path, [
            new PictureColumn("picture", records.Length, row => Picture(records[row].Batch.AsSpan(records[row].Start + 1))),
            Classes.Column("label", labels, _classes, path),
        ]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"cifar10-binary({path})";

    private static byte[] Batch(string file, string shown)
    {
        byte[] bytes = SourceFile.Read(file, shown);
        return bytes.Length > 0 && bytes.Length % RecordLength == 0
            ? bytes
            : throw new GraftInputException(shown, $"expected records of {RecordLength} bytes, got a file of {bytes.Length} bytes.");
    }

    private static Picture Picture(ReadOnlySpan<byte> planes)
    {
        var pixels = new byte[3 * PlaneLength];
        for (int i = 0; i < PlaneLength; i++)
        {
            pixels[3 * i] = planes[i];
            pixels[(3 * i) + 1] = planes[i + PlaneLength];
            pixels[(3 * i) + 2] = planes[i + (2 * PlaneLength)];
        }

        return new Picture(Side, Side, 3, pixels);
    }
}
