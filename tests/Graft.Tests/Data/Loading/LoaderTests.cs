using Graft.Data;
using Graft.Data.Loading;
using Graft.Data.Samplers;
using Graft.Data.Transforms;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Random;

namespace Graft.Tests.Data.Loading;

public sealed class LoaderTests
{
    private sealed class Noise : PictureTransform
    {
        public override bool IsRandom => true;

        public override Picture Apply(Picture picture, ref RandomStream random)
        {
            byte[] pixels = [.. picture.Pixels];
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] += (byte)random.NextInt(50);
            }

            return picture with { Pixels = pixels };
        }
    }

    // Rows, inputs and targets of the next batches, as text that can be compared.
    private static List<string> Take(Loader loader, int batches)
    {
        var taken = new List<string>();
        for (int i = 0; i < batches; i++)
        {
            using var scope = new TensorScope();
            Batch batch = loader.Next();
            taken.Add($"{string.Join(' ', batch.Rows)} | {string.Join(' ', batch.Input.ToArray())} | {string.Join(" | ", batch.Targets.Select(t => string.Join(' ', t.ToArray())))}");
        }

        return taken;
    }

    [Fact]
    public void An_epoch_has_every_row_once_with_its_own_values_and_targets()
    {
        var loader = new Loader(Rows.Table(10), 4, seed: 1);
        var seen = new List<int>();

        for (int b = 0; b < loader.BatchesPerEpoch; b++)
        {
            Batch batch = loader.Next();
            float[] x = batch.Input.ToArray();
            int[] classes = batch.Targets[0].ToIntArray();
            float[] numbers = batch.Targets[1].ToArray();
            Assert.Equal(batch.Count, batch.Input.Shape[0]);
            Assert.Equal([batch.Count, 1], batch.Targets[1].Shape.Sizes.ToArray());
            for (int i = 0; i < batch.Count; i++)
            {
                int row = batch.Rows[i];
                Assert.Equal([row, row + 0.25f, row + 0.5f], x[(3 * i)..(3 * (i + 1))]);
                Assert.Equal(row % 3, classes[i]);
                Assert.Equal(10 * row, numbers[i]);
            }

            seen.AddRange(batch.Rows);
        }

        Assert.Equal(3, loader.BatchesPerEpoch);
        Assert.Equal(1, loader.Epoch);
        Assert.Equal(Enumerable.Range(0, 10), seen.Order());
        Assert.NotEqual(Enumerable.Range(0, 10), seen);
    }

    [Fact]
    public void A_last_batch_that_is_not_full_is_kept_or_dropped()
    {
        var kept = new Loader(Rows.Table(10), 4, seed: 1);
        var dropped = new Loader(Rows.Table(10), 4, seed: 1, dropLast: true);
        var only = new Loader(Rows.Table(3), 4, seed: 1, dropLast: true);

        Assert.Equal([4, 4, 2, 4, 4, 2], Enumerable.Range(0, 6).Select(_ => kept.Next().Count));
        Assert.Equal([4, 4, 4, 4], Enumerable.Range(0, 4).Select(_ => dropped.Next().Count));
        Assert.Equal([3, 3], Enumerable.Range(0, 2).Select(_ => only.Next().Count));
    }

    [Fact]
    public void Epochs_and_paths_have_orders_of_their_own_and_a_seed_always_the_same()
    {
        List<string> first = Take(new Loader(Rows.Table(20), 20, seed: 7), 2);

        Assert.Equal(first, Take(new Loader(Rows.Table(20), 20, seed: 7), 2));
        Assert.NotEqual(first[0], first[1]);
        Assert.NotEqual(first, Take(new Loader(Rows.Table(20), 20, seed: 8), 2));
        Assert.NotEqual(first, Take(new Loader(Rows.Table(20), 20, seed: 7, path: "other"), 2));
    }

    [Theory, InlineData(0), InlineData(1 << 20)]
    public void A_resumed_loader_goes_on_bit_for_bit_whatever_was_prepared(long cacheBytes)
    {
        List<string> whole = Take(new Loader(Rows.Pictures(11, cacheBytes), 3, seed: 5, augmentation: new Noise()), 12);
        for (int stop = 0; stop < 12; stop += 3)
        {
            var loader = new Loader(Rows.Pictures(11, cacheBytes), 3, seed: 5, augmentation: new Noise());
            Take(loader, stop);
            var state = new State();
            loader.Save(state);
            Take(loader, 1);
            var resumed = new Loader(Rows.Pictures(11, cacheBytes), 3, seed: 5, augmentation: new Noise());

            resumed.Load(state);
            loader.Load(state);

            Assert.Equal(whole[stop..], Take(resumed, 12 - stop));
            Assert.Equal(whole[stop..], Take(loader, 12 - stop));
        }
    }

    [Fact]
    public void Batches_are_the_same_whether_rows_are_kept_or_encoded_every_time()
    {
        List<string> kept = Take(new Loader(Rows.Pictures(11), 4, seed: 5), 9);

        Assert.Equal(kept, Take(new Loader(Rows.Pictures(11, cacheBytes: 0), 4, seed: 5), 9));
    }

    [Fact]
    public void Pictures_come_channels_last_with_the_shape_of_pictures()
    {
        Batch batch = new Loader(Rows.Pictures(2), 2, seed: 5).Next();

        Assert.Equal([2, 1, 2, 3], batch.Input.Shape.Sizes.ToArray());
        Assert.Equal([.. Enumerable.Range(batch.Rows[0], 6).Select(b => (float)b)], batch.Input.ToArray()[..6]);
    }

    [Fact]
    public void A_row_drawn_twice_in_an_epoch_is_changed_in_two_ways()
    {
        var rows = Rows.Pictures(1);
        List<string> batches = Take(new Loader(rows, 1, seed: 5, augmentation: new Noise()), 2);

        Assert.NotEqual(batches[0], batches[1]);
    }

    [Theory, InlineData(0), InlineData(1 << 20)]
    public void Sequences_are_cut_to_the_longest_row_of_the_batch(long cacheBytes)
    {
        var loader = new Loader(Rows.Sequences([2, 9, 0, 3], cacheBytes), 2, seed: 1, sampler: new SequentialSampler());

        Batch batch = loader.Next();
        Assert.Equal([2, 5, 1], batch.Input.Shape.Sizes.ToArray());
        Assert.Equal([2, 5], batch.Lengths!.Value.ToIntArray());
        Assert.Equal([0.1f, 0.1f, 0, 0, 0, 1.1f, 1.1f, 1.1f, 1.1f, 1.1f], batch.Input.ToArray());

        batch = loader.Next();
        Assert.Equal([2, 3, 1], batch.Input.Shape.Sizes.ToArray());
        Assert.Equal([1, 3], batch.Lengths!.Value.ToIntArray());
        Assert.Equal([0, 0, 0, 3.1f, 3.1f, 3.1f], batch.Input.ToArray());
    }

    [Fact]
    public void A_class_balanced_sampler_gets_the_classes_of_the_first_task()
    {
        var rows = new LabeledRows("t", Rows.Table(1).Shape, new float[3 * 9], [TargetValues.OfNumbers([1, 0, 0, 0, 0, 0, 0, 0, float.NaN])]);
        var loader = new Loader(rows, 8, seed: 1, sampler: new ClassBalancedSampler());

        Batch batch = loader.Next();

        Assert.Equal(4, batch.Rows.Count(r => r == 0));
        Assert.DoesNotContain(8, batch.Rows);
    }

    [Fact]
    public void An_error_in_the_background_reaches_the_caller_with_file_and_row()
    {
        Picture? Read(int row) => row == 3 ? throw new GraftInputException("cat.png", "expected a picture, got none.") : new Picture(3, 2, 1, new byte[6]);
        var loader = new Loader(Rows.Pictures(4, read: Read), 1, seed: 1, sampler: new SequentialSampler());

        for (int i = 0; i < 3; i++)
        {
            loader.Next();
        }

        Assert.Equal("cat.png: row 3: expected a picture, got none.", Assert.Throws<GraftInputException>(() => loader.Next()).Message);
        Assert.Throws<GraftInputException>(() => loader.Next());
    }

    [Fact]
    public void Rows_that_are_none_and_states_of_other_data_are_refused()
    {
        Assert.Equal("table: expected at least one row to learn from, got 0.", Assert.Throws<GraftInputException>(() => new Loader(Rows.Table(0), 4, 1)).Message);
        Assert.StartsWith("table: expected pictures to augment, got rows of table [3].", Assert.Throws<ArgumentException>(() => new Loader(Rows.Table(4), 4, 1, augmentation: new Noise())).Message, StringComparison.Ordinal);

        var state = new State();
        new Loader(Rows.Table(5), 4, 1).Save(state);
        Assert.Equal(
            "checkpoint: expected a place in the 4 rows of table, got batch 0 of 5 rows. It belongs to other data.",
            Assert.Throws<GraftInputException>(() => new Loader(Rows.Table(4), 4, 1).Load(state)).Message);
    }

    [Fact]
    public void A_steady_step_makes_no_garbage()
    {
        var loader = new Loader(Rows.Table(1000), 32, seed: 1);
        void Epoch()
        {
            for (int i = 0; i < loader.BatchesPerEpoch; i++)
            {
                using var scope = new TensorScope();
                loader.Next();
            }
        }

        Epoch();
        Epoch();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Epoch();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
