using Graft.Tensors.Random;

namespace Graft.Data.Samplers;

/// <summary>Draws rows with replacement, each with a chance in proportion to its weight; an epoch is as many draws as there are rows.</summary>
[Named("weighted")]
public sealed class WeightedSampler : Sampler
{
    /// <inheritdoc/>
    public override IndexStream Over(SampledRows rows, ulong seed, string path) =>
        new Stream(rows.Weights ?? throw new ArgumentException("weighted: expected a weight for every row, got none.", nameof(rows)), rows.Count, RandomStream.For(seed, path + "/weighted"));

    /// <inheritdoc/>
    public override string ToString() => "WeightedSampler";

    internal sealed class Stream : IndexStream
    {
        private readonly double[] _sums;       // running sums of the weights
        private readonly RandomStream _random;

        public Stream(IReadOnlyList<double> weights, int count, RandomStream random)
            : base(count)
        {
            _random = random;
            _sums = new double[weights.Count];
            double sum = 0;
            for (int i = 0; i < _sums.Length; i++)
            {
                _sums[i] = sum += Tensors.Check.NonNegative(weights[i], "weights");
            }

            if (weights.Count != count || !(sum > 0) || !double.IsFinite(sum))
            {
                throw new ArgumentException(FormattableString.Invariant($"weighted: expected {count} weights with a sum > 0, got {weights.Count} with the sum {sum}."), nameof(weights));
            }
        }

        private protected override int At(long position)
        {
            RandomStream own = _random.At((ulong)position);
            double at = own.NextDouble() * _sums[^1];
            int low = 0, high = _sums.Length - 1;         // the first running sum above the draw
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = _sums[middle] > at ? (low, middle) : (middle + 1, high);
            }

            return low;
        }
    }
}
