using Graft.Tensors;

namespace Graft.Nn.Losses;

/// <summary>How far outputs are from targets, as one number to make small.</summary>
[Family("losses")]
public abstract class Loss
{
    /// <summary>The mean loss over what has a target; 0 where nothing has.</summary>
    /// <param name="output">What the model gave; the shape is the loss's own.</param>
    /// <param name="target">What was wanted.</param>
    /// <returns>A scalar.</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public abstract Tensor Apply(Tensor output, Tensor target);
}
