using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Batch normalization of [rows, C], rows being all positions of all images.</summary>
/// <remarks>gamma and beta may be null: 1 and 0. An activation, and before it the addition of a residual, can be done on the way.</remarks>
internal static unsafe class NormBatch
{
    private const int Grain = 32 * 1024;

    /// <summary>Mean and variance (divided by rows) of each channel; a channel with NaN or infinity gives NaN.</summary>
    public static void Statistics(nint rows, int channels, float* x, float* mean, float* variance)
    {
        if (Width.Is512)
        {
            Statistics<W512>(rows, channels, x, mean, variance);
        }
        else if (Width.Is256)
        {
            Statistics<W256>(rows, channels, x, mean, variance);
        }
        else
        {
            Statistics<W128>(rows, channels, x, mean, variance);
        }
    }

    /// <summary>y = act((x - mean) · inverse · gamma + beta + residual); inverse is 1 / sqrt(variance + eps). y may be x.</summary>
    public static void Forward(
        nint rows, int channels, float* x, float* mean, float* inverse, float* gamma, float* beta, float* residual, Activation activation, float* y)
    {
        if (Width.Is512)
        {
            Forward<W512>(rows, channels, x, mean, inverse, gamma, beta, residual, activation, y);
        }
        else if (Width.Is256)
        {
            Forward<W256>(rows, channels, x, mean, inverse, gamma, beta, residual, activation, y);
        }
        else
        {
            Forward<W128>(rows, channels, x, mean, inverse, gamma, beta, residual, activation, y);
        }
    }

    /// <summary>Gradients of x, gamma and beta.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">C.</param>
    /// <param name="x">Input.</param>
    /// <param name="dy">Gradient of the output.</param>
    /// <param name="activation">As in the forward pass.</param>
    /// <param name="output">The output, with a residual and an activation: then dy is cleared in place where the output was clipped, and is the gradient of the residual.
    /// Else null: what was clipped is computed again.</param>
    /// <param name="mean">As in the forward pass.</param>
    /// <param name="inverse">As in the forward pass.</param>
    /// <param name="gamma">Or null.</param>
    /// <param name="beta">Or null.</param>
    /// <param name="ofBatch">Whether mean and inverse were computed from x (training), or are constants.</param>
    /// <param name="dx">Gradient of the input, or null where it is not wanted; may be dy.</param>
    /// <param name="accumulate">Whether dx is added to.</param>
    /// <param name="dgamma">Or null.</param>
    /// <param name="dbeta">Or null.</param>
    /// <param name="accumulateParameters">Whether dgamma and dbeta are added to.</param>
    public static void Backward(
        nint rows, int channels, float* x, float* dy, Activation activation, float* output, float* mean, float* inverse, float* gamma, float* beta, bool ofBatch,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters)
    {
        if (Width.Is512)
        {
            Backward<W512>(rows, channels, x, dy, activation, output, mean, inverse, gamma, beta, ofBatch, dx, accumulate, dgamma, dbeta, accumulateParameters);
        }
        else if (Width.Is256)
        {
            Backward<W256>(rows, channels, x, dy, activation, output, mean, inverse, gamma, beta, ofBatch, dx, accumulate, dgamma, dbeta, accumulateParameters);
        }
        else
        {
            Backward<W128>(rows, channels, x, dy, activation, output, mean, inverse, gamma, beta, ofBatch, dx, accumulate, dgamma, dbeta, accumulateParameters);
        }
    }

    internal static void Statistics<V>(nint rows, int channels, float* x, float* mean, float* variance)
        where V : struct, IVec<V>
    {
        var sums = (double*)Workspace.Get(Workspace.Slot.Row, (nint)channels * 4);
        NormStatistics<V>.Share(rows, channels, x, null, default, x, sums, sums + channels);
        for (int c = 0; c < channels; c++)
        {
            double m = sums[c] / rows;
            mean[c] = (float)(x[c] + m);
            variance[c] = (float)Math.Max(0, (sums[channels + c] / rows) - (m * m));
        }
    }

    internal static void Forward<V>(
        nint rows, int channels, float* x, float* mean, float* inverse, float* gamma, float* beta, float* residual, Activation activation, float* y)
        where V : struct, IVec<V>
    {
        float* scale = Workspace.Get(Workspace.Slot.Row, (nint)channels * 2);
        float* shift = scale + channels;
        Affine(channels, mean, inverse, gamma, beta, scale, shift);
        var job = new ForwardJob<V>
        {
            Rows = rows,
            Channels = channels,
            X = x,
            Scale = scale,
            Shift = shift,
            Residual = residual,
            Activation = activation,
            Y = y,
            Together = Lanes<V>.RowsPerTask(rows, channels, Grain),
        };
        Team.For((int)((rows + job.Together - 1) / job.Together), ref job);
    }

