using System.Runtime.CompilerServices;
using Graft.Tensors;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Nn.Optimizers;

/// <summary>Keeps gradients short, between the backward pass and the optimizer's step.</summary>
/// <remarks>Parameters that are frozen or that no gradient has reached are passed over. The same bits for any number of threads.</remarks>
public static class GradientClipping
{
    /// <summary>Shortens the gradient of all parameters together to a longest Euclidean norm.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="most">The longest norm allowed; greater than 0.</param>
    /// <returns>The norm before; where it is infinite or NaN the gradients are left as they are, so look at it.</returns>
    /// <remarks>Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, ICML 2013. The factor is most / (norm + 1e-6), as in PyTorch.</remarks>
    public static double ByNorm(IReadOnlyList<Parameter> parameters, double most)
    {
        Check.Positive(most);
        double norm = Norm(parameters);
        double factor = most / (norm + 1e-6);
        if (factor < 1 && double.IsFinite(norm))
        {
            Apply(parameters, new ScaleRule((float)factor));
        }

        return norm;
    }

    /// <summary>Cuts every number of every gradient to a largest magnitude.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="most">The largest magnitude allowed; greater than 0.</param>
    public static void ByValue(IReadOnlyList<Parameter> parameters, double most) => Apply(parameters, new ClampRule((float)Check.Positive(most)));

    /// <summary>The Euclidean norm of the gradient of all parameters together.</summary>
    /// <param name="parameters">The parameters.</param>
    public static double Norm(IReadOnlyList<Parameter> parameters)
    {
        double sum = 0;
        int next = 0;
        while (TryNext(parameters, ref next, out FlatRun run))
        {
            sum += SumOfSquares.Of(run.Gradients);
        }

        GC.KeepAlive(parameters);
        return Math.Sqrt(sum);
    }

    private static void Apply<TRule>(IReadOnlyList<Parameter> parameters, TRule rule)
        where TRule : struct, IUpdateRule
    {
        int next = 0;
        while (TryNext(parameters, ref next, out FlatRun run))
        {
            Update.Run(rule, run.Gradients, run.Gradients, default, default, default);
        }

        GC.KeepAlive(parameters);
    }

    private static bool TryNext(IReadOnlyList<Parameter> parameters, ref int next, out FlatRun run)
    {
        while (next < parameters.Count)
        {
            Parameter first = parameters[next++];
            if (first.IsFrozen || !FlatRun.TryBegin(first.Value, out run))
            {
                continue;
            }

            while (next < parameters.Count && !parameters[next].IsFrozen && run.TryExtend(parameters[next].Value))
            {
                next++;
            }

            return true;
        }

        run = default;
        return false;
    }

    private readonly struct ScaleRule(float factor) : IUpdateRule
    {
        public static int Slots => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Next<V>(V w, V g, ref V s0, ref V s1, ref V s2)
            where V : struct, IVec<V> =>
            g * V.All(factor);
    }

    private readonly struct ClampRule(float most) : IUpdateRule
    {
        public static int Slots => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Next<V>(V w, V g, ref V s0, ref V s1, ref V s2)
            where V : struct, IVec<V> =>
            V.AtMost(V.AtLeast(g, V.All(-most)), V.All(most));
    }
}
