using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The sum of the squares of many numbers, the same bits for any number of threads.</summary>
/// <remarks>Blocks of 4096 numbers are summed in single precision, lane by lane; the sums of the blocks are added in order in double precision.
/// Where the squares leave the range of single precision, everything is summed in double precision.</remarks>
internal static unsafe class SumOfSquares
{
    private const int BlockSize = 4096;
    private const int BlocksPerTask = 8;

    public static double Of(ReadOnlySpan<float> values)
    {
        int blocks = (values.Length + BlockSize - 1) / BlockSize;
        using var sums = new Scratch(Math.Max(1, blocks));
        fixed (float* x = values)
        {
            var job = new Job { X = x, Sums = sums.Data, Count = values.Length, Blocks = blocks };
            int tasks = (blocks + BlocksPerTask - 1) / BlocksPerTask;
            if (tasks <= 1)
            {
                job.Run(0);
            }
            else
            {
                Team.For(tasks, ref job);
            }
        }

        double sum = 0;
        foreach (float block in new ReadOnlySpan<float>(sums.Data, blocks))
        {
            sum += block;
        }

        return double.IsInfinity(sum) ? Wide(values) : sum;
    }

    private static double Wide(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float x in values)
        {
            sum += (double)x * x;
        }

        return sum;
    }

    private struct Job : IJob
    {
        public float* X;
        public float* Sums;
        public int Count;
        public int Blocks;

        public readonly void Run(int index)
        {
            int last = Math.Min(Blocks, (index + 1) * BlocksPerTask);
            for (int b = index * BlocksPerTask; b < last; b++)
            {
                float* from = X + ((long)b * BlockSize);
                int n = (int)Math.Min(BlockSize, Count - ((long)b * BlockSize));
                Sums[b] = Width.Is512 ? Block<W512>(from, n) : Width.Is256 ? Block<W256>(from, n) : Block<W128>(from, n);
            }
        }

        private static float Block<V>(float* x, int n)
            where V : struct, IVec<V>
        {
            V even = V.Zero, odd = V.Zero;
            int i = 0;
            for (; i <= n - (2 * V.Width); i += 2 * V.Width)
            {
                V a = V.Load(x + i), b = V.Load(x + i + V.Width);
                even = V.Fma(a, a, even);
                odd = V.Fma(b, b, odd);
            }

            for (; i < n; i += V.Width)
            {
                V a = V.LoadFirst(x + i, Math.Min(V.Width, n - i));
                even = V.Fma(a, a, even);
            }

            return V.Sum(even + odd);
        }
    }
}
