namespace Graft.Models.Graphs.Tracing;

/// <summary>Says ops that move elements about in operators of ONNX.</summary>
internal static class TraceShapes
{
    /// <summary>An operand with other sizes. The batch in front is what the others leave; elsewhere its size is computed, so that readers cannot take it for another.</summary>
    public static string Reshape(TraceBuilder b, string operand, TraceSize[] from, TraceSize[] to)
    {
        if (!to.All(s => s.IsBatch || s.Count > 0))
        {
            throw b.Refused("shapes with elements", $"[{string.Join(", ", to.Select(s => s.OrOpen))}]");
        }

        int gone = OneMore(from, to), come = OneMore(to, from);
        bool isPlain = from.Concat(to).All(s => !s.IsBatch) || (from[0].IsBatch && to[0].IsBatch && !to.Skip(1).Any(s => s.IsBatch));
        return from.SequenceEqual(to) ? operand
            : gone >= 0 ? b.Add("Squeeze", [operand, b.Integers(gone)])
            : come >= 0 ? b.Add("Unsqueeze", [operand, b.Integers(come)])
            : b.Add("Reshape", [operand, isPlain ? b.Integers([.. to.Select(s => (long)s.OrOpen)]) : b.Shape(to)]);
    }

    // The axis of size 1 that one shape has and the other lacks, or -1.
    private static int OneMore(TraceSize[] more, TraceSize[] less) => more.Length != less.Length + 1 ? -1
        : Array.FindIndex([.. Enumerable.Range(0, more.Length)], i => more[i] == new TraceSize(1, false) && more.Where((_, k) => k != i).SequenceEqual(less));

    public static void Slice(in TraceStep s)
    {
        TraceBuilder b = s.Builder;
        int axis = s.Integer("axis"), step = s.Integer("step");
        TraceSize start = s.Size("start"), length = s.Size("length");
        if (step == 1 && start.Count == 0 && length == s.Sizes(0)[axis])
        {
            b.Alias(s.Result(), s.Place(0));
            return;
        }

        bool isBatch = length.IsBatch && (start.IsBatch || start.Count == 0) && step == 1;
        if (!isBatch && (length.IsBatch || start.IsBatch))
        {
            throw b.Refused("slices that keep rows or take whole batches", $"start {start}, length {length}");
        }

        TraceSize end = isBatch ? new TraceSize(start.Count + length.Count, true) : new TraceSize(start.Count + ((length.Count - 1) * step) + 1, false);
        s.Give("Slice", [s.In(0), b.Shape([start]), b.Shape([end]), b.Integers(axis), b.Integers(step)]);
    }

    public static void Expand(in TraceStep s)
    {
        TraceSize[] from = s.Sizes(0), to = s.ResultSizes;
        if (from.SequenceEqual(to))
        {
            s.Builder.Alias(s.Result(), s.Place(0));
            return;
        }

        // An axis that is not stretched needs no size: 1 leaves it.
        int lead = to.Length - from.Length;
        s.Give("Expand", [s.In(0), s.Builder.Shape([.. to.Select((size, i) => i >= lead && from[i - lead] == size ? new TraceSize(1, false) : size)])]);
    }

    // The tensors side by side along a new axis 1, times the weights, summed over it.
    public static void Mix(in TraceStep s)
    {
        TraceBuilder b = s.Builder;
        int count = s.Count - 1;
        var parts = new string[count];
        for (int e = 0; e < count; e++)
        {
            parts[e] = b.Add("Unsqueeze", [s.In(e), b.Integers(1)]);
        }

        TraceSize[] sizes = [.. s.Sizes(count), .. Enumerable.Repeat(new TraceSize(1, false), s.Rank(0) - 1)];
        string all = b.Add("Concat", parts, ("axis", 1L)), weights = Reshape(b, s.In(count), s.Sizes(count), sizes);
        s.Give("ReduceSum", [b.Add("Mul", [all, weights]), b.Integers(1)], ("keepdims", 0L));
    }
}
