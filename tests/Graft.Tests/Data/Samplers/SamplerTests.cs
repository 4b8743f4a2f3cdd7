using Graft.Data.Samplers;

namespace Graft.Tests.Data.Samplers;

public sealed class SamplerTests
{
    // Class 0 has 12 rows, class 1 six, class 2 two; one row has none.
    private static readonly int[] Labels = [.. Enumerable.Repeat(0, 12), .. Enumerable.Repeat(1, 6), 2, -1, 2];

    private static readonly SampledRows Rows = new(21, Labels, [.. Enumerable.Range(0, 21).Select(i => (double)i)]);

    public static TheoryData<string> Names => ["sequential", "shuffled", "weighted", "class-balanced"];

    private static Sampler Make(string name) => name switch
    {
        "sequential" => new SequentialSampler(),
        "shuffled" => new ShuffledSampler(),
        "weighted" => new WeightedSampler(),
        _ => new ClassBalancedSampler(),
    };

    private static int[] Draw(IndexStream stream, int count)
    {
        var rows = new int[count];
        stream.Fill(rows);
        return rows;
    }

    [Theory, MemberData(nameof(Names))]
    public void A_stream_goes_on_from_any_saved_position(string name)
    {
        int[] whole = Draw(Make(name).Over(Rows, 3, "train"), 100);
        for (int cut = 0; cut < 100; cut++)
        {
            IndexStream resumed = Make(name).Over(Rows, 3, "train");
            resumed.Position = cut;

            Assert.Equal(whole[cut..], Draw(resumed, 100 - cut));
            Assert.Equal(100, resumed.Position);
        }
    }

    [Theory, InlineData("shuffled"), InlineData("weighted"), InlineData("class-balanced")]
    public void Other_seeds_and_paths_give_another_order(string name)
    {
        int[] rows = Draw(Make(name).Over(Rows, 3, "train"), 40);

        Assert.Equal(rows, Draw(Make(name).Over(Rows, 3, "train"), 40));
        Assert.NotEqual(rows, Draw(Make(name).Over(Rows, 4, "train"), 40));
        Assert.NotEqual(rows, Draw(Make(name).Over(Rows, 3, "other"), 40));
    }

    [Fact]
    public void Shuffled_epochs_hold_every_row_once_in_orders_of_their_own()
    {
        IndexStream stream = new ShuffledSampler().Over(Rows, 1, "train");

        int[] first = Draw(stream, 21), second = Draw(stream, 21);

        Assert.Equal(Enumerable.Range(0, 21), first.Order());
        Assert.Equal(Enumerable.Range(0, 21), second.Order());
        Assert.NotEqual(first, second);
        Assert.Equal(2, stream.Epoch);
    }

    [Fact]
    public void Batches_end_with_their_epoch_where_that_is_asked_for()
    {
        IndexStream stream = new ShuffledSampler().Over(Rows, 1, "train");
        var batch = new int[8];

        int[] sizes = [.. Enumerable.Range(0, 6).Select(_ => stream.FillWithinEpoch(batch))];

        Assert.Equal([8, 8, 5, 8, 8, 5], sizes);
    }

    [Fact]
    public void Weighted_draws_are_in_proportion_to_the_weights()
    {
        IndexStream stream = new WeightedSampler().Over(new SampledRows(4, Weights: [1, 0, 2, 5]), 2, "train");

        int[] counts = [.. Draw(stream, 80_000).CountBy(r => r).OrderBy(c => c.Key).Select(c => c.Value)];

        // Five standard deviations: sqrt(n p (1 - p)) is 94, 122 and 137.
        Assert.Equal(3, counts.Length);
        Assert.InRange(counts[0], 10_000 - 470, 10_000 + 470);
        Assert.InRange(counts[1], 20_000 - 612, 20_000 + 612);
        Assert.InRange(counts[2], 50_000 - 685, 50_000 + 685);
    }

    [Fact]
    public void Every_class_is_drawn_equally_often_and_its_rows_in_rounds()
    {
        IndexStream stream = new ClassBalancedSampler().Over(Rows, 2, "train");

        int[] drawn = Draw(stream, 36);

        Assert.Equal(20, stream.EpochLength);
        Assert.All(drawn.Chunk(3), three => Assert.Equal([0, 1, 2], three.Select(r => Labels[r]).Order()));
        Assert.All(drawn.CountBy(r => r), row => Assert.Equal(12 / Labels.Count(l => l == Labels[row.Key]), row.Value));
    }

    // 100 and 400 rows: in proportion 0.2 and 0.8; their roots 10 and 20: 1/3 and 2/3.
    [Theory, InlineData(1, 0.2), InlineData(2, 1 / 3.0), InlineData(1e6, 0.5), InlineData(0.01, 0)]
    public void Temperature_levels_the_tasks(double temperature, double expected)
    {
        var sampler = new TaskSampler(temperature);

        int[] tasks = Draw(sampler.Over([100, 400], 1, "tasks"), 20_000);

        Assert.Equal(expected, sampler.Chances([100, 400])[0], tolerance: 1e-6);
        Assert.Equal(expected, tasks.Count(t => t == 0) / 20_000.0, tolerance: 0.018);   // five deviations of sqrt(p (1 - p) / n)
    }

    [Fact]
    public void Rows_that_lack_what_a_sampler_needs_are_refused()
    {
        var bare = new SampledRows(3);

        Assert.StartsWith("weighted: expected a weight for every row, got none.", Assert.Throws<ArgumentException>(() => new WeightedSampler().Over(bare, 1, "")).Message, StringComparison.Ordinal);
        Assert.StartsWith("class-balanced: expected a class for every row, got none.", Assert.Throws<ArgumentException>(() => new ClassBalancedSampler().Over(bare, 1, "")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new WeightedSampler().Over(new SampledRows(2, Weights: [0, 0]), 1, ""));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SampledRows(0));
    }
}
