using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>s += g²; w -= rate / (1 + (t - 1) · rateDecay) · g / (sqrt(s) + eps).</summary>
internal readonly unsafe struct AdagradRule
{
    /// <summary>Learning rate.</summary>
    public required double Rate { get; init; }

    /// <summary>How the rate falls with time.</summary>
    public double RateDecay { get; init; }

    /// <summary>eps, added to the root.</summary>
    public required double Epsilon { get; init; }

    /// <summary>t, from 1.</summary>
    public required long Time { get; init; }

    /// <summary>This share of w is added to the gradient.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Takes one step.</summary>
    /// <param name="values">Weights.</param>
    /// <param name="gradients">As many gradients.</param>
    /// <param name="sum">State: sum of squares.</param>
    public void Step(Span<float> values, ReadOnlySpan<float> gradients, Span<float> sum)
    {
        fixed (float* w = values, g = gradients, s = sum)
        {
            Update.Run(values.Length, new Rule
            {
                W = w,
                G = g,
                Sum = s,
                Rate = (float)(Rate / (1 + ((Time - 1) * RateDecay))),
                Epsilon = (float)Epsilon,
                Decay = (float)WeightDecay,
            });
        }
    }

    private struct Rule : IUpdateRule
    {
        public float* W;
        public float* G;
        public float* Sum;
        public float Rate;
        public float Epsilon;
        public float Decay;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst
        {
            V w = Lanes<V>.Load<Partial>(W + i, count);
            V g = V.Fma(w, V.All(Decay), Lanes<V>.Load<Partial>(G + i, count));
            V s = V.Fma(g, g, Lanes<V>.Load<Partial>(Sum + i, count));
            Lanes<V>.Store<Partial>(s, Sum + i, count);
            Lanes<V>.Store<Partial>(w - (V.All(Rate) * (g / (V.Sqrt(s) + V.All(Epsilon)))), W + i, count);
        }
    }
}
