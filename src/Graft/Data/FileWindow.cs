using System.Buffers;
using Graft.Tensors.Memory;

namespace Graft.Data;

/// <summary>Some bytes of a file to look at, until it is disposed of: mapped, of a file in memory, or read into a buffer.</summary>
internal readonly ref struct FileWindow
{
    private readonly MappedFile.Window? _mapped;
    private readonly byte[]? _rented;

    /// <param name="bytes">Bytes that are in memory anyway.</param>
    public FileWindow(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <param name="mapped">Disposed of with it.</param>
    public FileWindow(MappedFile.Window mapped)
    {
        _mapped = mapped;
        Bytes = mapped.Bytes;
    }

    /// <param name="rented">An array of the shared pool; given back with it.</param>
    /// <param name="count">How many of its bytes are meant.</param>
    public FileWindow(byte[] rented, int count)
    {
        _rented = rented;
        Bytes = rented.AsSpan(0, count);
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Ends it; the bytes are nobody's then.</summary>
    public void Dispose()
    {
        _mapped?.Dispose();
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
