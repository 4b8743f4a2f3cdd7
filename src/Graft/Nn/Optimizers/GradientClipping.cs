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
            int next = 0;
            while (TryNext(parameters, ref next, out FlatRun run))
            {
                GradientNorm.Scale(run.Gradients, (float)factor);
            }

            GC.KeepAlive(parameters);
        }

        return norm;
    }

    /// <summary>Cuts every number of every gradient to a largest magnitude.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="most">The largest magnitude allowed; greater than 0.</param>
    public static void ByValue(IReadOnlyList<Parameter> parameters, double most)
    {
        float bound = (float)Check.Positive(most);
        int next = 0;
        while (TryNext(parameters, ref next, out FlatRun run))
        {
            foreach (ref float g in run.Gradients)
            {
                g = MathF.Min(MathF.Max(g, -bound), bound);
            }
        }

        GC.KeepAlive(parameters);
    }

    /// <summary>The Euclidean norm of the gradient of all parameters together.</summary>
    /// <param name="parameters">The parameters.</param>
    public static double Norm(IReadOnlyList<Parameter> parameters)
    {
        double sum = 0;
        int next = 0;
        while (TryNext(parameters, ref next, out FlatRun run))
        {
            sum += GradientNorm.SumOfSquares(run.Gradients);
        }

        GC.KeepAlive(parameters);
        return Math.Sqrt(sum);
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
}
