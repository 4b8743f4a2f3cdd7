using System.Runtime.InteropServices;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class TableRowsTests
{
    [Theory, InlineData(512, 1), InlineData(512, 2), InlineData(512, 4), InlineData(256, 2), InlineData(128, 2)]
    public void Rows_arrive_as_they_are_in_either_order(int vector, int threads)
    {
        using var team = new TeamOf(threads);
        var random = new System.Random(vector + threads);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            int rows = Kit.Edge(random, 3000), width = 16 * random.Next(1, 12), count = random.Next(1, 4000), piece = random.Next(1, 200) * width;
            using Guarded table = Guarded.Random(rows * width, random), to = new(count * width);
            int[] places = [.. Enumerable.Range(0, count).Select(_ => random.Next(rows))];

            Copy(vector, places, table, rows, width, to, inOrder: round % 2 == 0, piece);

            for (int i = 0; i < count; i++)
            {
                Kit.AssertSameBits(table.Span.Slice(places[i] * width, width), to.Span.Slice(i * width, width), $"row {i} of {count}, {rows} x {width}");
            }

            to.AssertUntouchedAround();
        }
    }

    private static void Copy(int vector, int[] places, Guarded table, int rows, int width, Guarded to, bool inOrder, int piece)
    {
        fixed (int* p = &MemoryMarshal.GetArrayDataReference(places))
        {
            switch (vector)
            {
                case 512:
                    TableRows.Copy<W512>(p, places.Length, table.P, rows, width, to.P, inOrder, piece);
                    break;
                case 256:
                    TableRows.Copy<W256>(p, places.Length, table.P, rows, width, to.P, inOrder, piece);
                    break;
                default:
                    TableRows.Copy<W128>(p, places.Length, table.P, rows, width, to.P, inOrder, piece);
                    break;
            }
        }
    }
}
