using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Data.Pictures;
using Graft.Data.Sources;
using Graft.Models;
using Graft.Tasks;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Tasks;

public sealed class FeatureStoreTests : IDisposable
{
    private static readonly InputShape Digits = new(InputKind.Picture, [12, 10, 3]);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Features_are_the_same_bits_with_the_store_and_without()
    {
        Backbone trunk = Trunk();
        LabeledRows rows = Rows(100);
        var store = new FeatureStore(_folder.Path);

        float[] without = Values(new FeatureStore(null).Of(trunk, rows));
        float[] computed = Values(store.Of(trunk, rows));
        float[] found = Values(new FeatureStore(_folder.Path).Of(trunk, rows));

        Assert.Equal(without, computed);
        Assert.Equal(without, found);
        Assert.Equal((100, 0), (store.Computed, store.Found));
    }

    [Fact]
    public void Rows_of_another_split_are_found_row_by_row()
    {
        Backbone trunk = Trunk();
        float[] all = Values(new FeatureStore(null).Of(trunk, Rows(100)));
        new FeatureStore(_folder.Path).Of(trunk, Rows(100, i => i % 3 == 0));
        var store = new FeatureStore(_folder.Path);

        float[] mixed = Values(store.Of(trunk, Rows(100)));

        Assert.Equal(all, mixed);
        Assert.Equal((66, 34), (store.Computed, store.Found));
    }

    [Fact]
    public void Other_weights_and_other_places_in_the_network_are_other_features()
    {
        Backbone trunk = Trunk(), other = Trunk(seed: 8);
        LabeledRows rows = Rows(20);
        var store = new FeatureStore(_folder.Path);
        store.Of(trunk, rows);

        float[] ofOther = Values(store.Of(other, rows));
        LabeledRows tapped = store.Of(trunk, rows, tap: 1);

        Assert.Equal(Values(new FeatureStore(null).Of(other, rows)), ofOther);
        Assert.Equal(new InputShape(InputKind.Table, [8]), tapped.Shape);
        Assert.Equal(60, store.Computed);
        store.Of(trunk, rows, tap: 1);
        Assert.Equal(60, store.Computed);
    }

    [Fact]
    public void The_last_tap_is_what_the_network_gives()
    {
        Backbone trunk = Trunk();

        Assert.Equal(Values(new FeatureStore(null).Of(trunk, Rows(5))), Values(new FeatureStore(null).Of(trunk, Rows(5), tap: trunk.BlockCount - 1)));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(-40)]
    [InlineData(-5)]
    public void Damage_is_found_said_and_computed_again(int at)
    {
        Backbone trunk = Trunk();
        float[] right = Values(new FeatureStore(_folder.Path).Of(trunk, Rows(30)));
        string file = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Single();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[at < 0 ? bytes.Length + at : at] ^= 4;
        File.WriteAllBytes(file, bytes);
        var store = new FeatureStore(_folder.Path);

        float[] again = Values(store.Of(trunk, Rows(30)));

        Assert.Equal(right, again);
        Assert.Equal(30, store.Computed);
        Assert.Equal([$"{file}: damaged features were removed and are computed again."], store.Notices);
        Assert.Equal(30, Found(trunk, 30));
    }

    [Fact]
    public void A_cut_file_is_found_and_what_stands_in_others_is_still_used()
    {
        Backbone trunk = Trunk();
        new FeatureStore(_folder.Path).Of(trunk, Rows(30, i => i < 10));
        string first = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Single();
        new FeatureStore(_folder.Path).Of(trunk, Rows(30));
        File.WriteAllBytes(first, File.ReadAllBytes(first)[..^7]);

        Assert.Equal(20, Found(trunk, 30));
    }

