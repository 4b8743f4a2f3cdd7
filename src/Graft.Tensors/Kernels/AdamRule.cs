using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g²; w -= rate / (1 - b1^t) · m / (sqrt(v) / sqrt(1 - b2^t) + eps).</summary>
internal readonly unsafe struct AdamRule
{
    /// <summary>Learning rate.</summary>
    public required double Rate { get; init; }

    /// <summary>b1, memory of the mean.</summary>
    public required double Beta1 { get; init; }

    /// <summary>b2, memory of the mean square.</summary>
    public required double Beta2 { get; init; }

    /// <summary>eps, added to the root.</summary>
    public required double Epsilon { get; init; }

    /// <summary>t, from 1.</summary>
    public required long Time { get; init; }

    /// <summary>Decay of the weights.</summary>
    public double WeightDecay { get; init; }

    /// <summary>AdamW: w is first multiplied by 1 - rate · decay; else Adam: decay · w is added to the gradient.</summary>
    public bool Decoupled { get; init; }

    /// <summary>Takes one step.</summary>
    /// <param name="values">Weights.</param>
    /// <param name="gradients">As many gradients.</param>
    /// <param name="mean">State: mean of the gradient.</param>
    /// <param name="square">State: mean of its square.</param>
    public void Step(Span<float> values, ReadOnlySpan<float> gradients, Span<float> mean, Span<float> square)
    {
        fixed (float* w = values, g = gradients, m = mean, v = square)
        {
            Update.Run(values.Length, new Rule
            {
                W = w,
                G = g,
                Mean = m,
                Square = v,
                Rate = (float)(Rate / (1 - Math.Pow(Beta1, Time))),
                Beta1 = (float)Beta1,
                Rest1 = (float)(1 - Beta1),
                Beta2 = (float)Beta2,
                Rest2 = (float)(1 - Beta2),
                Correction = (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, Time))),
                Epsilon = (float)Epsilon,
                Decay = Decoupled ? 0 : (float)WeightDecay,
                Keep = Decoupled ? (float)(1 - (Rate * WeightDecay)) : 1,
            });
        }
    }

    private struct Rule : IUpdateRule
    {
        public float* W;
        public float* G;
        public float* Mean;
        public float* Square;
        public float Rate;
        public float Beta1;
        public float Rest1;
        public float Beta2;
        public float Rest2;
        public float Correction;
        public float Epsilon;
        public float Decay;
        public float Keep;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst
        {
            V w = Lanes<V>.Load<Partial>(W + i, count) * V.All(Keep);
            V g = V.Fma(w, V.All(Decay), Lanes<V>.Load<Partial>(G + i, count));
            V m = V.Fma(Lanes<V>.Load<Partial>(Mean + i, count), V.All(Beta1), g * V.All(Rest1));
            V v = V.Fma(Lanes<V>.Load<Partial>(Square + i, count), V.All(Beta2), g * g * V.All(Rest2));
            Lanes<V>.Store<Partial>(m, Mean + i, count);
            Lanes<V>.Store<Partial>(v, Square + i, count);
            V below = V.Fma(V.Sqrt(v), V.All(Correction), V.All(Epsilon));
            Lanes<V>.Store<Partial>(w - (V.All(Rate) * (m / below)), W + i, count);
        }
    }
}
