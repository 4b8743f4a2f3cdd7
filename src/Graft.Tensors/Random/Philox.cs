using System.Runtime.CompilerServices;

namespace Graft.Tensors.Random;

/// <summary>Philox 4x32-10: ten rounds turn a 128-bit counter and a 64-bit key into four random words; there is no other state.</summary>
/// <remarks>Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011, https://doi.org/10.1145/2063384.2063405.</remarks>
internal static class Philox
{
    internal const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;   // table 2 of the paper
    internal const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;               // golden ratio and sqrt(3) - 1: added to the key each round

    /// <summary>The four words of one counter.</summary>
    /// <param name="key">The key, low word first.</param>
    /// <param name="index">The upper half of the counter.</param>
    /// <param name="block">The lower half of the counter.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (uint X0, uint X1, uint X2, uint X3) Block(ulong key, ulong index, ulong block)
    {
        uint x0 = (uint)block, x1 = (uint)(block >> 32), x2 = (uint)index, x3 = (uint)(index >> 32);
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong product0 = (ulong)Multiplier0 * x0, product1 = (ulong)Multiplier1 * x2;
            x0 = (uint)(product1 >> 32) ^ x1 ^ k0;
            x1 = (uint)product1;
            x2 = (uint)(product0 >> 32) ^ x3 ^ k1;
            x3 = (uint)product0;
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return (x0, x1, x2, x3);
    }
}
