namespace Graft.Tensors.Memory;

/// <summary>Memory for one computation, returned to the pool when disposed.</summary>
internal unsafe ref struct Scratch : IDisposable
{
    private Block? _block;

    public Scratch(long floats) => _block = Pool.Rent(floats);

    public readonly float* Data => _block!.Data;

    public void Dispose()
    {
        _block?.Release();
        _block = null;
    }
}
