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

    /// <summary>The same with the second half as the first: with <see cref="Classes"/> as truth, every row comes twice and is of two classes. No training brings the loss
    /// to 0 then, and gradients stay numbers of ordinary size however long is measured.</summary>
    public static float[] Twice(int count)
    {
        float[] values = Of(count, 1);
        values.AsSpan(0, count / 2).CopyTo(values.AsSpan(count - (count / 2)));
        return values;
    }

    /// <summary>Classes in order: 0, 1, ... and again.</summary>
    public static int[] Classes(int count, int classes) => [.. Enumerable.Range(0, count).Select(i => i % classes)];
}
