namespace Graft.Data.Sources;

/// <summary>Pictures and labels in the IDX format of MNIST and its relatives, packed by gzip or not.</summary>
/// <remarks>
/// Three axes of bytes [rows, height, width] become the column "picture" (grey), four [rows, height, width, 1 or 3] too;
/// any other images file becomes the column "features". The labels become the column "label".
/// </remarks>
/// <param name="images">The file of pictures; at least one of this and <paramref name="labels"/>.</param>
/// <param name="labels">The file of labels.</param>
/// <param name="classes">Names of the classes 0, 1, ...; left out, they are called by their numbers.</param>
/// <param name="transpose">Whether rows and columns of the pictures are swapped, as in EMNIST's files.</param>
/// <param name="hint">Where to get the files; said where one is missing.</param>
[Named("idx")]
public sealed class IdxSource(
    string? images = null,
    string? labels = null,
    IReadOnlyList<string>? classes = null,
    bool transpose = false,
    string? hint = null) : DataSource
{
    private readonly string _name = images ?? labels ?? throw new ArgumentException("idx: expected images, labels or both, got neither.");

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        var columns = new List<Column>();
        if (images is not null)
        {
            columns.Add(Images(IdxFile.Read(context.Resolve(images, hint), images), images));
        }

        if (labels is not null)
        {
            columns.Add(Labels(IdxFile.Read(context.Resolve(labels, hint), labels), labels));
        }

        return columns[0].Count == columns[^1].Count
            ? new Dataset(_name, columns)
            : throw new GraftInputException(labels!, $"expected {columns[0].Count} labels, as many as {images} has rows, got {columns[^1].Count}.");
    }

    /// <inheritdoc/>
    public override string ToString() => $"idx({_name})";

    private Column Images(IdxFile file, string shown)
    {
        int[] axes = file.Axes;
        if (file.Bytes is not ReadOnlyMemory<byte> bytes || axes.Length < 3)
        {
            float[] values = file.Numbers ?? Array.ConvertAll(file.Bytes!.Value.ToArray(), b => (float)b);
            return new VectorColumn("features", values, values.Length / axes[0]);
        }

        int channels = axes.Length == 4 ? axes[3] : 1;
        return channels is 1 or 3
            ? new PictureColumn("picture", axes[0], row => Picture(bytes.Span, row, axes[1], axes[2], channels))
            : throw new GraftInputException(shown, $"expected pictures of 1 or 3 channels, got {channels}.");
    }

    private Picture Picture(ReadOnlySpan<byte> bytes, int row, int height, int width, int channels)
    {
        int length = height * width * channels;
        byte[] pixels = bytes.Slice(row * length, length).ToArray();
        if (!transpose)
        {
            return new Picture(width, height, channels, pixels);
        }

        var turned = new byte[length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                pixels.AsSpan(((y * width) + x) * channels, channels).CopyTo(turned.AsSpan(((x * height) + y) * channels));
            }
        }

        return new Picture(height, width, channels, turned);
    }

    private CategoryColumn Labels(IdxFile file, string shown)
    {
        if (file.Axes.Length != 1)
        {
            throw new GraftInputException(shown, $"expected labels with one axis, got axes [{string.Join(", ", file.Axes)}].");
        }

        long[] values = file.Bytes is ReadOnlyMemory<byte> bytes
            ? Array.ConvertAll(bytes.ToArray(), b => (long)b)
            : Array.ConvertAll(file.Numbers!, v => float.IsInteger(v) ? (long)v : throw new GraftInputException(shown, "expected whole numbers for labels, got others."));
        return Classes.Column("label", values, classes, shown);
    }
}
