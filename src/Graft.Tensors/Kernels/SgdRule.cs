using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>v = momentum v + (1 - dampening) g (v = g in the first step); w -= rate (g + momentum v if Nesterov, else v), g including decay w.</summary>
internal readonly unsafe struct SgdRule
{
    /// <summary>Learning rate.</summary>
    public required double Rate { get; init; }

    /// <summary>Memory of the direction; 0 is plain gradient descent.</summary>
    public double Momentum { get; init; }

    /// <summary>What is left out of the gradient, from the second step on.</summary>
    public double Dampening { get; init; }

    /// <summary>Whether the step looks ahead.</summary>
    public bool Nesterov { get; init; }

    /// <summary>This share of w is added to the gradient.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Whether the velocity is still empty.</summary>
    public bool First { get; init; }

    /// <summary>Takes one step.</summary>
    /// <param name="values">Weights.</param>
    /// <param name="gradients">As many gradients.</param>
    /// <param name="velocity">The state; not looked at where momentum is 0.</param>
    public void Step(Span<float> values, ReadOnlySpan<float> gradients, Span<float> velocity)
    {
        fixed (float* w = values, g = gradients, v = velocity)
        {
            Update.Run(values.Length, new Rule
            {
                W = w,
                G = g,
                Velocity = Momentum == 0 ? null : v,
                Rate = (float)Rate,
                Momentum = First ? 0 : (float)Momentum,
                Share = First ? 1 : (float)(1 - Dampening),
                LookAhead = (float)Momentum,
                Nesterov = Nesterov,
                Decay = (float)WeightDecay,
            });
        }
    }

    private struct Rule : IUpdateRule
    {
        public float* W;
        public float* G;
        public float* Velocity;
        public float Rate;
        public float Momentum;
        public float Share;
        public float LookAhead;
        public bool Nesterov;
        public float Decay;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst
        {
            V w = Lanes<V>.Load<Partial>(W + i, count);
            V g = V.Fma(w, V.All(Decay), Lanes<V>.Load<Partial>(G + i, count));
            if (Velocity != null)
            {
                // In the first step the old velocity is not looked at: it might be anything.
                V v = g * V.All(Share);
                v = Momentum == 0 ? v : V.Fma(Lanes<V>.Load<Partial>(Velocity + i, count), V.All(Momentum), v);
                Lanes<V>.Store<Partial>(v, Velocity + i, count);
                g = Nesterov ? V.Fma(v, V.All(LookAhead), g) : v;
            }

            Lanes<V>.Store<Partial>(V.Fma(g, V.All(-Rate), w), W + i, count);
        }
    }
}
