using System.Globalization;
using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

/// <summary>A few numbers that are known before the graph runs: sizes, axes, factors.</summary>
/// <remarks>Sizes of a batch are among them: they are found for some sizes of it, and are the same straight line for all.</remarks>
internal sealed class GraphNumbers
{
    /// <summary>Most numbers in one of them.</summary>
    public const int Most = 1 << 20;

    private const double Exact = 1L << 53;

    private Tensor? _tensor;

    public GraphNumbers(IReadOnlyList<int> sizes, double[] values, bool isInteger)
    {
        Sizes = sizes;
        Values = values;
        IsInteger = isInteger;
    }

    public IReadOnlyList<int> Sizes { get; }

    public double[] Values { get; }

    public bool IsInteger { get; }

    public int Count => Values.Length;

    /// <summary>The numbers as a tensor of floating point numbers; made once.</summary>
    public Tensor Tensor => _tensor ??= Graft.Tensors.Tensor.From([.. Values.Select(v => (float)v)], Shape.Create([.. Sizes]));

    /// <summary>The numbers as integers.</summary>
    public long[] Whole => [.. Values.Select(v => (long)Math.Clamp(v, -Exact, Exact))];

    /// <summary>They as sizes: cut where they leave the range of an integer.</summary>
    public int[] Integers => [.. Values.Select(v => (int)Math.Clamp(v, int.MinValue, int.MaxValue))];

    public static GraphNumbers List(IEnumerable<double> values)
    {
        double[] list = [.. values];
        return new GraphNumbers([list.Length], list, isInteger: true);
    }

    public static GraphNumbers From(GraphTensor tensor) => new(
        tensor.Sizes, tensor.Values is null ? [.. tensor.Integers!.Select(i => (double)i)] : [.. tensor.Values.Select(v => (double)v)], tensor.Values is null);

    /// <summary>The same numbers with other axes.</summary>
    public GraphNumbers As(params IReadOnlyList<int> sizes) =>
        sizes.Aggregate(1L, (a, b) => a * b) == Count ? new GraphNumbers(sizes, Values, IsInteger) : throw new ShapeException("Reshape", $"{Count} numbers", $"[{string.Join(", ", sizes)}]");

    public GraphNumbers Map(Func<double, double> function, bool? isInteger = null) => new(Sizes, [.. Values.Select(function)], isInteger ?? IsInteger);

    /// <summary>Both number by number; axes of size 1 stretch.</summary>
    public GraphNumbers With(GraphNumbers other, Func<double, double, double> function, bool? isInteger = null)
    {
        int[] sizes = Stretched(Sizes, other.Sizes);
        GraphNumbers a = Stretch(sizes), b = other.Stretch(sizes);
        return new GraphNumbers(sizes, [.. a.Values.Zip(b.Values, function)], isInteger ?? (IsInteger && other.IsInteger));
    }

    /// <summary>The sizes that two shapes stretch to.</summary>
    public static int[] Stretched(IReadOnlyList<int> a, IReadOnlyList<int> b)
    {
        var sizes = new int[Math.Max(a.Count, b.Count)];
        for (int i = 1; i <= sizes.Length; i++)
        {
            int x = i <= a.Count ? a[^i] : 1, y = i <= b.Count ? b[^i] : 1;
            sizes[^i] = x == y || y == 1 ? x : x == 1 ? y : throw new ShapeException("Broadcast", $"[{string.Join(", ", a)}]", $"[{string.Join(", ", b)}]");
        }

        return sizes;
    }

    public GraphNumbers Stretch(IReadOnlyList<int> sizes)
    {
        int count = Bounded(sizes);
        if (Count == count)
        {
            return As(sizes);
        }

        var values = new double[count];
        for (int i = 0; i < count; i++)
        {
            int rest = i, at = 0, step = 1;
            for (int axis = 1; axis <= sizes.Count; axis++)
            {
                int place = rest % sizes[^axis];
                rest /= sizes[^axis];
                if (axis <= Sizes.Count)
                {
                    at += Sizes[^axis] == 1 ? 0 : place * step;
                    step *= Sizes[^axis];
                }
            }

            values[i] = Values[at];
        }

        return new GraphNumbers(sizes, values, IsInteger);
    }

    /// <summary>Chosen places of an axis, from 0 to its size - 1.</summary>
    public GraphNumbers Take(int axis, IReadOnlyList<int> places, IReadOnlyList<int> placeSizes)
    {
        int outer = Product(Sizes.Take(axis)), inner = Product(Sizes.Skip(axis + 1)), size = Sizes[axis];
        Bounded([outer, places.Count, inner]);
        var values = new double[outer * places.Count * inner];
        int to = 0;
        for (int o = 0; o < outer; o++)
        {
            foreach (int place in places)
            {
                Array.Copy(Values, ((o * size) + place) * inner, values, to, inner);
                to += inner;
            }
        }

        return new GraphNumbers([.. Sizes.Take(axis), .. placeSizes, .. Sizes.Skip(axis + 1)], values, IsInteger);
    }

    /// <summary>One behind the other along an axis.</summary>
    public static GraphNumbers Join(IReadOnlyList<GraphNumbers> parts, int axis)
    {
        int outer = Product(parts[0].Sizes.Take(axis));
        Bounded([(int)Math.Min(int.MaxValue, parts.Sum(p => (long)p.Count))]);
        List<double> values = [];
        for (int o = 0; o < outer; o++)
        {
            foreach (GraphNumbers part in parts)
            {
                int run = part.Count / Math.Max(1, outer);
                values.AddRange(part.Values.AsSpan(o * run, run));
            }
        }

        int[] sizes = [.. parts[0].Sizes];
        sizes[axis] = parts.Sum(p => p.Sizes[axis]);
        return new GraphNumbers(sizes, [.. values], parts.All(p => p.IsInteger)).As(sizes);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{string.Join(", ", Sizes)}] numbers");

    /// <summary>How many numbers there are, if not too many.</summary>
    public static int Bounded(IReadOnlyList<int> sizes)
    {
        double count = sizes.Aggregate(1.0, (a, b) => a * b);
        return count is >= 0 and <= Most ? (int)count : throw new ShapeException("GraphNumbers", $"at most {Most} numbers", $"[{string.Join(", ", sizes)}]");
    }

    private static int Product(IEnumerable<int> sizes) => sizes.Aggregate(1, (a, b) => a * b);
}

/// <summary>A value of a graph that runs: a tensor, or numbers that were known before.</summary>
internal readonly record struct GraphData(Tensor? Tensor, GraphNumbers? Numbers)
{
    public static implicit operator GraphData(Tensor tensor) => new(tensor, null);

    public static implicit operator GraphData(GraphNumbers numbers) => new(null, numbers);

    public IReadOnlyList<int> Sizes => Tensor is { } tensor ? [.. tensor.Shape.Sizes] : Numbers!.Sizes;
}
