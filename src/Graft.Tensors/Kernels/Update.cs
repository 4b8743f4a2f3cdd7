using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>How an optimizer changes one register of parameters, for every vector width.</summary>
internal interface IUpdateRule
{
    /// <summary>How many numbers are remembered for each parameter: 0 to 3.</summary>
    static abstract int Slots { get; }

    /// <summary>The new values. Where values, gradient and memory are 0 the result must be 0: that is what lies between parameters.</summary>
    V Next<V>(V w, V g, ref V s0, ref V s1, ref V s2)
        where V : struct, IVec<V>;
}

/// <summary>Runs an update rule over a row of parameters in one pass, shared out over the team.</summary>
/// <remarks>Every element is computed alone, so the partition changes no bits.</remarks>
internal static unsafe class Update
{
    // 64 KB of parameters: with gradient and two slots a task fills a quarter of a usual L2 cache.
    private const int Grain = 16384;

    /// <param name="rule">What happens to each element.</param>
    /// <param name="values">The parameters; a multiple of 16, as all other lengths.</param>
    /// <param name="gradients">Their gradients.</param>
    /// <param name="s0">What is remembered; slots that the rule does not have are not touched.</param>
    /// <param name="s1">Likewise.</param>
    /// <param name="s2">Likewise.</param>
    public static void Run<TRule>(in TRule rule, Span<float> values, ReadOnlySpan<float> gradients, Span<float> s0, Span<float> s1, Span<float> s2)
        where TRule : struct, IUpdateRule
    {
        fixed (float* w = values, g = gradients, m0 = s0, m1 = s1, m2 = s2)
        {
            var job = new Job<TRule> { Rule = rule, W = w, G = g, S0 = m0, S1 = m1, S2 = m2, Count = values.Length };
            int tasks = (values.Length + Grain - 1) / Grain;
            if (tasks <= 1)
            {
                job.Piece(0, values.Length);
            }
            else
            {
                Team.For(tasks, ref job);
            }
        }
    }

    private struct Job<TRule> : IJob
        where TRule : struct, IUpdateRule
    {
        public TRule Rule;
        public float* W;
        public float* G;
        public float* S0;
        public float* S1;
        public float* S2;
        public int Count;

        public readonly void Run(int index) => Piece(index * Grain, Math.Min(Count, (index + 1) * Grain));

        public readonly void Piece(int from, int to)
        {
            if (Width.Is512)
            {
                Loop<W512>(from, to);
            }
            else if (Width.Is256)
            {
                Loop<W256>(from, to);
            }
            else
            {
                Loop<W128>(from, to);
            }
        }

        private readonly void Loop<V>(int from, int to)
            where V : struct, IVec<V>
        {
            TRule rule = Rule;
            for (int i = from; i < to; i += V.Width)
            {
                V s0 = TRule.Slots > 0 ? V.Load(S0 + i) : V.Zero;
                V s1 = TRule.Slots > 1 ? V.Load(S1 + i) : V.Zero;
                V s2 = TRule.Slots > 2 ? V.Load(S2 + i) : V.Zero;
                V.Store(rule.Next(V.Load(W + i), V.Load(G + i), ref s0, ref s1, ref s2), W + i);
                if (TRule.Slots > 0)
                {
                    V.Store(s0, S0 + i);
                }

                if (TRule.Slots > 1)
                {
                    V.Store(s1, S1 + i);
                }

                if (TRule.Slots > 2)
                {
                    V.Store(s2, S2 + i);
                }
            }
        }
    }
}
