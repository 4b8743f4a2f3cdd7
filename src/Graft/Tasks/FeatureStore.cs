using System.Globalization;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Models;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Tasks;

/// <summary>Features of frozen networks, computed once for each row and kept on the disk: for later runs, other seeds and splits, layer choice, scores and shallow methods.</summary>
/// <remarks>
/// <para>A row is known by its content (a hash of its picture's file, or of its numbers), a network by its configuration and all its numbers; so rows are found again in any
/// split, and nothing has to be thrown away by hand. Another version of Graft computes anew.</para>
/// <para>Features are the same bits with the store and without: ops give a row the same numbers whatever else is in the batch, and rows of different lengths are
/// never padded.</para>
/// <para>Files are written whole or not at all and never changed, so several processes may share a folder. A damaged one is removed and computed again. Where all
/// files together exceed the limit, those that were not used for longest go.</para>
/// </remarks>
/// <param name="folder">Where features are kept, such as {home}/features; null to compute them each time.</param>
/// <param name="mostBytes">Most bytes of all files together; at least 0.</param>
/// <param name="clock">What time it is, to know which files were used last; null for the system's.</param>
public sealed class FeatureStore(string? folder, long mostBytes = 4L << 30, TimeProvider? clock = null)
{
    internal const string Extension = ".features";

    // Numbers of a batch: pictures of 224 pixels go 27 at a time, small rows 1024.
    private const int BatchNumbers = 1 << 22;
    private const int SegmentBytes = 16 << 20;

    private readonly long _mostBytes = Check.NonNegative(mostBytes);
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly List<string> _notices = [];
    private long _computed, _found;

    /// <summary>Rows that were computed so far.</summary>
    public long Computed => Interlocked.Read(ref _computed);

    /// <summary>Rows that were found so far.</summary>
    public long Found => Interlocked.Read(ref _found);

