namespace Graft.Tensors.Autograd;

/// <summary>Takes back, when disposed, the memory of every tensor made on this thread since it was opened.</summary>
/// <remarks>The library opens scopes around evaluation and prediction; user code never needs one. What shall outlive the scope is kept with
/// <see cref="Tensor.Keep"/>.</remarks>
public ref struct TensorScope : IDisposable
{
    private readonly Tape.Outside _outside;
    private Tape? _tape;

    /// <summary>Opens a scope on this thread.</summary>
    public TensorScope()
    {
        _tape = Tape.Current;
        _outside = _tape.BeginScope();
    }

    /// <summary>Ends the life of every tensor made in the scope, but for those kept.</summary>
    public void Dispose()
    {
        _tape?.EndScope(_outside);
        _tape = null;
    }
}
