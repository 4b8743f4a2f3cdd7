using Graft.Tensors.Random;

namespace Graft.Data.Splits;

/// <summary>Rows in the order of their hashes, and the ways to cut that order into sides.</summary>
internal sealed class RowOrder
{
    private readonly SplitRows _rows;
    private readonly int[] _subset;       // the rows this order speaks of
    private readonly ulong[] _rank;       // a hash for every row of the whole data set
    private readonly RandomStream _stream;
    private readonly bool _stratified;

    public RowOrder(SplitRows rows, RandomStream stream, bool stratified)
        : this(rows, stream, stratified, [.. Enumerable.Range(0, rows.Count)], Ranks(stream, rows.Count))
    {
    }

    private RowOrder(SplitRows rows, RandomStream stream, bool stratified, int[] subset, ulong[] rank)
    {
        _rows = rows;
        _stream = stream;
        _stratified = stratified;
        _subset = subset;
        _rank = rank;
    }

    /// <summary>The same order over some of the rows.</summary>
    public RowOrder Of(int[] subset) => new(_rows, _stream, _stratified, subset, _rank);

    /// <summary>Refuses where there are fewer rows, or fewer groups, than sides.</summary>
    public void NeedRows(int least, string what)
    {
        int units = _rows.Groups is null ? _subset.Length : Groups().Count;
        if (units < least)
        {
            throw Refuse($"expected at least {least} {(_rows.Groups is null ? "rows" : "groups")} for {what}, got {units}.");
        }
    }

    /// <summary>The side of every row of the subset.</summary>
    /// <param name="sizes">Rows wanted on every side; the sum is the number of rows; the last side is training.</param>
    /// <param name="bySize">Whether large groups are placed first, as equal folds want it; else in the order of their hash.</param>
    public int[] Divide(int[] sizes, bool bySize = false)
    {
        NeedRows(sizes.Count(s => s > 0), string.Join(" + ", sizes.Where(s => s > 0)) + " rows");
        if (_rows.Groups is not null)
        {
            return DivideGroups(sizes, bySize);
        }

        var side = new int[_subset.Length];
        List<int>[] strata = Strata();
        int[][] quota = Quotas(sizes, strata);
        for (int k = 0; k < strata.Length; k++)
        {
            int at = 0;
            for (int s = 0; s < sizes.Length; s++)
            {
                for (int i = 0; i < quota[s][k]; i++)
                {
                    side[strata[k][at++]] = s;
                }
            }
        }

        return side;
    }

    /// <summary>The first rows in the order, spread over the classes where the split is stratified; ascending.</summary>
    public int[] First(int[] rows, int most)
    {
        RowOrder order = Of(rows);
        List<int>[] strata = order.Strata();
        int[] share = Apportion.Spread(most, [.. strata.Select(s => (double)s.Count)], [.. strata.Select(s => s.Count)], most >= strata.Length ? 1 : 0)!;
        int[] kept = [.. strata.SelectMany((s, k) => s.Take(share[k])).Select(i => rows[i])];
        Array.Sort(kept);
        return kept;
    }

    /// <summary>The first rows of every class in the order; ascending.</summary>
    public int[] FirstOfEachClass(int[] rows, int each)
    {
        if (_rows.Labels is null)
        {
            throw Refuse("expected a column of classes for trainPerClass, got none. Name it with stratify.");
        }

        int classes = _rows.LabelNames?.Count ?? _rows.Labels.DefaultIfEmpty(-1).Max() + 1;
        var kept = new List<int>();
        var seen = new int[classes];
        foreach (int row in rows.OrderBy(r => _rank[r]))
        {
            int label = _rows.Labels[row];
            if (label >= 0 && seen[label] < each)
            {
                seen[label]++;
                kept.Add(row);
            }
        }

        int poor = Array.FindIndex(seen, s => s < each);
        if (poor >= 0)
        {
            throw Refuse($"expected at least {each} training rows of class '{_rows.LabelName(poor)}', got {seen[poor]}. Lower trainPerClass, or make the other sides smaller.");
        }

        kept.Sort();
        return [.. kept];
    }

    private static ulong[] Ranks(RandomStream stream, int count)
    {
        var rank = new ulong[count];
        for (int row = 0; row < count; row++)
        {
            RandomStream own = stream.At((ulong)row);
            rank[row] = own.NextULong();
        }

        return rank;
    }

