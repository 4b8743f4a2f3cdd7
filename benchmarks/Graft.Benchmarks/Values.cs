using Graft.Tensors.Random;

namespace Graft.Benchmarks;

/// <summary>Numbers to compute with.</summary>
internal static class Values
{
    /// <summary>Uniform in [-1, 1).</summary>
    public static float[] Of(int count, ulong seed)
    {
        var values = new float[count];
        RandomStream.For(seed, "benchmark").FillUniform(values, -1, 1);
        return values;
    }

    /// <summary>Classes in order: 0, 1, ... and again.</summary>
    public static int[] Classes(int count, int classes) => [.. Enumerable.Range(0, count).Select(i => i % classes)];
}
