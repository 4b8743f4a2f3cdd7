using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class TransposeTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(4)]
    public void Every_element_goes_where_it_belongs(int threads)
    {
        using var team = new TeamOf(threads);
        var random = new System.Random(threads);
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            int batch = random.Next(1, 6), rows = Kit.Edge(random, 300), columns = Kit.Edge(random, 300);
            if (round % 10 == 0)
            {
                (batch, rows, columns) = (1, 3, 5000);
            }

            using Guarded from = Guarded.Random(batch * rows * columns, random), to = new(batch * rows * columns);

            Transpose.Run(batch, rows, columns, from.P, to.P);

            for (int i = 0; i < from.Length; i++)
            {
                int b = i / (rows * columns), r = i / columns % rows, c = i % columns;
                Assert.Equal(from.P[i], to.P[(((b * columns) + c) * rows) + r]);
            }

            to.AssertUntouchedAround();
        }
    }
}
