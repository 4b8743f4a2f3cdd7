namespace Graft.Tensors.Memory;

/// <summary>A part of a segment of the <see cref="Arena"/>, free or taken, between its neighbors.</summary>
internal sealed unsafe class Chunk
{
    public Segment? Segment;
    public long Offset;
    public long Size;
    public Chunk? Before;
    public Chunk? After;

    /// <summary>Its place in the list of free parts; -1: it is taken.</summary>
    public int Place = -1;

    public byte* Data => Segment!.Data + Offset;

    public bool IsFree => Place >= 0;
}
