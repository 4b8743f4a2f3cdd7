namespace Graft.Tensors.Tests.Ops;

/// <summary>An array of double numbers with axes: what the reference implementations are written with. Slow and plain.</summary>
public sealed class Nd
{
    public Nd(int[] shape)
    {
        Shape = shape;
        Data = new double[Size(shape)];
    }

    public Nd(int[] shape, Func<int[], double> element)
        : this(shape)
    {
        for (int i = 0; i < Data.Length; i++)
        {
            Data[i] = element(At(i));
        }
    }

    public int[] Shape { get; }

    public double[] Data { get; }

    public int Rank => Shape.Length;

    public double this[params int[] at]
    {
        get => Data[Index(at)];
        set => Data[Index(at)] = value;
    }

    public static Nd From(Tensor tensor) => new Nd(tensor.Shape.Sizes.ToArray()).Fill(tensor.ToArray());

    public static Nd Scalar(double value) => new([], _ => value);

    public static int Size(ReadOnlySpan<int> shape)
    {
        int size = 1;
        foreach (int n in shape)
        {
            size *= n;
        }

        return size;
    }

    /// <summary>The place of an element, from its number in row-major order.</summary>
    public int[] At(int index)
    {
        var at = new int[Rank];
        for (int i = Rank - 1; i >= 0; i--)
        {
            at[i] = index % Shape[i];
            index /= Shape[i];
        }

        return at;
    }

    public Nd Map(Func<double, double> f) => new(Shape, at => f(this[at]));

    /// <summary>Elementwise over the broadcast shape.</summary>
    public static Nd Zip(Nd a, Nd b, Func<double, double, double> f)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        var shape = new int[rank];
        for (int i = 1; i <= rank; i++)
        {
            int x = i <= a.Rank ? a.Shape[^i] : 1, y = i <= b.Rank ? b.Shape[^i] : 1;
            shape[^i] = x == 1 ? y : x;
        }

        return new Nd(shape, at => f(a.Stretched(at), b.Stretched(at)));
    }

    /// <summary>The element that a place in a larger, broadcast shape leads to.</summary>
    public double Stretched(int[] at) => Data[Place(at)];

    /// <summary>Where that element lies.</summary>
    public int Place(int[] at)
    {
        int index = 0;
        for (int i = 0; i < Rank; i++)
        {
            index = (index * Shape[i]) + (Shape[i] == 1 ? 0 : at[at.Length - Rank + i]);
        }

        return index;
    }

    /// <summary>Joins the elements along axes; the axes disappear.</summary>
    public Nd Reduce(int[] axes, Func<double[], double> join)
    {
        bool[] gone = [.. Enumerable.Range(0, Rank).Select(i => axes.Length == 0 || axes.Contains(i))];
        int[] kept = [.. Enumerable.Range(0, Rank).Where(i => !gone[i])];
        int[] reduced = [.. Enumerable.Range(0, Rank).Where(i => gone[i])];
        var inner = new Nd([.. reduced.Select(i => Shape[i])]);
        return new Nd([.. kept.Select(i => Shape[i])], at => join([.. Enumerable.Range(0, inner.Data.Length).Select(n =>
        {
            var full = new int[Rank];
            int[] rest = inner.At(n);
            for (int i = 0; i < kept.Length; i++)
            {
                full[kept[i]] = at[i];
            }

            for (int i = 0; i < reduced.Length; i++)
            {
                full[reduced[i]] = rest[i];
            }

            return this[full];
        })]));
    }

    public Nd Permute(params int[] axes) => new([.. axes.Select(a => Shape[a])], at =>
    {
        var from = new int[Rank];
        for (int i = 0; i < Rank; i++)
        {
            from[axes[i]] = at[i];
        }

        return this[from];
    });

    public Nd Reshape(params int[] shape) => new Nd(shape).Fill(Data);

    private Nd Fill<T>(ReadOnlySpan<T> values)
        where T : struct, System.Numerics.INumber<T>
    {
        for (int i = 0; i < values.Length; i++)
        {
            Data[i] = double.CreateChecked(values[i]);
        }

        return this;
    }

    private Nd Fill(float[] values) => Fill<float>(values);

    private Nd Fill(double[] values) => Fill<double>(values);

    private int Index(int[] at)
    {
        int index = 0;
        for (int i = 0; i < Rank; i++)
        {
            index = (index * Shape[i]) + at[i];
        }

        return index;
    }
}
