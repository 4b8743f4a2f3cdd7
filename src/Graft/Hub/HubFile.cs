namespace Graft.Hub;

/// <summary>One file that a hub entry consists of.</summary>
/// <param name="Name">What it is called on the disk; letters, digits and "._-+" only.</param>
/// <param name="Address">Where it is loaded from.</param>
/// <param name="Mirrors">Where else the same file is, tried in their order; mostly empty.</param>
/// <param name="Sha256">
/// Its SHA-256 in lower-case hexadecimal, or the first 8 digits or more where only those are published (as in torchvision's file names), or null where nothing
/// is: then the first download is recorded and every later one must equal it.
/// </param>
/// <param name="Size">Bytes, or null where nobody says.</param>
/// <param name="Unpack">Whether it is an archive (.zip, .tar.gz) that is unpacked beside itself.</param>
public sealed record HubFile(string Name, Uri Address, IReadOnlyList<Uri> Mirrors, string? Sha256, long? Size, bool Unpack)
{
    /// <summary>Whether a checksum that was measured is the published one, as far as that is known.</summary>
    /// <param name="sha256">64 lower-case hexadecimal digits.</param>
    public bool Agrees(string sha256) => Sha256 is null || sha256.StartsWith(Sha256, StringComparison.Ordinal);

    /// <summary>What is known of the checksum, in words.</summary>
    public string ChecksumText => Sha256 switch
    {
        null => "none published; recorded at the first download",
        { Length: 64 } full => full,
        { } part => part + "...",
    };
}
