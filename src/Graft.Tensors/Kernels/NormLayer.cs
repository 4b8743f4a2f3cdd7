using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Layer normalization: each row of [rows, n] on its own.</summary>
/// <remarks>y = (x - mean) · inverse · gamma + beta with inverse = 1 / sqrt(variance + eps); gamma and beta may be null: 1 and 0. With a residual, x + residual stands
/// for x: it is formed in the pass that sums it.</remarks>
internal static unsafe class NormLayer
{
    /// <summary>y, and mean and inverse of each row for the backward pass.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="n">Numbers in a row.</param>
    /// <param name="x">Rows one behind the other.</param>
    /// <param name="gamma">n factors, or null.</param>
    /// <param name="beta">n shifts, or null.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="y">The result; may be x.</param>
    /// <param name="mean">Of each row.</param>
    /// <param name="inverse">Of each row.</param>
    /// <param name="residual">Added to x, or null.</param>
    /// <param name="sum">Gets x + residual for the backward pass; y where that is not wanted.</param>
    public static void Forward(
        int rows, int n, float* x, float* gamma, float* beta, float epsilon, float* y, float* mean, float* inverse, float* residual = null, float* sum = null)
    {
        if (Width.Is512)
        {
            Forward<W512>(rows, n, x, gamma, beta, epsilon, y, mean, inverse, residual, sum);
        }
        else if (Width.Is256)
        {
            Forward<W256>(rows, n, x, gamma, beta, epsilon, y, mean, inverse, residual, sum);
        }
        else
        {
            Forward<W128>(rows, n, x, gamma, beta, epsilon, y, mean, inverse, residual, sum);
        }
    }

    /// <summary>Gradients; dx, dgamma, dbeta and that of the residual may each be null where they are not wanted; dx may be dy. x is the sum where there is a residual.</summary>
    public static void Backward(
        int rows, int n, float* x, float* dy, float* gamma, float* mean, float* inverse,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters, float* dresidual = null, bool accumulateResidual = false)
    {
        if (Width.Is512)
        {
            Backward<W512>(rows, n, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters, dresidual, accumulateResidual);
        }
        else if (Width.Is256)
        {
            Backward<W256>(rows, n, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters, dresidual, accumulateResidual);
        }
        else
        {
            Backward<W128>(rows, n, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters, dresidual, accumulateResidual);
        }
    }

    internal static void Forward<V>(
        int rows, int n, float* x, float* gamma, float* beta, float epsilon, float* y, float* mean, float* inverse, float* residual = null, float* sum = null)
        where V : struct, IVec<V>
    {
        var job = new NormLayerForward<V>
        {
            Rows = rows,
            N = n,
            X = x,
            Gamma = gamma,
            Beta = beta,
            Epsilon = epsilon,
            Y = y,
            Mean = mean,
            Inverse = inverse,
            Residual = residual,
            Summed = sum,
            Together = Lanes<V>.RowsPerTask(rows, n),
            Far = (long)rows * n >= PastCache.Floats && PastCache.Fits<V>(y, n) && y != x && (residual == null || y != sum) && y != residual,
        };
        Team.For((rows + job.Together - 1) / job.Together, ref job);
    }

    internal static void Backward<V>(
        int rows, int n, float* x, float* dy, float* gamma, float* mean, float* inverse,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters, float* dresidual = null, bool accumulateResidual = false)
        where V : struct, IVec<V>
    {
        // Parameter gradients: a number of parts fixed by the shape, each with sums of its own, added in order.
        const int mostParts = 32;
        int parts = (int)Math.Clamp((long)rows * n / (16 * 1024), 1, Math.Min(mostParts, Math.Max(1, rows)));
        bool sums = dgamma != null || dbeta != null;
        var job = new NormLayerBackward<V>
        {
            Rows = rows,
            N = n,
            X = x,
            Dy = dy,
            Gamma = gamma,
            Mean = mean,
            Inverse = inverse,
            Dx = dx,
            Accumulate = accumulate,
            Dresidual = dresidual,
            AccumulateResidual = accumulateResidual,
            Parts = parts,
            Sums = sums ? Workspace.Get(Workspace.Slot.Partial, parts * NormLayerBackward<V>.SumsOf(n)) : null,
        };
        Team.For(parts, ref job);
        if (dgamma != null)
        {
            job.Total(ofBeta: false, dgamma, accumulateParameters);
        }

        if (dbeta != null)
        {
            job.Total(ofBeta: true, dbeta, accumulateParameters);
        }
    }
}
