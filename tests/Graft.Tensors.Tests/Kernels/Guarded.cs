using System.Runtime.InteropServices;

namespace Graft.Tensors.Tests.Kernels;

/// <summary>Floats between two fringes of NaN: a kernel that uses what it over-reads gives NaN, one that writes beyond its end is caught.</summary>
internal sealed unsafe class Guarded : IDisposable
{
    private const int Fringe = 64;
    private const int Mark = 0x7FC0DEAD;
    private readonly float* _block;

    /// <param name="length">Floats.</param>
    /// <param name="offset">Floats from a 64-byte boundary to the first, 0 to 15.</param>
    public Guarded(int length, int offset = 0)
    {
        Length = length;
        _block = (float*)NativeMemory.AlignedAlloc((nuint)((Fringe * 2) + 16 + length) * sizeof(float), 64);
        P = _block + Fringe + offset;
        for (float* p = _block; p < P + length + Fringe; p++)
        {
            *(int*)p = Mark;
        }
    }

    public int Length { get; }

    /// <summary>The first float.</summary>
    public float* P { get; }

    public Span<float> Span => new(P, Length);

    public static Guarded Random(int length, System.Random random, float scale = 1)
    {
        var block = new Guarded(length, random.Next(16));
        foreach (ref float x in block.Span)
        {
            x = ((random.NextSingle() * 2) - 1) * scale;
        }

        return block;
    }

    public static Guarded Of(ReadOnlySpan<float> values, int offset = 0)
    {
        var block = new Guarded(values.Length, offset);
        values.CopyTo(block.Span);
        return block;
    }

    /// <summary>Fails where a fringe was written to.</summary>
    public void AssertUntouchedAround()
    {
        for (int i = 1; i <= Fringe / 2; i++)
        {
            Assert.Equal(Mark, *(int*)(P - i));
            Assert.Equal(Mark, *(int*)(P + Length + i - 1));
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_block);
}
