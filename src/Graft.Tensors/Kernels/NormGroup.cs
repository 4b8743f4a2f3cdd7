using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Group normalization of channels-last images [N, positions, C]: each image and group of neighboring channels on its own.</summary>
/// <remarks>With one group this is layer normalization over an image, with C groups instance normalization. gamma and beta [C] may be null.</remarks>
internal static unsafe class NormGroup
{
    /// <summary>y, and mean and inverse = 1 / sqrt(variance + eps) of each image and group [N, groups] for the backward pass.</summary>
    public static void Forward(
        int images, nint positions, int channels, int groups, float* x, float* gamma, float* beta, float epsilon, float* y, float* mean, float* inverse)
    {
        if (Width.Is512)
        {
            Forward<W512>(images, positions, channels, groups, x, gamma, beta, epsilon, y, mean, inverse);
        }
        else if (Width.Is256)
        {
            Forward<W256>(images, positions, channels, groups, x, gamma, beta, epsilon, y, mean, inverse);
        }
        else
        {
            Forward<W128>(images, positions, channels, groups, x, gamma, beta, epsilon, y, mean, inverse);
        }
    }

    /// <summary>Gradients; dx, dgamma and dbeta may each be null where they are not wanted; dx may be dy.</summary>
    public static void Backward(
        int images, nint positions, int channels, int groups, float* x, float* dy, float* gamma, float* mean, float* inverse,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters)
    {
        if (Width.Is512)
        {
            Backward<W512>(images, positions, channels, groups, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters);
        }
        else if (Width.Is256)
        {
            Backward<W256>(images, positions, channels, groups, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters);
        }
        else
        {
            Backward<W128>(images, positions, channels, groups, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters);
        }
    }

    internal static void Forward<V>(
        int images, nint positions, int channels, int groups, float* x, float* gamma, float* beta, float epsilon, float* y, float* mean, float* inverse)
        where V : struct, IVec<V>
    {
        var job = new ForwardJob<V>
        {
            Positions = positions,
            Channels = channels,
            Groups = groups,
            X = x,
            Gamma = gamma,
            Beta = beta,
            Epsilon = epsilon,
            Y = y,
            Mean = mean,
            Inverse = inverse,
        };
        Team.For(images, ref job);
    }

    internal static void Backward<V>(
        int images, nint positions, int channels, int groups, float* x, float* dy, float* gamma, float* mean, float* inverse,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters)
        where V : struct, IVec<V>
    {
        var sums = (double*)Workspace.Get(Workspace.Slot.Partial, (nint)images * channels * 4);
        var job = new BackwardJob<V>
        {
            Positions = positions,
            Channels = channels,
            Groups = groups,
            X = x,
            Dy = dy,
            Gamma = gamma,
            Mean = mean,
            Inverse = inverse,
            Dx = dx,
            Accumulate = accumulate,
            Sums = sums,
        };
        Team.For(images, ref job);
        for (int c = 0; c < channels; c++)
        {
            double even = 0, product = 0;
            for (int i = 0; i < images; i++)
            {
                double* own = sums + ((nint)i * 2 * channels);
                even += own[c];
                product += own[channels + c] * inverse[(i * groups) + (c / (channels / groups))];
            }

            if (dbeta != null)
            {
                dbeta[c] = (float)((accumulateParameters ? dbeta[c] : 0) + even);
            }

            if (dgamma != null)
            {
                dgamma[c] = (float)((accumulateParameters ? dgamma[c] : 0) + product);
            }
        }
    }

    /// <summary>One image.</summary>
    private struct ForwardJob<V> : IJob
        where V : struct, IVec<V>
    {
        public nint Positions;
        public int Channels;
        public int Groups;
        public float* X;
        public float* Gamma;
        public float* Beta;
        public float Epsilon;
        public float* Y;
        public float* Mean;
        public float* Inverse;

        public readonly void Run(int index)
        {
            float* x = X + (index * Positions * Channels);
            var sums = (double*)Workspace.Get(Workspace.Slot.Row, (nint)Channels * 6);
            new Span<double>(sums, 2 * Channels).Clear();
            NormStatistics<V>.Add(Positions, Channels, x, null, default, x, sums, sums + Channels);
            float* scale = (float*)(sums + (2 * Channels)), shift = scale + Channels;
            int size = Channels / Groups;
            for (int g = 0; g < Groups; g++)
            {
                // Channels have means and sums of squares of their own; a group's follow from them without cancellation.
                double mean = 0, squares = 0;
                for (int c = g * size; c < (g + 1) * size; c++)
                {
                    mean += x[c] + (sums[c] / Positions);
                }

                mean /= size;
                for (int c = g * size; c < (g + 1) * size; c++)
                {
                    double own = sums[c] / Positions, distance = x[c] + own - mean;
                    squares += Math.Max(0, sums[Channels + c] - (Positions * own * own)) + (Positions * distance * distance);
                }

                float inverse = (float)(1 / Math.Sqrt((squares / (Positions * (double)size)) + Epsilon));
                Mean[(index * Groups) + g] = (float)mean;
                Inverse[(index * Groups) + g] = inverse;
                for (int c = g * size; c < (g + 1) * size; c++)
                {
                    scale[c] = inverse * (Gamma == null ? 1 : Gamma[c]);
                    shift[c] = (float)((Beta == null ? 0 : Beta[c]) - (mean * scale[c]));
                }
            }

            NormApply<V>.Forward(Positions, Channels, x, scale, shift, null, Activation.None, Y + (index * Positions * Channels));
        }
    }

    /// <summary>One image.</summary>
    private struct BackwardJob<V> : IJob
        where V : struct, IVec<V>
    {
        public nint Positions;
        public int Channels;
        public int Groups;
        public float* X;
        public float* Dy;
        public float* Gamma;
        public float* Mean;
        public float* Inverse;
        public float* Dx;
        public bool Accumulate;
        public double* Sums;

        // With g = dy gamma and xhat = (x - mean) inverse:  dx = inverse (g - mean(g) - xhat mean(g xhat)), means over the group.
        public readonly void Run(int index)
        {
            nint at = index * Positions * Channels;
            float* abd = Workspace.Get(Workspace.Slot.Row, (nint)Channels * 4);
            float* mean = abd + (3 * Channels);
            int size = Channels / Groups;
            for (int c = 0; c < Channels; c++)
            {
                mean[c] = Mean[(index * Groups) + (c / size)];
            }

            double* sums = Sums + ((nint)index * 2 * Channels);
            new Span<double>(sums, 2 * Channels).Clear();
            NormStatistics<V>.Add(Positions, Channels, X + at, Dy + at, default, mean, sums, sums + Channels);
            if (Dx == null)
            {
                return;
            }

            for (int g = 0; g < Groups; g++)
            {
                double even = 0, product = 0, inverse = Inverse[(index * Groups) + g], count = Positions * (double)size;
                for (int c = g * size; c < (g + 1) * size; c++)
                {
                    double weight = Gamma == null ? 1 : Gamma[c];
                    even += weight * sums[c];
                    product += weight * sums[Channels + c] * inverse;
                }

                for (int c = g * size; c < (g + 1) * size; c++)
                {
                    abd[c] = (float)(inverse * (Gamma == null ? 1 : Gamma[c]));
                    abd[Channels + c] = (float)(-inverse * inverse * product / count);
                    abd[(2 * Channels) + c] = (float)(-inverse * even / count);
                }
            }

            NormApply<V>.Backward(Positions, Channels, X + at, Dy + at, default, mean, abd, Dx + at, Accumulate);
        }
    }
}
