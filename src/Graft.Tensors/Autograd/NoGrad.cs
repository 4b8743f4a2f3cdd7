namespace Graft.Tensors.Autograd;

/// <summary>Switches recording off on this thread until disposed: results need no gradient.</summary>
/// <example><code>using (new NoGrad()) { ... }</code></example>
public ref struct NoGrad : IDisposable
{
    private Tape? _tape;

    /// <summary>Switches recording off.</summary>
    public NoGrad()
    {
        _tape = Tape.Current;
        _tape.Silenced++;
    }

    /// <summary>Restores what was before.</summary>
    public void Dispose()
    {
        if (_tape is not null)
        {
            _tape.Silenced--;
            _tape = null;
        }
    }
}
