using System.Globalization;
using System.Security.Cryptography;

namespace Graft.Hub;

/// <summary>What is known of a file that is here: its checksum, and its size and time when that was computed, so that it need not be computed each time.</summary>
/// <remarks>Stands beside the file as "name.sha256" and stays when the file goes: where no checksum is published, later downloads must equal the first.</remarks>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Time">When the file was last written, in ticks of UTC.</param>
internal sealed record HubRecord(string Sha256, long Size, long Time)
{
    /// <summary>The record of a file, or null where there is none that can be read.</summary>
    public static HubRecord? Read(string path)
    {
        string[] parts = File.Exists(path + ".sha256") && new FileInfo(path + ".sha256").Length < 1000 ? File.ReadAllText(path + ".sha256").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : [];
        return parts.Length == 3 && parts[0].Length == 64
            && long.TryParse(parts[1], CultureInfo.InvariantCulture, out long size) && long.TryParse(parts[2], CultureInfo.InvariantCulture, out long time)
            ? new HubRecord(parts[0], size, time)
            : null;
    }

    /// <summary>Writes the record of a file whose checksum is known.</summary>
    public static void Write(string path, string sha256)
    {
        var info = new FileInfo(path);
        AtomicFile.Write(path + ".sha256", System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sha256} {info.Length} {info.LastWriteTimeUtc.Ticks}\n")));
    }

    /// <summary>The checksum of a file.</summary>
    public static string Compute(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Whether the file is as it was.</summary>
    public bool Holds(FileInfo file) => file.Length == Size && file.LastWriteTimeUtc.Ticks == Time;
}
