namespace Graft.Tensors.Threading;

/// <summary>Keeps the work of all ops of this thread on this thread until disposed: for trainings that run side by side, each on a core of its own.</summary>
/// <remarks>Results do not depend on it, not in one bit. Scopes may be nested.</remarks>
/// <example><code>using (new SoloThread(true)) { ... }</code></example>
public ref struct SoloThread : IDisposable
{
    private bool _isOpen;

    /// <summary>Whether this thread works alone.</summary>
    public static bool IsSolo => Team.Solo > 0;

    /// <summary>Begins to work alone.</summary>
    /// <param name="isSolo">Whether it does so at all.</param>
    public SoloThread(bool isSolo)
    {
        Team.Solo += isSolo ? 1 : 0;
        _isOpen = isSolo;
    }

    /// <summary>Works with the team again, where no other scope is open.</summary>
    public void Dispose()
    {
        if (_isOpen)
        {
            Team.Solo--;
            _isOpen = false;
        }
    }
}