    /// <summary>Positions in the subset, class by class, each in the order of the hashes; one list where nothing is stratified.</summary>
    private List<int>[] Strata()
    {
        int[] order = [.. Enumerable.Range(0, _subset.Length).OrderBy(i => _rank[_subset[i]])];
        return _stratified && _rows.Labels is not null
            ? [.. order.GroupBy(i => _rows.Labels[_subset[i]]).OrderBy(g => g.Key).Select(g => g.ToList())]
            : [[.. order]];
    }

    private int[][] Quotas(int[] sizes, List<int>[] strata)
    {
        int sides = sizes.Count(s => s > 0);
        var left = strata.Select(s => s.Count).ToArray();
        var quota = new int[sizes.Length][];
        foreach (List<int> poor in strata.Where(s => strata.Length > 1 && s.Count < Math.Min(2, sides) && _rows.Labels![_subset[s[0]]] >= 0))
        {
            throw Refuse($"expected at least 2 rows of class '{_rows.LabelName(_rows.Labels![_subset[poor[0]]])}' to stratify, got {poor.Count}. Leave stratify out, or merge rare classes.");
        }

        for (int s = 0; s < sizes.Length; s++)
        {
            bool last = s == sizes.Length - 1;
            // A class keeps one row for the last side, which is training: no class is without.
            int[] most = [.. left.Select(n => last ? n : strata.Length == 1 ? n : Math.Max(0, n - 1))];
            quota[s] = Apportion.Spread(sizes[s], [.. left.Select(n => (double)n)], most, 0)
                ?? throw Refuse($"expected rows of {strata.Length} classes to fill the sides {string.Join(" + ", sizes)} with one training row a class left, got too few. Make the sides smaller.");
            for (int k = 0; k < left.Length; k++)
            {
                left[k] -= quota[s][k];
            }
        }

        return quota;
    }

    private Dictionary<long, List<int>> Groups()
    {
        var groups = new Dictionary<long, List<int>>();
        for (int i = 0; i < _subset.Length; i++)
        {
            int group = _rows.Groups![_subset[i]];
            long key = group >= 0 ? group : -1L - _subset[i];       // a row without a group is its own
            (groups.TryGetValue(key, out List<int>? members) ? members : groups[key] = []).Add(i);
        }

        return groups;
    }

    /// <summary>Whole groups, one after the other, to the side that they bring closest to the wanted counts of every class.</summary>
    private int[] DivideGroups(int[] sizes, bool bySize)
    {
        bool classes = _stratified && _rows.Labels is not null;
        int[] labels = [.. _subset.Select(r => classes ? _rows.Labels![r] + 1 : 0)];
        int labelCount = labels.DefaultIfEmpty(0).Max() + 1;
        var all = new double[labelCount];
        foreach (int label in labels)
        {
            all[label]++;
        }

        RandomStream groupStream = _stream.At(ulong.MaxValue);
        IEnumerable<List<int>> order = Groups()
            .Select(g => (Members: g.Value, Hash: RandomStream.Hash(groupStream.State.Key, g.Key.ToString(System.Globalization.CultureInfo.InvariantCulture))))
            .OrderByDescending(g => bySize ? g.Members.Count : 0).ThenBy(g => g.Hash).Select(g => g.Members);
        var counts = new double[sizes.Length, labelCount];
        var held = new int[sizes.Length];
        var side = new int[_subset.Length];
        int unplaced = Groups().Count;
        foreach (List<int> members in order)
        {
            var own = new double[labelCount];
            members.ForEach(i => own[labels[i]]++);
            int best = -1;
            double bestLoss = double.PositiveInfinity;
            bool mustFillEmpty = unplaced <= Enumerable.Range(0, sizes.Length).Count(s => sizes[s] > 0 && held[s] == 0);
            for (int s = 0; s < sizes.Length; s++)
            {
                if (sizes[s] == 0 || (mustFillEmpty && held[s] > 0))
                {
                    continue;
                }

                double loss = 0;         // change of the sum of (count - wanted)^2 / wanted
                for (int c = 0; c < labelCount; c++)
                {
                    double wanted = all[c] * sizes[s] / _subset.Length;
                    loss += own[c] == 0 ? 0 : own[c] * ((2 * (counts[s, c] - wanted)) + own[c]) / wanted;
                }

                if (loss < bestLoss)
                {
                    (best, bestLoss) = (s, loss);
                }
            }

            held[best]++;
            unplaced--;
            for (int c = 0; c < labelCount; c++)
            {
                counts[best, c] += own[c];
            }

            members.ForEach(i => side[i] = best);
        }

        return side;
    }

    private GraftInputException Refuse(string message) => new(_rows.Name, "split: " + message);
}