    internal static void Backward<V>(
        nint rows, int channels, float* x, float* dy, Activation activation, float* output, float* mean, float* inverse, float* gamma, float* beta, bool ofBatch,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters)
        where V : struct, IVec<V>
    {
        NormSlope slope = Slope<V>(
            rows, channels, x, dy, activation, output, mean, inverse, gamma, beta, ofBatch, dgamma, dbeta, accumulateParameters);
        if (dx == null)
        {
            return;
        }

        var job = new BackwardJob<V>
        {
            Rows = rows,
            Slope = slope,
            Dx = dx,
            Accumulate = accumulate,
            Far = rows * channels >= PastCache.Floats && dx != dy && !accumulate,
            Together = Lanes<V>.RowsPerTask(rows, channels, Grain),
        };
        Team.For((int)((rows + job.Together - 1) / job.Together), ref job);
    }

    /// <summary>Gradients of gamma and beta, and what that of x is computed by: valid until this thread asks again. The sums over all rows may be known.</summary>
    internal static NormSlope Slope<V>(
        nint rows, int channels, float* x, float* dy, Activation activation, float* output, float* mean, float* inverse, float* gamma, float* beta, bool ofBatch,
        float* dgamma, float* dbeta, bool accumulateParameters, double* known = null)
        where V : struct, IVec<V>
    {
        var sums = (double*)Workspace.Get(Workspace.Slot.Norm, (nint)channels * 9);
        float* abd = (float*)(sums + (2 * channels));
        NormGate gate = default;
        gate.Most = NormGate.MostOf(activation);
        gate.Output = output;
        if (activation != Activation.None && output == null)
        {
            gate.Scale = abd + (3 * channels);
            gate.Shift = gate.Scale + channels;
            Affine(channels, mean, inverse, gamma, beta, gate.Scale, gate.Shift);
        }

        if (known != null)
        {
            new Span<double>(known, 2 * channels).CopyTo(new Span<double>(sums, 2 * channels));
        }
        else if (ofBatch || dgamma != null || dbeta != null || output != null)
        {
            NormStatistics<V>.Share(rows, channels, x, dy, gate, mean, sums, sums + channels);
        }

        // With xhat = (x - mean) inverse:  dx = gamma inverse (dy - mean(dy) - xhat mean(dy xhat)).
        for (int c = 0; c < channels; c++)
        {
            double inv = inverse[c], a = inv * (gamma == null ? 1 : gamma[c]), sum = sums[c], product = sums[channels + c] * inv;
            abd[c] = (float)a;
            abd[channels + c] = ofBatch ? (float)(-a * inv * product / rows) : 0;
            abd[(2 * channels) + c] = ofBatch ? (float)(-a * sum / rows) : 0;
            if (dgamma != null)
            {
                dgamma[c] = (float)((accumulateParameters ? dgamma[c] : 0) + product);
            }

            if (dbeta != null)
            {
                dbeta[c] = (float)((accumulateParameters ? dbeta[c] : 0) + sum);
            }
        }

        return new NormSlope { Channels = channels, X = x, Dy = dy, Gate = gate, Mean = mean, Abd = abd };
    }

    /// <summary>What forward computes by and backward computes again by, the same numbers: y = scale x + shift.</summary>
    internal static void Affine(int channels, float* mean, float* inverse, float* gamma, float* beta, float* scale, float* shift)
    {
        for (int c = 0; c < channels; c++)
        {
            scale[c] = inverse[c] * (gamma == null ? 1 : gamma[c]);
            shift[c] = (beta == null ? 0 : beta[c]) - (mean[c] * scale[c]);
        }
    }

    private struct ForwardJob<V> : IJob
        where V : struct, IVec<V>
    {
        public nint Rows;
        public int Channels;
        public float* X;
        public float* Scale;
        public float* Shift;
        public float* Residual;
        public Activation Activation;
        public float* Y;
        public int Together;

        public readonly void Run(int index)
        {
            nint from = (nint)index * Together, at = from * Channels;
            float* residual = Residual == null ? null : Residual + at;
            NormApply<V>.Forward(Math.Min(Together, Rows - from), Channels, X + at, Scale, Shift, residual, Activation, Y + at, Rows * Channels >= PastCache.Floats && Y != X);
        }
    }

    private struct BackwardJob<V> : IJob
        where V : struct, IVec<V>
    {
        public nint Rows;
        public NormSlope Slope;
        public float* Dx;
        public bool Accumulate;
        public bool Far;
        public int Together;

        public readonly void Run(int index)
        {
            nint from = (nint)index * Together;
            Slope.Run<V>(from, Math.Min(Together, Rows - from), Dx + (from * Slope.Channels), Accumulate, Far);
        }
    }
}

/// <summary>The gradient of a normalization's input, any rows of it: what is left to do when the sums over all rows are known.</summary>
internal unsafe struct NormSlope
{
    public int Channels;

    /// <summary>[rows, C]; null: there is no normalization.</summary>
    public float* X;

    /// <summary>[rows, C].</summary>
    public float* Dy;
    public NormGate Gate;
    public float* Mean;

    /// <summary>See <see cref="NormApply{V}.Backward"/>.</summary>
    public float* Abd;

    /// <summary>dx of so many rows from a row on, past the cache where that is wished and possible: then it is neither dy nor added to.</summary>
    public readonly void Run<V>(nint first, nint rows, float* dx, bool accumulate, bool far = false)
        where V : struct, IVec<V>
    {
        nint at = first * Channels;
        NormApply<V>.Backward(rows, Channels, X + at, Dy + at, Gate, Mean, Abd, dx, accumulate, far);
    }
}