    [Fact]
    public void Where_it_gets_too_much_what_was_not_used_for_longest_goes()
    {
        var clock = new Clock();
        Backbone a = Trunk(1), b = Trunk(2), c = Trunk(3);
        var store = new FeatureStore(_folder.Path, mostBytes: 2 * SizeOf(30), clock);
        foreach (Backbone trunk in (Backbone[])[a, b, a, c])
        {
            clock.Now += TimeSpan.FromHours(1);
            store.Of(trunk, Rows(30));
        }

        Assert.Equal(30, Found(a, 30));
        Assert.Equal(0, Found(b, 30));
        Assert.Equal(30, Found(c, 30));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_costs_nothing_but_time_and_is_said()
    {
        string taken = _folder.Write("taken", "a file, no folder");
        var store = new FeatureStore(taken);

        float[] values = Values(store.Of(Trunk(), Rows(10)));

        Assert.Equal(Values(new FeatureStore(null).Of(Trunk(), Rows(10))), values);
        Assert.StartsWith($"{taken}: features are not kept: ", Assert.Single(store.Notices));
    }

    [Fact]
    public void Rows_of_different_lengths_do_not_depend_on_each_other()
    {
        var trunk = new LstmModel(hidden: [6]);
        var shape = new InputShape(InputKind.Sequence, [7, 2]);
        trunk.Build(shape);
        trunk.Initialize(1);
        float[] values = [.. Enumerable.Range(0, 20 * 14).Select(i => MathF.Sin(i))];
        int[] steps = [.. Enumerable.Range(0, 20).Select(i => 1 + (i * 5 % 7))];
        LabeledRows Some(int[] rows) => new("s", shape, [.. rows.SelectMany(r => values[(r * 14)..((r + 1) * 14)])], [], rows, [.. rows.Select(r => steps[r])]);

        float[] all = Values(new FeatureStore(_folder.Path).Of(trunk, Some([.. Enumerable.Range(0, 20)])));

        for (int r = 0; r < 20; r++)
        {
            Assert.Equal(all[(r * trunk.Features)..((r + 1) * trunk.Features)], Values(new FeatureStore(null).Of(trunk, Some([r]))));
        }
    }

    [Fact]
    public void Picture_files_are_known_by_their_bytes_and_not_decoded_when_their_features_are_there()
    {
        for (int i = 0; i < 6; i++)
        {
            var pixels = new byte[12 * 10 * 3];
            new RandomPixels(i).Fill(pixels);
            _folder.Write($"pictures/{(i < 3 ? "a" : "b")}/{i}.png", PngEncoder.Encode(new Picture(10, 12, 3, pixels)));
        }

        Dataset data = new FolderSource("pictures").Read(_folder.Context);
        InputEncoder inputs = InputEncoder.Fit(data, new InputOptions(Columns: ["picture"]));
        Backbone trunk = Trunk();
        string store = Path.Combine(_folder.Path, "features");
        float[] first = Values(new FeatureStore(store).Of(trunk, new LabeledRows(data, inputs, [])));

        LabeledRows again = new(new FolderSource("pictures").Read(_folder.Context), inputs, []);
        var found = new FeatureStore(store);

        Assert.Equal(first, Values(found.Of(trunk, again)));
        Assert.Equal((0, 6), (found.Computed, found.Found));
        Assert.False(again.IsInMemory);
    }

    private static Cnn Trunk(ulong seed = 7)
    {
        var trunk = new Cnn(channels: [4, 8], dense: 9);
        trunk.Build(Digits);
        trunk.Initialize(seed);
        return trunk;
    }

    private static LabeledRows Rows(int count, Func<int, bool>? chosen = null)
    {
        int[] ids = [.. Enumerable.Range(0, count).Where(chosen ?? (_ => true))];
        return new LabeledRows("rows", Digits, [.. ids.SelectMany(id => Enumerable.Range(0, Digits.Length).Select(i => MathF.Sin((id * 1000) + i)))], [], ids);
    }

    private static long SizeOf(int rows) => 16 + (rows * (16 + (9 * 4))) + 32;

    private static float[] Values(LabeledRows rows)
    {
        var values = new float[rows.Count * rows.Shape.Length];
        for (int r = 0; r < rows.Count; r++)
        {
            rows.Read(r, values.AsSpan(r * rows.Shape.Length, rows.Shape.Length));
        }

        return values;
    }

    private long Found(Backbone trunk, int rows)
    {
        var store = new FeatureStore(_folder.Path);
        store.Of(trunk, Rows(rows));
        return store.Found;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class RandomPixels(int seed)
    {
        public void Fill(byte[] pixels)
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = (byte)((i * 37) + (seed * 91) + (i * i * (seed + 3)));
            }
        }
    }
}
