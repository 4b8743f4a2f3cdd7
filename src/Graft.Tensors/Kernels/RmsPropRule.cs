using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>s = a s + (1 - a) g²; u = g / (sqrt(s - mean² where centered) + eps); w -= rate u, through a momentum buffer where asked for.</summary>
internal readonly unsafe struct RmsPropRule
{
    /// <summary>Learning rate.</summary>
    public required double Rate { get; init; }

    /// <summary>a, memory of the mean square.</summary>
    public required double Alpha { get; init; }

    /// <summary>eps, added to the root.</summary>
    public required double Epsilon { get; init; }

    /// <summary>Of u; 0 for none.</summary>
    public double Momentum { get; init; }

    /// <summary>This share of w is added to the gradient.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Takes one step.</summary>
    /// <param name="values">Weights.</param>
    /// <param name="gradients">As many gradients.</param>
    /// <param name="square">State: mean square.</param>
    /// <param name="mean">State of the centered form: mean gradient; else empty.</param>
    /// <param name="velocity">State; not looked at where momentum is 0.</param>
    public void Step(Span<float> values, ReadOnlySpan<float> gradients, Span<float> square, Span<float> mean, Span<float> velocity)
    {
        fixed (float* w = values, g = gradients, s = square, m = mean, v = velocity)
        {
            Update.Run(values.Length, new Rule
            {
                W = w,
                G = g,
                Square = s,
                Mean = m,
                Velocity = Momentum == 0 ? null : v,
                Rate = (float)Rate,
                Alpha = (float)Alpha,
                Rest = (float)(1 - Alpha),
                Epsilon = (float)Epsilon,
                Momentum = (float)Momentum,
                Decay = (float)WeightDecay,
            });
        }
    }

    private struct Rule : IUpdateRule
    {
        public float* W;
        public float* G;
        public float* Square;
        public float* Mean;
        public float* Velocity;
        public float Rate;
        public float Alpha;
        public float Rest;
        public float Epsilon;
        public float Momentum;
        public float Decay;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst
        {
            V w = Lanes<V>.Load<Partial>(W + i, count);
            V g = V.Fma(w, V.All(Decay), Lanes<V>.Load<Partial>(G + i, count));
            V s = V.Fma(Lanes<V>.Load<Partial>(Square + i, count), V.All(Alpha), g * g * V.All(Rest));
            Lanes<V>.Store<Partial>(s, Square + i, count);
            if (Mean != null)
            {
                V mean = V.Fma(Lanes<V>.Load<Partial>(Mean + i, count), V.All(Alpha), g * V.All(Rest));
                Lanes<V>.Store<Partial>(mean, Mean + i, count);
                s = V.AtLeast(V.Fma(-mean, mean, s), V.Zero);    // rounding may leave less than nothing
            }

            g /= V.Sqrt(s) + V.All(Epsilon);
            if (Velocity != null)
            {
                g = V.Fma(Lanes<V>.Load<Partial>(Velocity + i, count), V.All(Momentum), g);
                Lanes<V>.Store<Partial>(g, Velocity + i, count);
            }

            Lanes<V>.Store<Partial>(V.Fma(g, V.All(-Rate), w), W + i, count);
        }
    }
}
