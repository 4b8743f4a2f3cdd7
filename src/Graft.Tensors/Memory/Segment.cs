namespace Graft.Tensors.Memory;

/// <summary>A long piece of memory from the system, cut into parts by the <see cref="Arena"/>.</summary>
internal sealed unsafe class Segment(byte* data, long size, Chunk first)
{
    /// <summary>Its first byte, on a boundary of large pages.</summary>
    public byte* Data => data;

    public long Size => size;

    /// <summary>The part at its beginning.</summary>
    public Chunk First => first;

    /// <summary>Bytes from the beginning on that were handed out at least once: only these can be resident, and the rest of the last one's page.</summary>
    public long Touched { get; set; }
}
