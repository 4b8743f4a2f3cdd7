namespace Graft.ResumeHost;

/// <summary>Writes to another stream and says when so many bytes are written.</summary>
internal sealed class DyingStream(Stream inner, long room, Action die) : Stream
{
    private long _room = room;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => inner.Length;

    public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count)
    {
        int part = (int)Math.Min(count, _room);
        inner.Write(buffer, offset, part);
        _room -= part;
        if (part < count)
        {
            inner.Flush();
            die();
        }

        inner.Write(buffer, offset + part, count - part);
    }
}
