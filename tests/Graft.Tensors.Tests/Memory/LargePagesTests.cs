using System.Runtime.InteropServices;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Tests.Memory;

[Trait("category", "memory")]
public sealed unsafe class LargePagesTests
{
    [Theory, InlineData(0, 1), InlineData(0, 4 << 20), InlineData(64, 6 << 20), InlineData((2 << 20) - 1, 2 << 20), InlineData(4096, (6 << 20) - 4096)]
    public void Memory_keeps_what_was_written_to_it(int from, int bytes)
    {
        const int size = 8 << 20;
        byte* memory = (byte*)NativeMemory.AlignedAlloc(size, 4096);
        try
        {
            var all = new Span<byte>(memory, size);
            all[..(size / 2)].Fill(7);

            LargePages.Ask(memory + from, bytes);
            all[(size / 2)..].Fill(9);

            Assert.Equal(-1, all[..(size / 2)].IndexOfAnyExcept((byte)7));
            Assert.Equal(-1, all[(size / 2)..].IndexOfAnyExcept((byte)9));
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }
}
