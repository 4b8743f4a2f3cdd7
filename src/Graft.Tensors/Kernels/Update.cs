using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Optimizer steps over a flat run of weights, each in one pass over weights, gradients and states.</summary>
/// <remarks>
/// The formulas of the rules, and their order of operations where it can be seen, are those of PyTorch's optimizers. States begin as zeros.
/// Settings are double, so that 1 - 0.999 is 0.001: a caller with a float should convert the number that was written, not its bits.
/// </remarks>
internal static class Update
{
    /// <summary>Numbers of a task.</summary>
    public const int Grain = 16 * 1024;

    /// <summary>How many tasks n numbers are.</summary>
    public static int Pieces(nint n) => (int)((n + Grain - 1) / Grain);

    /// <summary>Applies a rule to numbers 0 to n.</summary>
    public static void Run<U>(nint n, in U rule)
        where U : struct, IUpdateRule
    {
        if (Width.Is512)
        {
            var job = new Job<U, W512> { Rule = rule, N = n };
            Team.For(Pieces(n), ref job);
        }
        else if (Width.Is256)
        {
            var job = new Job<U, W256> { Rule = rule, N = n };
            Team.For(Pieces(n), ref job);
        }
        else
        {
            var job = new Job<U, W128> { Rule = rule, N = n };
            Team.For(Pieces(n), ref job);
        }
    }

    private struct Job<U, V> : IJob
        where U : struct, IUpdateRule
        where V : struct, IVec<V>
    {
        public U Rule;
        public nint N;

        public void Run(int index)
        {
            // A copy of the settings on the stack: the JIT keeps what it can in registers.
            U rule = Rule;
            nint i = (nint)index * Grain, last = Math.Min(N, i + Grain);
            for (; i + V.Width <= last; i += V.Width)
            {
                rule.Step<V, No>(i, V.Width);
            }

            if (i < last)
            {
                rule.Step<V, Yes>(i, (int)(last - i));
            }
        }
    }
}
