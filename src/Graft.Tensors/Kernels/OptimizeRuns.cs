namespace Graft.Tensors.Kernels;

/// <summary>The same steps for callers that hold spans: runs of parameters. An empty span is a state that the step does not have.</summary>
internal static unsafe partial class Optimize
{
    public static void Sgd(
        Span<float> values, ReadOnlySpan<float> gradients, Span<float> velocity,
        double rate, double momentum, double dampening, bool nesterov, double weightDecay, bool first)
    {
        fixed (float* w = values, g = gradients, s = velocity)
        {
            Sgd(values.Length, w, g, s, rate, momentum, dampening, nesterov, weightDecay, first);
        }
    }

    public static void Adam(
        Span<float> values, ReadOnlySpan<float> gradients, Span<float> mean, Span<float> square,
        long step, double rate, double beta1, double beta2, double epsilon, double weightDecay, bool decoupled)
    {
        fixed (float* w = values, g = gradients, m = mean, v = square)
        {
            Adam(values.Length, w, g, m, v, null, step, rate, beta1, beta2, epsilon, weightDecay, decoupled);
        }
    }

    public static void RmsProp(
        Span<float> values, ReadOnlySpan<float> gradients, Span<float> square, Span<float> mean, Span<float> velocity,
        double rate, double alpha, double epsilon, double momentum, double weightDecay)
    {
        fixed (float* w = values, g = gradients, v = square, m = mean, u = velocity)
        {
            RmsProp(values.Length, w, g, v, m, u, rate, alpha, epsilon, momentum, weightDecay);
        }
    }

    public static void Adagrad(
        Span<float> values, ReadOnlySpan<float> gradients, Span<float> sum, long step, double rate, double rateDecay, double epsilon, double weightDecay)
    {
        fixed (float* w = values, g = gradients, s = sum)
        {
            Adagrad(values.Length, w, g, s, step, rate, rateDecay, epsilon, weightDecay);
        }
    }

    /// <summary>x *= factor.</summary>
    public static void Scale(Span<float> values, float factor)
    {
        fixed (float* x = values)
        {
            Scale(values.Length, x, factor);
        }
    }

    /// <summary>Sum of x², the same bits for any number of threads; in double precision throughout where squares leave the range of single precision.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> values)
    {
        double sum;
        fixed (float* x = values)
        {
            sum = SumOfSquares(values.Length, x);
        }

        if (!double.IsInfinity(sum))
        {
            return sum;
        }

        sum = 0;
        foreach (float x in values)
        {
            sum += (double)x * x;
        }

        return sum;
    }
}
