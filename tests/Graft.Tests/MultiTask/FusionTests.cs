using Graft.MultiTask;
using Graft.Tests.Tasks;

namespace Graft.Tests.MultiTask;

public sealed class FusionTests
{
    [Fact]
    public void The_mean_is_that_of_each_number()
    {
        float[] mean = Fusion.Mean([[0.25f, 0.75f, 1], [0.5f, 0.5f, 0], [0, 1, 0.5f]]);

        Assert.Equal([0.25f, 0.75f, 0.5f], mean);
    }

    [Fact]
    public void The_mean_of_one_model_is_its_prediction() => Assert.Equal([0.1f, 0.9f], Fusion.Mean([[0.1f, 0.9f]]));

    [Fact]
    public void No_predictions_and_those_of_other_rows_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Fusion.Mean([]));
        var e = Assert.Throws<ArgumentException>(() => Fusion.Mean([[1, 2], [1]]));

        Assert.StartsWith("Fusion: expected predictions of equal lengths, got [2, 1].", e.Message, StringComparison.Ordinal);
    }

    // Tasks of one kind with the same classes in the same order belong together; numbers never do, for their units may differ.
    [Fact]
    public void Tasks_that_share_their_labels_are_fused()
    {
        IReadOnlyList<IReadOnlyList<int>> groups = Fusion.Groups(
            [Toy.Classes("a"), Toy.Yes("b"), Toy.Classes("c"), Toy.Classes("d") with { Classes = ["c", "b", "a"] }, Toy.Number("e"), Toy.Number("f"), Toy.Yes("g")]);

        Assert.Equal([[0, 2], [1, 6], [0, 2], [3], [4], [5], [1, 6]], groups);
    }
}