    /// <summary>What a reader should know, a line each: damaged files that were removed, folders that cannot be written.</summary>
    public IReadOnlyList<string> Notices
    {
        get
        {
            lock (_gate)
            {
                return [.. _notices.Distinct(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Rows with their features in place of their inputs.</summary>
    /// <param name="trunk">A built and initialized network; left as it was.</param>
    /// <param name="rows">Rows that go through it.</param>
    /// <param name="tap">The block behind which features are taken, 0 to the number of blocks - 1, pictures and sequences as means over their places; null for what the network gives.</param>
    /// <param name="progress">Is told how many of the rows that had to be computed are done, and how many there are; null for nobody.</param>
    /// <param name="cancel">Ends it; what was computed is kept.</param>
    /// <returns>Table rows, with the same targets and ids.</returns>
    /// <exception cref="GraftInputException">A row cannot be read.</exception>
    public LabeledRows Of(Backbone trunk, LabeledRows rows, int? tap = null, Action<int, int>? progress = null, CancellationToken cancel = default)
    {
        int width = tap is { } block ? trunk.BlockOutput(Check.Within(0, trunk.BlockCount - 1, block)).Sizes[^1] : trunk.Features;
        float[] values = Values(trunk, rows, new Tap(tap, IsWhole: false), width, progress, cancel);
        return new LabeledRows(rows.Name, new InputShape(InputKind.Table, [width]), values, rows.Targets, [.. rows.Ids]) { Weights = rows.Weights };
    }

    /// <summary>Rows with all that a block gives in place of their inputs: pictures, sequences with their lengths, or features.</summary>
    /// <param name="trunk">A built and initialized network whose layers up to the block are frozen; left as it was.</param>
    /// <param name="rows">Rows that go through it.</param>
    /// <param name="block">The block, 0 to the number of blocks - 1.</param>
    /// <param name="progress">Is told how many of the rows that had to be computed are done, and how many there are; null for nobody.</param>
    /// <param name="cancel">Ends it; what was computed is kept.</param>
    /// <returns>Rows of the shape that the block says, with the same targets and ids.</returns>
    /// <exception cref="GraftInputException">A row cannot be read.</exception>
    public LabeledRows Behind(Backbone trunk, LabeledRows rows, int block, Action<int, int>? progress = null, CancellationToken cancel = default)
    {
        InputShape shape = trunk.BlockOutput(Check.Within(0, trunk.BlockCount - 1, block));
        float[] values = Values(trunk, rows, new Tap(block, IsWhole: true), shape.Length, progress, cancel);
        int[]? steps = shape.HasLengths ? [.. Enumerable.Range(0, rows.Count).Select(rows.Steps)] : null;
        return new LabeledRows(rows.Name, shape, values, rows.Targets, [.. rows.Ids], steps) { Weights = rows.Weights };
    }

    private float[] Values(Backbone trunk, LabeledRows rows, Tap tap, int width, Action<int, int>? progress, CancellationToken cancel)
    {
        var values = new float[checked(rows.Count * width)];
        int[] missing = [.. Enumerable.Range(0, rows.Count)];
        UInt128[] contents = [];
        string? place = null;
        if (folder is not null && rows.Count > 0)
        {
            place = Path.Combine(folder, FeatureKey.Of(trunk, tap.Block, rows.ContentScope, tap.IsWhole));
            contents = ContentsOf(rows, cancel);
            missing = Find(place, contents, width, values);
        }

        Interlocked.Add(ref _found, rows.Count - missing.Length);
        if (missing.Length > 0)
        {
            Compute(trunk, rows, tap, missing, width, values, place, contents, progress, cancel);
            Interlocked.Add(ref _computed, missing.Length);
        }

        return values;
    }

    private static UInt128[] ContentsOf(LabeledRows rows, CancellationToken cancel)
    {
        var contents = new UInt128[rows.Count];
        SideBySide.For(rows.Count, row => contents[row] = rows.Content(row), cancel);
        return contents;
    }

    // Reads what is there; gives the rows that are not.
    private int[] Find(string place, UInt128[] contents, int width, float[] values)
    {
        var wanted = new Dictionary<UInt128, List<int>>();
        for (int row = 0; row < contents.Length; row++)
        {
            if (!wanted.TryGetValue(contents[row], out List<int>? rows))
            {
                wanted[contents[row]] = rows = [];
            }

            rows.Add(row);
        }

        var spoiled = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var found = new HashSet<UInt128>();
            string[] files = Directory.Exists(place) ? Directory.GetFiles(place, "*" + Extension) : [];
            if (files.Where(f => !spoiled.Contains(f)).Order(StringComparer.Ordinal).FirstOrDefault(f => !IsTaken(f, width, wanted, values, found)) is not { } bad)
            {
                return [.. Enumerable.Range(0, contents.Length).Where(r => !found.Contains(contents[r]))];
            }

            // It may have written over what a good one gave: once more without it.
            spoiled.Add(bad);
        }
    }

    // What was used last goes last; where times cannot be set, as on a store that others wrote, it may go earlier.
    private void Touch(string file)
    {
        try
        {
            File.SetLastWriteTimeUtc(file, _clock.GetUtcNow().UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Tell($"{file}: expected a store that remembers what was used last, got: {e.Message}");
        }
    }

    // Whether a file gave what it has; false where it is damaged or cannot be read.
    private bool IsTaken(string file, int width, Dictionary<UInt128, List<int>> wanted, float[] values, HashSet<UInt128> found)
    {
        try
        {
            if (FeatureFile.Read(file, width, wanted, values) is { } contained)
            {
                found.UnionWith(contained);
                Touch(file);
                return true;
            }

            Tell($"{file}: damaged features were removed and are computed again.");
            File.Delete(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Another process made room.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Tell($"{file}: features cannot be read and are computed again: {e.Message}");
        }

        return false;
    }

    private void Compute(
        Backbone trunk, LabeledRows rows, Tap tap, int[] missing, int width, float[] values, string? place, UInt128[] contents, Action<int, int>? progress, CancellationToken cancel)
    {
        bool wasTraining = trunk.IsTraining;
        trunk.Train(false);
        int done = 0;
        var fresh = new List<int>();
        try
        {
            using var silence = new NoGrad();
            int batch = Math.Clamp(BatchNumbers / rows.Length, 8, 1024);

            // Rows of one length go together: no padding, so no row depends on the others.
            foreach (IGrouping<int, int> alike in missing.GroupBy(rows.Steps))
            {
                var batches = new SequentialBatches(rows, batch, [.. alike]);
                while (NextBatch(trunk, batches, tap, width, values) is { Length: > 0 } computed)
                {
                    fresh.AddRange(computed);
                    progress?.Invoke(done += computed.Length, missing.Length);
                    if ((long)fresh.Count * width * sizeof(float) >= SegmentBytes)
                    {
                        Keep(place, fresh, contents, width, values);
                    }

                    cancel.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            trunk.Train(wasTraining);
            Keep(place, fresh, contents, width, values);
        }
    }

    private static int[] NextBatch(Backbone trunk, SequentialBatches batches, Tap tap, int width, float[] values)
    {
        using var scope = new TensorScope();
        if (batches.Next() is not { } batch)
        {
            return [];
        }

        float[] features = Forward(trunk, batch, tap).ToArray();
        int each = features.Length / batch.Rows.Length;      // less than the width where a sequence is shorter than it may be
        for (int i = 0; i < batch.Rows.Length; i++)
        {
            features.AsSpan(i * each, each).CopyTo(values.AsSpan(batch.Rows[i] * width));
        }

        return [.. batch.Rows];
    }

    private static Tensor Forward(Backbone trunk, Batch batch, Tap tap)
    {
        if (tap.Block is not { } last)
        {
            return trunk.Forward(batch.Input, batch.Lengths);
        }

        Tensor x = batch.Input;
        for (int i = 0; i <= last; i++)
        {
            x = trunk.Block(i, x, FrozenFront.LengthsFor(trunk, i, batch.Lengths));
        }

        return tap.IsWhole ? x.Shape.Rank == 4 ? x.Permute(0, 2, 3, 1) : x : x.Shape.Rank switch
        {
            4 => x.AdaptiveAvgPool2d(1).Flatten(),
            3 => x.Mean(1),
            _ => x,
        };
    }

    private void Keep(string? place, List<int> fresh, UInt128[] contents, int width, float[] values)
    {
        if (place is null || fresh.Count == 0)
        {
            return;
        }

        try
        {
            var kept = new float[fresh.Count * width];
            for (int i = 0; i < fresh.Count; i++)
            {
                values.AsSpan(fresh[i] * width, width).CopyTo(kept.AsSpan(i * width));
            }

            File.SetLastWriteTimeUtc(FeatureFile.Write(place, [.. fresh.Select(r => contents[r])], kept), _clock.GetUtcNow().UtcDateTime);
            MakeRoom();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Tell($"{folder}: features are not kept: {e.Message}");
        }

        fresh.Clear();
    }

    private void MakeRoom()
    {
        FileInfo[] files = [.. new DirectoryInfo(folder!).GetFiles("*" + Extension, SearchOption.AllDirectories).OrderBy(f => f.LastWriteTimeUtc).ThenBy(f => f.FullName, StringComparer.Ordinal)];
        long all = files.Sum(f => f.Length);
        foreach (FileInfo file in files.TakeWhile(_ => all > _mostBytes))
        {
            all -= file.Length;
            file.Delete();
        }
    }

    private void Tell(string notice)
    {
        lock (_gate)
        {
            _notices.Add(notice);
        }
    }

    // Where features are taken: behind a block, as means over places or all of it, or at the end.
    private readonly record struct Tap(int? Block, bool IsWhole);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"FeatureStore({folder ?? "nowhere"}: {Found} rows found, {Computed} computed)");
}
