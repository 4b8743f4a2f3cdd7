using Graft.Tensors.Memory;

namespace Graft.Tensors.Tests.Memory;

/// <summary>Numbers that are not the engine's, as those of an array or of a mapped file: behind the last one there may be nothing, and reading on would end the process.</summary>
[Trait("category", "memory"), Trait("category", "kernels")]
public sealed unsafe class ForeignMemoryTests
{
    // Sizes whose products are multiples of 16, so that the last number is the last of its page.
    [Theory, InlineData(16, 20), InlineData(20, 16), InlineData(12, 4), InlineData(48, 17), InlineData(100, 100), InlineData(1040, 33)]
    public void Nothing_is_read_behind_the_last_number_that_is_assigned(int rows, int columns)
    {
        Tensor turned = Tensor.From(new float[rows * columns], [columns, rows]).Transpose();

        AtTheEndOfAPage(rows * columns, from =>
        {
            turned.Assign(from);
            Assert.Equal(from, turned.ToArray());
        });
    }

    [Theory, InlineData(16, 20), InlineData(20, 16), InlineData(100, 100)]
    public void Nothing_is_read_behind_the_last_number_that_is_lent(int rows, int columns)
    {
        Tensor turned = Tensor.From(new float[rows * columns], [columns, rows]).Transpose();

        AtTheEndOfAPage(rows * columns, from =>
        {
            float* first = Address(from);
            turned.Fill((_, _) => Assert.Fail("They are lent."), (start, count, use) => use(new ReadOnlySpan<float>(first + start, count)));
            Assert.Equal(from, turned.ToArray());
        });
    }

    [Theory, InlineData(3, 16, 20), InlineData(2, 24, 4)]
    public void Nothing_is_read_behind_the_last_number_of_several_matrices(int batch, int rows, int columns)
    {
        Tensor turned = Tensor.From(new float[batch * rows * columns], [batch, columns, rows]).Transpose(1, 2);

        AtTheEndOfAPage(batch * rows * columns, from =>
        {
            turned.Assign(from);
            Assert.Equal(from, turned.ToArray());
        });
    }

    private delegate void Use(ReadOnlySpan<float> numbers);

    private static void AtTheEndOfAPage(int count, Use use)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pages that nobody may read are asked for on Linux alone.");
        float* numbers = (float*)GuardPages.Take(count * (long)sizeof(float), MemoryPages.Behind, slack: 0);
        try
        {
            var all = new Span<float>(numbers, count);
            for (int i = 0; i < count; i++)
            {
                all[i] = i;
            }

            use(all);
        }
        finally
        {
            GuardPages.TryReturn(numbers);
        }
    }

    private static float* Address(ReadOnlySpan<float> numbers)
    {
        fixed (float* first = numbers)
        {
            return first;
        }
    }
}
