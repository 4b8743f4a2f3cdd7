namespace Graft.Tensors.Autograd;

/// <summary>An op of your own: how to compute it, and how its gradient goes back.</summary>
/// <remarks>
/// <para>For what the tensor's own ops cannot express, or express at too high a cost. One object serves all uses; what a use needs for its way back is
/// in its inputs and its output.</para>
/// <para>Both methods run with recording off, on ordinary tensors.</para>
/// </remarks>
/// <example><code>
/// sealed class Cube : CustomOperation
/// {
///     protected override Tensor Forward(ReadOnlySpan&lt;Tensor&gt; inputs) => inputs[0] * inputs[0] * inputs[0];
///
///     protected override void Backward(Tensor gradient, ReadOnlySpan&lt;Tensor&gt; inputs, Tensor output, Span&lt;Tensor&gt; inputGradients) =>
///         inputGradients[0] = gradient * 3 * inputs[0].Square();
/// }
/// </code></example>
public abstract class CustomOperation
{
    private readonly Recorded _recorded;

    /// <summary>Makes the op.</summary>
    protected CustomOperation() => _recorded = new Recorded(this);

    /// <summary>The op's name for messages: that of its class.</summary>
    public string Name => GetType().Name;

    /// <summary>Computes the op and records it where an input needs a gradient.</summary>
    /// <param name="inputs">What <see cref="Forward"/> gets.</param>
    /// <returns>What <see cref="Forward"/> gives.</returns>
    public Tensor Apply(params ReadOnlySpan<Tensor> inputs) => _recorded.Apply(inputs);

    /// <summary>Computes the result.</summary>
    /// <param name="inputs">As given to <see cref="Apply"/>.</param>
    /// <returns>Floating point numbers of any shape.</returns>
    protected abstract Tensor Forward(ReadOnlySpan<Tensor> inputs);

    /// <summary>Computes the gradients of the inputs.</summary>
    /// <param name="gradient">Gradient of the output; its shape.</param>
    /// <param name="inputs">As given to <see cref="Apply"/>.</param>
    /// <param name="output">What <see cref="Forward"/> gave.</param>
    /// <param name="inputGradients">One place an input: set those whose <see cref="Tensor.RequiresGrad"/> holds to a tensor of the input's shape. A place
    /// left empty means a gradient of 0.</param>
    protected abstract void Backward(Tensor gradient, ReadOnlySpan<Tensor> inputs, Tensor output, Span<Tensor> inputGradients);

    private sealed unsafe class Recorded(CustomOperation owner) : Operation
    {
        public override string Name => owner.Name;

        public Tensor Apply(ReadOnlySpan<Tensor> inputs)
        {
            Tape tape = Tape.Current;
            Node result;
            tape.Silenced++;
            try
            {
                result = Ops.Operand.Float(owner.Forward(inputs), Name);
            }
            finally
            {
                tape.Silenced--;
            }

            // A copy: the result may be a view, or one of the inputs.
            Node y = tape.New(result.Shape, result.IsDense ? result.Strides : result.Shape.RowMajor(), null);
            Ops.Copy.Run(result, y.Data, y.Strides, accumulate: false);
            var parents = new Node[inputs.Length];
            for (int i = 0; i < parents.Length; i++)
            {
                parents[i] = inputs[i].Node;
            }

            tape.AddParents(y, parents, this);
            tape.Trace?.Note("Copy", y, [result]);
            return new Tensor(y);
        }

        public override void Backward(Node y)
        {
            var inputs = new Tensor[y.MoreCount];
            var gradients = new Tensor[y.MoreCount];
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = new Tensor(y.More![i]);
            }

            Node dy = Tape.Current.New(y.Shape, y.Strides, null);
            Ops.Copy.Run(y.Grad, y.Shape, y.Strides, dy.Data, dy.Strides, accumulate: false);
            owner.Backward(new Tensor(dy), inputs, new Tensor(y), gradients);
            for (int i = 0; i < inputs.Length; i++)
            {
                Node x = inputs[i].Node;
                if (!x.RequiresGrad || gradients[i].IsDefault)
                {
                    continue;
                }

                Node dx = Ops.Operand.Float(gradients[i], Name);
                if (dx.Shape != x.Shape)
                {
                    throw new ShapeException(Name, $"a gradient of shape {x.Shape} for input {i}", dx.Shape.ToString());
                }

                bool add = x.BeginGrad();
                Ops.Copy.Run(dx, x.Grad, x.Strides, add);
            }
        }
    }
}
