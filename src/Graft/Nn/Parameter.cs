using Graft.Nn.Initializers;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Random;

namespace Graft.Nn;

/// <summary>A tensor that is learned.</summary>
/// <remarks>Its values come from the seed and its path in the model when the model is initialized. All parameters of a model lie in one piece of memory,
/// and so do their gradients, so that an optimizer is one call.</remarks>
public sealed class Parameter
{
    private readonly Initializer _initializer;
    private Tensor _value;

    /// <param name="shape">Its shape, as PyTorch has it: output first.</param>
    /// <param name="initializer">Its first values.</param>
    /// <param name="outputLast">Whether axis 0 lies innermost in memory, which is what matrix products and convolutions want of weights.</param>
    public Parameter(Shape shape, Initializer initializer, bool outputLast = false)
    {
        Shape = shape;
        IsOutputLast = outputLast && shape.Rank >= 2;
        _initializer = initializer;
    }

    /// <summary>Its shape.</summary>
    public Shape Shape { get; }

    /// <summary>Its learning rate as a multiple of the optimizer's, which its group may change further; at least 0.</summary>
    public float RateFactor { get; init => field = Check.NonNegative(value, nameof(RateFactor)); } = 1;

    /// <summary>A further factor of its learning rate for optimizers whose steps are proportional to the gradient; at least 0. Those that scale gradients
    /// by their own size, such as Adam, leave it out.</summary>
    public float DescentFactor { get; init => field = Check.NonNegative(value, nameof(DescentFactor)); } = 1;

    /// <summary>Its weight decay where its group says nothing, at least 0; null for the optimizer's own.</summary>
    public float? WeightDecay { get; init => field = value is { } decay ? Check.NonNegative(decay, nameof(WeightDecay)) : null; }

    /// <summary>Its path in the model, such as "trunk.0.weight"; empty before the model is initialized.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Whether it stays as it is: no gradient flows to it, no optimizer touches it.</summary>
    public bool IsFrozen
    {
        get;
        set
        {
            field = value;
            if (!_value.IsDefault)
            {
                _value.SetRequiresGrad(!value);
            }
        }
    }

    /// <summary>Its values: a leaf of the graph.</summary>
    /// <exception cref="InvalidOperationException">The model was not initialized.</exception>
    public Tensor Value => _value.IsDefault
        ? throw new InvalidOperationException($"Parameter {Shape}: expected an initialized model, got one without values. Call Initialize(seed) on the model first.")
        : _value;

    /// <summary>Its gradient, or null where none has arrived.</summary>
    public Tensor? Grad => Value.Grad;

    internal bool IsOutputLast { get; }

    internal bool IsInitialized => !_value.IsDefault;

    /// <summary>A parameter stands for its values wherever a tensor is expected.</summary>
    public static implicit operator Tensor(Parameter parameter) => parameter.Value;

    /// <summary>The value as a tensor; what the implicit conversion does.</summary>
    public Tensor ToTensor() => Value;

    /// <inheritdoc/>
    public override string ToString() => $"{(Path.Length == 0 ? "Parameter" : Path)} {Shape}";

    internal void Place(ParameterMemory memory, string path)
    {
        Path = path;
        _value = memory.Next(Shape, IsOutputLast);
        _value.SetRequiresGrad(!IsFrozen);
    }

    internal void Reset(ulong seed) => Value.Fill(values => _initializer(values, Shape, RandomStream.For(seed, Path)));
}
