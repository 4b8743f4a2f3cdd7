using System.Text;

namespace Graft.Training.Checkpoints;

/// <summary>A <see cref="State"/> as a file: named numbers, texts, arrays and nested states, and a checksum at the end.</summary>
/// <remarks>
/// <para>Layout, little-endian: "GRAFTCKP", version (4 bytes), a state, CRC-32C of all before (4 bytes). A state is the number of its values (4) and for
/// each its name (length 4, UTF-8), a type byte and the value: 1 integer (8), 2 number (8), 3 text (length 4, UTF-8), 4 numbers of 4 bytes (count 4),
/// 5 integers of 8 bytes (count 4), 6 bytes (count 4), 7 a state.</para>
/// <para>Reading is bounded by the size of the file: a damaged or hostile one is refused, never believed.</para>
/// </remarks>
public static class CheckpointFile
{
    internal const int Version = 1;
    internal const int MostDepth = 64;

    // The smallest value there can be: an empty name, a type, an empty text.
    internal const int SmallestValue = 9;

    internal static ReadOnlySpan<byte> Magic => "GRAFTCKP"u8;

    // A half of a pair of surrogates cannot be written: said at once, not found out at the reading.
    internal static UTF8Encoding Utf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Writes a state.</summary>
    /// <param name="stream">Gets the bytes in order.</param>
    /// <param name="state">What is remembered; at most 64 states deep.</param>
    public static void Write(Stream stream, State state)
    {
        var writer = new CheckpointWriter(stream);
        writer.Bytes(Magic);
        writer.Int32(Version);
        writer.State(state, 0);
        writer.End();
    }

    /// <summary>Reads a state.</summary>
    /// <param name="stream">Can be read twice: once for the checksum.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="GraftInputException">It is damaged, cut off, or no checkpoint.</exception>
    public static State Read(Stream stream, string name)
    {
        var reader = new CheckpointReader(stream, name);
        Span<byte> magic = stackalloc byte[Magic.Length];
        reader.CheckSum();
        reader.Bytes(magic);
        if (!magic.SequenceEqual(Magic))
        {
            throw reader.Damaged("its first bytes are not those of a checkpoint");
        }

        int version = reader.Int32();
        if (version != Version)
        {
            throw new GraftInputException(name, $"expected a checkpoint of version {Version}, got version {version}. It was written by another version of Graft.");
        }

        State state = reader.State(0);
        return reader.Rest == 0 ? state : throw reader.Damaged("there are bytes behind its end");
    }

    /// <summary>A copy that shares no array with the original.</summary>
    internal static State Copy(State state)
    {
        var memory = new MemoryStream();
        Write(memory, state);
        memory.Position = 0;
        return Read(memory, "");
    }
}
