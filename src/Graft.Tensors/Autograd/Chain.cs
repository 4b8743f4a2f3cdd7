namespace Graft.Tensors.Autograd;

/// <summary>Parts of a network that run one after the other: in use, what one part has made and the next has read is taken back on the way.</summary>
/// <remarks>Only where nothing is recorded (<see cref="NoGrad"/>) and nobody traces. Large values alone, as a backward that does not keep its graph takes them: what a part gives is
/// taken back once the next has given something, what it made inside at once. So a pass needs the memory of a few layers, not of all, and no limit of the tape is reached.</remarks>
internal struct Chain
{
    private readonly Tape? _tape;
    private readonly long _begin;
    private long _last;

    private Chain(Tape? tape)
    {
        _tape = tape;
        _begin = _last = tape?.Order ?? 0;
    }

    /// <summary>Begins with what is there already; it stays.</summary>
    public static Chain Begin()
    {
        Tape tape = Tape.Current;
        return new Chain(tape.IsRecording || tape.Trace is not null ? null : tape);
    }

    /// <summary>A part has run.</summary>
    /// <param name="x">What it read: what the part before gave, or what the first one was given.</param>
    /// <param name="y">What it gave.</param>
    /// <returns><paramref name="y"/>.</returns>
    public Tensor Next(Tensor x, Tensor y)
    {
        if (_tape is not null)
        {
            _tape.ReleaseBetween(_begin, _last, x, y);
            _last = _tape.Order;
        }

        return y;
    }
}
