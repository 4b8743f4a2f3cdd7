namespace Graft.Tensors.Tests.Kernels;

/// <summary>What the kernel tests share.</summary>
internal static class Kit
{
    /// <summary>Set for runs with instruction sets switched off, where everything is slow.</summary>
    public static bool Small { get; } = Environment.GetEnvironmentVariable("GRAFT_SMALL_TESTS") == "1";

    /// <summary>So many rounds, or a tenth of them in small runs.</summary>
    public static int Rounds(int count) => Small ? Math.Max(3, count / 10) : count;

    /// <summary>A size near one of the edges where loops change: 1, 3, a register, a tile.</summary>
    public static int Edge(System.Random random, int most = 100)
    {
        int[] edges = [1, 2, 3, 4, 5, 7, 8, 9, 13, 14, 15, 16, 17, 28, 29, 31, 32, 33, 47, 48, 49, 64, 65];
        int size = random.Next(3) == 0 ? random.Next(1, most + 1) : edges[random.Next(edges.Length)];
        return Math.Min(size, most);
    }

    /// <summary>Compares with a reference; the tolerance is a share of 1 plus the magnitude.</summary>
    public static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - actual[i]);
            if (!(error <= tolerance * (1 + Math.Abs(expected[i]))) && !(double.IsNaN(expected[i]) && float.IsNaN(actual[i])) && expected[i] != actual[i])
            {
                Assert.Fail($"{what}: element {i} of {expected.Length}: expected {expected[i]:R}, got {actual[i]:R}");
            }
        }
    }

    /// <summary>Compares bit by bit.</summary>
    public static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
            {
                Assert.Fail($"{what}: element {i}: {expected[i]:R} and {actual[i]:R} differ");
            }
        }
    }
}
