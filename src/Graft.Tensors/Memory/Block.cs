namespace Graft.Tensors.Memory;

/// <summary>One piece of native memory: 64-byte aligned, with 256 readable bytes of slack behind it.</summary>
/// <remarks>Shared by a tensor and its views through a count of users; at zero it goes back where it came from. A block that was let go of
/// without being released (its tensor became garbage) comes back through the finalizer.</remarks>
internal sealed unsafe class Block
{
    /// <summary>Readable bytes behind the end, so that kernels may load whole vectors.</summary>
    public const int Slack = 256;

    private readonly int _sizeClass;
    private int _users;
    private bool _isForgotten;

    private Block(float* data, long bytes, int sizeClass)
    {
        Data = data;
        Bytes = bytes;
        _sizeClass = sizeClass;
    }

    /// <summary>Gives the memory of a tensor that nobody can reach any more back.</summary>
    ~Block()
    {
        if (!_isForgotten && !Environment.HasShutdownStarted)
        {
            Pool.Reclaim(this);
        }
    }

    public float* Data { get; private set; }

    /// <summary>Bytes that may be used; the slack is not counted.</summary>
    public long Bytes { get; private set; }

    /// <summary>Which size class it belongs to; -1 where it belongs to none.</summary>
    public int SizeClass => _sizeClass;

    /// <summary>The part of the arena that it stands for, or null.</summary>
    public Chunk? Chunk { get; private set; }

    /// <summary>Where the system's memory begins, of a block that was taken from it alone; else null.</summary>
    public void* Own { get; private set; }

    /// <summary>How many bytes that count as taken from the system go back with it, of a block that was taken from it alone.</summary>
    public long FromSystem { get; private init; }

    /// <summary>What is checked when it comes back: how many numbers were asked for; -1: nothing.</summary>
    public long Guarded { get; set; } = -1;

    public bool IsFree => Volatile.Read(ref _users) == 0;

    /// <summary>Whether somebody uses it besides its owner.</summary>
    public bool IsShared => Volatile.Read(ref _users) > 1;

    /// <summary>A block of a size class.</summary>
    public static Block OfClass(float* data, long bytes, int sizeClass) => new(data, bytes, sizeClass);

    /// <summary>A block that stands for parts of the arena, one after the other.</summary>
    public static Block OfArena() => new(null, 0, -1);

    /// <summary>A block of memory of its own.</summary>
    /// <param name="own">Where that begins.</param>
    /// <param name="data">Where its numbers begin.</param>
    /// <param name="bytes">How many may be used.</param>
    /// <param name="fromSystem">How many count as taken from the system.</param>
    public static Block Alone(void* own, float* data, long bytes, long fromSystem) => new(data, bytes, -1) { Own = own, FromSystem = fromSystem };

    /// <summary>Lets a block of the arena stand for guarded pages, or for none.</summary>
    public void PlacePages(void* own, long bytes)
    {
        Own = own;
        Data = (float*)own;
        Bytes = bytes;
    }

    /// <summary>Lets it stand for a part of the arena, or for none.</summary>
    public void Place(Chunk? chunk)
    {
        Chunk = chunk;
        Data = chunk is null ? null : (float*)chunk.Data;
        Bytes = chunk is null ? 0 : chunk.Size - Slack;
    }

    public void Use() => Interlocked.Increment(ref _users);

    public void Take() => Volatile.Write(ref _users, 1);

    public void Abandon() => Volatile.Write(ref _users, 0);

    /// <summary>The memory went back to the system: the finalizer has nothing left to do.</summary>
    public void Forget() => _isForgotten = true;

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Pool.Return(this);
        }
    }
}
