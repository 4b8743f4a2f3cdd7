using System.Security.Cryptography;
using Graft.Data;
using Graft.Data.Pictures;

namespace Graft.Tests.Data.Pictures;

/// <summary>The pictures that make_pictures.py made, and what their pixels must be.</summary>
internal static class GoldenPictures
{
    private static readonly Dictionary<string, string> Lines = File.ReadLines(GoldenFile.PathOf("Pictures/pictures.tsv"))
        .ToDictionary(l => l.Split('\t')[0], l => l[(l.IndexOf('\t', StringComparison.Ordinal) + 1)..]);

    /// <summary>Names that end so; without the expected pictures of JPEG files.</summary>
    public static TheoryData<string> Named(string ending) => [.. Lines.Keys.Where(n => n.EndsWith(ending, StringComparison.Ordinal) && !n.Contains(".expected", StringComparison.Ordinal))];

    /// <summary>Names of the JPEG files.</summary>
    public static TheoryData<string> Jpegs => [.. Lines.Keys.Where(n => n.EndsWith(".expected.png", StringComparison.Ordinal)).Select(n => n.Replace(".expected.png", ".jpg", StringComparison.Ordinal))];

    public static byte[] Bytes(string name) => GoldenFile.Read("Pictures/" + name);

    public static Picture Decode(string name) => PictureDecoder.Decode(Bytes(name), name);

    /// <summary>Fails unless size and every pixel are as noted.</summary>
    public static void IsAsNoted(string name, Picture picture) => Assert.Equal(
        Lines[name],
        $"{picture.Width}\t{picture.Height}\t{picture.Channels}\t{Convert.ToHexStringLower(SHA256.HashData(picture.Pixels))}");

    /// <summary>The greatest difference between two pictures of one size.</summary>
    public static int Difference(Picture a, Picture b)
    {
        Assert.Equal((a.Width, a.Height, a.Channels), (b.Width, b.Height, b.Channels));
        return a.Pixels.Zip(b.Pixels, (x, y) => Math.Abs(x - y)).Max();
    }
}
