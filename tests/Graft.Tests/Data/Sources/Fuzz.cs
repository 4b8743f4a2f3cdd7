using System.Diagnostics;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

/// <summary>Damages valid files in seeded ways and sees that readers refuse them clearly or read them, quickly and without great memory.</summary>
internal static class Fuzz
{
    private static readonly byte[] Telling = [0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, (byte)'"', (byte)',', (byte)'\n', (byte)'{', (byte)'9', (byte)'-'];

    /// <summary>Reads 300 damaged variants through a file.</summary>
    public static void Files(byte[] valid, string name, Action<DataContext> read, long slack = 16 << 20)
    {
        using var folder = new TempFolder();
        folder.Write(name, valid);
        read(folder.Context);
        Bytes(
            valid,
            damaged =>
            {
                folder.Write(name, damaged);
                read(folder.Context);
            },
            slack);
    }

    /// <summary>Reads damaged variants of the bytes.</summary>
    /// <param name="valid">What is damaged.</param>
    /// <param name="read">Gives a result or a <see cref="GraftInputException"/>; anything else fails the test.</param>
    /// <param name="slack">Most bytes a variant may take besides four times its length.</param>
    /// <param name="variants">How many.</param>
    public static void Bytes(byte[] valid, Action<byte[]> read, long slack = 16 << 20, int variants = 300)
    {
        for (int seed = 0; seed < variants; seed++)
        {
            byte[] damaged = Damage(valid, seed);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            try
            {
                read(damaged);
            }
            catch (GraftInputException e)
            {
                Assert.All(e.Findings, f => Assert.EndsWith(".", f.Message, StringComparison.Ordinal));
                Assert.DoesNotContain(e.Findings, f => f.Message.Any(c => c is '\n' or '\r'));
            }
            catch (Exception e)
            {
                Assert.Fail($"Variant {seed}: {e}");
            }

            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(taken <= (4L * damaged.Length) + slack, $"Variant {seed} took {taken} bytes.");
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"Variant {seed} took {watch.Elapsed}.");
        }
    }

    // Cut, overwrite, swap, repeat or remove a stretch, or write a size that is far too great: one to four times.
    private static byte[] Damage(byte[] valid, int seed)
    {
        var random = new Random(seed);
        byte[] bytes = [.. valid];
        for (int turn = random.Next(1, 5); turn > 0 && bytes.Length > 8; turn--)
        {
            int at = random.Next(random.Next(3) == 0 ? Math.Min(64, bytes.Length) : bytes.Length);
            int length = Math.Min(random.Next(1, 17), bytes.Length - at);
            switch (random.Next(7))
            {
                case 0: bytes = bytes[..at]; break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes[at] = Telling[random.Next(Telling.Length)]; break;
                case 3: bytes = [.. bytes[..(at + length)], .. bytes[at..]]; break;
                case 4: bytes = [.. bytes[..at], .. bytes[(at + length)..]]; break;
                case 5: bytes.AsSpan(at, Math.Min(4, length)).Fill(random.Next(2) == 0 ? (byte)0x7F : (byte)0xFF); break;
                default: random.NextBytes(bytes.AsSpan(at, length)); break;
            }
        }

        return bytes;
    }
}
