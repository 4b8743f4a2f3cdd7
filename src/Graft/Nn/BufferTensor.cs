using Graft.Nn.Initializers;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Nn;

/// <summary>A tensor that belongs to a model's state but is not learned, such as a running mean.</summary>
/// <param name="shape">Its shape.</param>
/// <param name="initializer">Its first values.</param>
public sealed class BufferTensor(Shape shape, Initializer initializer)
{
    private Tensor _value;

    /// <summary>Its shape.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>Its path in the model; empty before the model is initialized.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Its values; needs no gradient.</summary>
    /// <exception cref="InvalidOperationException">The model was not initialized.</exception>
    public Tensor Value => _value.IsDefault
        ? throw new InvalidOperationException($"BufferTensor {Shape}: expected an initialized model, got one without values. Call Initialize(seed) on the model first.")
        : _value;

    /// <inheritdoc/>
    public override string ToString() => $"{(Path.Length == 0 ? "BufferTensor" : Path)} {Shape}";

    internal void Reset(ulong seed, string path)
    {
        Path = path;
        var values = new float[Shape.Count];
        initializer(values, Shape, RandomStream.For(seed, path));
        if (_value.IsDefault)
        {
            _value = Tensor.From(values, Shape);
        }
        else
        {
            _value.Assign(values);
        }
    }
}
