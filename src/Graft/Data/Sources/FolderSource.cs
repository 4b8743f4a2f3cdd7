using System.Collections.Concurrent;
using System.Globalization;
using Graft.Data.Pictures;
using Graft.Tensors;

namespace Graft.Data.Sources;

/// <summary>Pictures (PNG, JPEG) in a folder or a zip archive with one sub-folder a class.</summary>
/// <remarks>
/// <para>Gives the columns "picture", "label" (the name of the sub-folder, where there are any) and "file" (the path below the folder). Rows are sorted by path.
/// Hidden files and files of other kinds are passed over. In an archive, a single folder that holds everything is passed over too.</para>
/// <para>Where some pictures are grey and others in color, all become color. Sizes are read at once, pixels when they are asked for;
/// decoded pictures stay in memory where all of them fit into <paramref name="keepMegabytes"/>.</para>
/// <para>Damaged pictures are errors that name the file: at once where the header is damaged, when its pixels are read otherwise. With
/// <paramref name="skipBad"/> every picture is decoded once at the start, and those that cannot be are left out and counted.</para>
/// </remarks>
/// <param name="path">The folder or the .zip file.</param>
/// <param name="under">A folder inside it to begin at, with / between the parts.</param>
/// <param name="labelDepth">How many folder names make a label, joined by /; at least 1.</param>
/// <param name="limitPerClass">Most pictures of each class, the first ones by path; 0 for all.</param>
/// <param name="size">Side in pixels that every picture is scaled to as it is read; 0 to leave them as they are.</param>
/// <param name="grey">Whether all pictures become grey.</param>
/// <param name="maxPixels">Most pixels of one picture; 1 to 500 million.</param>
/// <param name="keepMegabytes">Most memory for decoded pictures; 0 to decode them again each time.</param>
/// <param name="skipBad">Whether pictures that cannot be decoded are left out and counted instead of being an error.</param>
/// <param name="hint">Where to get the pictures; said where the folder is missing.</param>
/// <param name="skipPerClass">Pictures of each class that are passed over, the first ones by path, such as those that another source takes by its limit; at least 0.</param>
[Named("folder")]
public sealed class FolderSource(
    string path,
    string under = "",
    int labelDepth = 1,
    int limitPerClass = 0,
    int size = 0,
    bool grey = false,
    long maxPixels = PictureDecoder.MaxPixels,
    int keepMegabytes = 256,
    bool skipBad = false,
    string? hint = null,
    int skipPerClass = 0) : DataSource
{
    private const int HeaderBytes = 1 << 16;
    private const int MaxFindings = 20;

    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg"];

    private readonly int _labelDepth = Check.AtLeast(1, labelDepth);
    private readonly int _limitPerClass = Check.AtLeast(0, limitPerClass);
    private readonly int _skipPerClass = Check.AtLeast(0, skipPerClass);
    private readonly int _size = Check.Within(0, PictureSize.MaxSide, size);
    private readonly long _maxPixels = Check.Within(1, 500_000_000, maxPixels);
    private readonly int _keepMegabytes = Check.AtLeast(0, keepMegabytes);

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        ClassFiles files = ClassFiles.Find(context.Resolve(path, hint), path, under, Extensions);
        int[] chosen = files.Choose(_labelDepth, _limitPerClass, _skipPerClass);
        if (chosen.Length == 0)
        {
            throw new GraftInputException(Shown(""), _skipPerClass == 0
                ? "expected .png, .jpg or .jpeg files, one folder a class, got none."
                : FormattableString.Invariant($"expected more than {_skipPerClass} .png, .jpg or .jpeg files in a class, as skipPerClass passes over so many, got no more."));
        }

        (PictureSize?[] sizes, List<Finding> bad) = Sizes(files, chosen);
        var notices = new List<string>();
        if (bad.Count > 0)
        {
            notices.Add(string.Create(CultureInfo.InvariantCulture, $"{Shown("")}: {bad.Count} damaged {(bad.Count == 1 ? "picture" : "pictures")} skipped: {string.Join("; ", bad.Take(3).Select(f => f.ToString().TrimEnd('.')))}{(bad.Count > 3 ? "; ..." : "")}."));
            chosen = [.. chosen.Where((_, i) => sizes[i] is not null)];
            sizes = [.. sizes.Where(s => s is not null)];
            if (chosen.Length == 0)
            {
                throw new GraftInputException([.. bad.Take(MaxFindings)]);
            }
        }

        int channels = grey ? 1 : sizes.Max(s => s!.Value.Channels);
        long bytes = sizes.Sum(s => (_size > 0 ? (long)_size * _size : s!.Value.Pixels) * channels);
        ConcurrentDictionary<int, Picture>? kept = bytes <= (long)_keepMegabytes << 20 ? new() : null;
        Picture Get(int row)
        {
            if (kept is null || !kept.TryGetValue(row, out Picture? picture))
            {
                picture = Shape(Decode(files, chosen[row]), channels);
                kept?.TryAdd(row, picture);
            }

            return picture;
        }

        var contents = new UInt128[chosen.Length];
        UInt128 Content(int row)
        {
            // Two threads that come here at once find the same.
            if (contents[row] == 0)
            {
                contents[row] = ContentHash.Of(ContentHash.Of(files.Read(chosen[row], ClassFiles.MaxFileBytes, Shown(files.Paths[chosen[row]]))), channels, _size);
            }

            return contents[row];
        }

        Column[] columns = [new PictureColumn("picture", chosen.Length, Get, Content), .. files.Columns(chosen, _labelDepth)];
        return new Dataset(path, columns) { Notices = notices };
    }

    /// <inheritdoc/>
    public override string ToString() => $"folder({path})";

    private string Shown(string file) => string.Join('/', ((string[])[path, under, file]).Where(p => p.Length > 0));

    // Sizes by row; null and a finding where the picture is damaged and is to be skipped.
    private (PictureSize?[] Sizes, List<Finding> Bad) Sizes(ClassFiles files, int[] chosen)
    {
        var sizes = new PictureSize?[chosen.Length];
        var failures = new GraftInputException?[chosen.Length];
        Parallel.For(0, chosen.Length, row =>
        {
            try
            {
                sizes[row] = skipBad ? SizeOf(Decode(files, chosen[row])) : Header(files, chosen[row]);
            }
            catch (GraftInputException e)
            {
                failures[row] = e;
            }
        });

        List<Finding> bad = [.. failures.Where(f => f is not null).SelectMany(f => f!.Findings)];
        return bad.Count == 0 || skipBad ? (sizes, bad)
            : throw new GraftInputException(bad.Count <= MaxFindings ? bad : [.. bad.Take(MaxFindings), new Finding(Shown(""), 0, 0, $"{bad.Count - MaxFindings} more pictures like these.")]);
    }

    private static PictureSize SizeOf(Picture picture) => new(picture.Width, picture.Height, picture.Channels);

    private PictureSize Header(ClassFiles files, int index)
    {
        string shown = Shown(files.Paths[index]);
        byte[] head = files.Read(index, HeaderBytes, shown);
        try
        {
            return PictureDecoder.Size(head, shown, _maxPixels);
        }
        catch (GraftInputException) when (head.Length == HeaderBytes)
        {
            // A camera's data may stand before the size.
            return PictureDecoder.Size(files.Read(index, ClassFiles.MaxFileBytes, shown), shown, _maxPixels);
        }
    }

    private Picture Decode(ClassFiles files, int index)
    {
        string shown = Shown(files.Paths[index]);
        return PictureDecoder.Decode(files.Read(index, ClassFiles.MaxFileBytes, shown), shown, _maxPixels);
    }

    private Picture Shape(Picture picture, int channels)
    {
        picture = channels == 1 ? PictureShape.Grey(picture) : PictureShape.Color(picture);
        return _size > 0 ? PictureScaling.Bilinear(picture, _size, _size) : picture;
    }
}
