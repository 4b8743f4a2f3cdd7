namespace Graft.Data.Samplers;

/// <summary>In which order, and how often, rows are learned from.</summary>
[Family("samplers")]
public abstract class Sampler
{
    /// <summary>Starts an endless stream of rows.</summary>
    /// <param name="rows">What to draw from.</param>
    /// <param name="seed">The seed of training.</param>
    /// <param name="path">Who draws, such as "train/pupils": streams of other paths are independent.</param>
    /// <exception cref="ArgumentException">The rows lack what the sampler needs, such as classes.</exception>
    public abstract IndexStream Over(SampledRows rows, ulong seed, string path);
}
