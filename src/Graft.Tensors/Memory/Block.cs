namespace Graft.Tensors.Memory;

/// <summary>One piece of native memory: 64-byte aligned, with 256 readable bytes of slack behind it.</summary>
/// <remarks>Shared by a tensor and its views through a count of users; at zero it returns to the pool. A block that was let go of
/// without being released (its tensor became garbage) comes back through the finalizer.</remarks>
internal sealed unsafe class Block
{
    /// <summary>Readable bytes behind the end, so that kernels may load whole vectors.</summary>
    public const int Slack = 256;

    private int _users;
    private bool _isForgotten;

    public Block(float* data, int sizeClass, long bytes)
    {
        Data = data;
        SizeClass = sizeClass;
        Bytes = bytes;
    }

    /// <summary>Gives the memory of a tensor that nobody can reach any more back to the pool.</summary>
    ~Block()
    {
        if (!_isForgotten && !Environment.HasShutdownStarted)
        {
            Pool.Reclaim(this);
        }
    }

    public float* Data { get; }

    public int SizeClass { get; }

    public long Bytes { get; }

    public bool IsFree => Volatile.Read(ref _users) == 0;

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
