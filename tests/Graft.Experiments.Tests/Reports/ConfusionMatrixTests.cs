using Graft.Experiments.Reports;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Tests.Reports;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void Seeds_are_added_up_and_pairs_sorted_by_rows()
    {
        ConfusionMatrix sum = ConfusionMatrix.Sum([Of([8, 2, 0], [1, 9, 0], [0, 5, 5]), Of([9, 1, 0], [0, 10, 0], [3, 0, 7])])!;

        Assert.Equal([("c", "b", 5L, 20L), ("a", "b", 3, 20), ("c", "a", 3, 20), ("b", "a", 1, 20)], sum.Confused());
        Assert.Equal([("a", 20L, 21L, 17L), ("b", 20, 27, 19), ("c", 20, 12, 12)], sum.PerClass());
    }

    [Fact]
    public void Matrices_that_are_not_square_or_of_another_size_are_passed_over()
    {
        Assert.Null(ConfusionMatrix.Sum([Of([1, 2], [3])]));
        Assert.Equal(4, ConfusionMatrix.Sum([Of([1, 0], [0, 1]), Of([9]), Of([2, 0], [0, 0])])!.Counts.Sum(r => r.Sum()));
    }

    private static TaskRecord Of(params long[][] rows) => new() { Task = "t", Classes = ["a", "b", "c"], Confusion = rows };
}
