using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Ops;

/// <summary>How a reduction joins two values.</summary>
internal interface IReducer
{
    /// <summary>The reduction's name: "ReduceSum".</summary>
    static abstract string Name { get; }

    static abstract float Start { get; }

    static abstract V Join<V>(V a, V b)
        where V : struct, IVec<V>;

    static abstract float Within<V>(V v)
        where V : struct, IVec<V>;
}

internal struct SumReducer : IReducer
{
    public static string Name => "ReduceSum";

    public static float Start => 0;

    public static V Join<V>(V a, V b)
        where V : struct, IVec<V> => a + b;

    public static float Within<V>(V v)
        where V : struct, IVec<V> => V.Sum(v);
}

internal struct MaxReducer : IReducer
{
    public static string Name => "ReduceMax";

    public static float Start => float.NegativeInfinity;

    public static V Join<V>(V a, V b)
        where V : struct, IVec<V> => V.Max(a, b);

    public static float Within<V>(V v)
        where V : struct, IVec<V> => V.HorizontalMax(v);
}

internal struct MinReducer : IReducer
{
    public static string Name => "ReduceMin";

    public static float Start => float.PositiveInfinity;

    public static V Join<V>(V a, V b)
        where V : struct, IVec<V> => V.Min(a, b);

    public static float Within<V>(V v)
        where V : struct, IVec<V> => V.HorizontalMin(v);
}

/// <summary>Reductions over any axes of any layout: the one place where their loops stand.</summary>
/// <remarks>The input is walked in memory order. Where its outermost axis is reduced, the work is cut into a number of parts that depends on the
/// shape alone; each part has its own result, and they are joined in order: the same bits with any number of threads.</remarks>
internal static unsafe class Reduce
{
    private const int MostParts = 16;

    /// <summary>Sums a gradient of the larger shape into that of a tensor which was stretched to it.</summary>
    public static void SumTo(float* from, in Shape shape, in Dims strides, Node to)
    {
        Dims stretched = Plan.Stretch(to, shape);
        if (!to.BeginGrad())
        {
            new Span<float>(to.Root.Grad, to.Root.Count).Clear();
        }

        Into<SumReducer>(from, shape, strides, to.Grad, stretched, to.IsDense ? to.Count : 0);
    }

    /// <summary>Sums the gradients in all slots over their rows into the slots of a vector.</summary>
    /// <param name="y">Its gradients are rows, one after the other, as long as the vector.</param>
    /// <param name="rows">How many.</param>
    /// <param name="to">Its slots are those of y.</param>
    public static void SumToSlots(Node y, int rows, Node to)
    {
        int count = y.SlotCount, width = to.Count;
        bool add = to.BeginGrads();
        Shape each = [rows, width];
        for (int i = 0; i < count; i++)
        {
            float* target = to.Slots + (i * to.SlotDistance);
            if (!add)
            {
                new Span<float>(target, width).Clear();
            }

            Into<SumReducer>(y.Slots + (i * y.SlotDistance), each, each.RowMajor(), target, Plan.Stretch([width], Shape.Create([width]).RowMajor(), each), width);
        }
    }

    /// <summary>The sum of numbers that lie one after the other.</summary>
    public static float Total(float* values, int count)
    {
        float total = 0;
        Shape shape = Shape.Create([count]);
        Into<SumReducer>(values, shape, shape.RowMajor(), &total, default, 1);
        return total;
    }

    /// <summary>Joins every element of the input into the output element that its strides (0 along reduced axes) lead to.</summary>
    /// <param name="count">Elements of the output if it is dense from its first one; 0: not, then the work is not cut.</param>
    public static void Into<TReducer>(float* from, in Shape shape, in Dims strides, float* to, in Dims toStrides, int count)
        where TReducer : struct, IReducer
    {
        if (shape.Count == 0)
        {
            return;
        }

        Plan plan = Plan.Make(shape, strides, toStrides);
        if (shape.Count < 2 * Rows.Grain || count == 0)
        {
            Walk<TReducer>(plan, 0, plan.Rows, from, to);
            return;
        }

        if (plan.Axes == 1)
        {
            // One long row becomes many, and a rest.
            int cut = plan.Inner / Rows.Grain, rest = plan.Inner % Rows.Grain;
            Plan tail = plan;
            tail.Sizes[0] = rest;
            nint done = (nint)(plan.Inner - rest);
            Walk<TReducer>(tail, 0, rest == 0 ? 0 : 1, from + (done * plan.S0[0]), to + (done * plan.S1[0]));
            plan.Split(cut, Rows.Grain);
        }

        int outer = plan.Sizes[0], each = plan.Rows / outer;
        int parts = Math.Min(Math.Min(MostParts, outer), Math.Max(1, shape.Count / Rows.Grain));
        var job = new PartJob<TReducer> { Plan = plan, From = from, To = to, Outer = outer, Each = each, Parts = parts, Count = count };
        if (plan.S1[0] != 0)
        {
            Team.For(parts, ref job);
            return;
        }

        using var partial = new Scratch((long)parts * count);
        new Span<float>(partial.Data, parts * count).Fill(TReducer.Start);
        job.Partial = partial.Data;
        Team.For(parts, ref job);
        for (int p = 0; p < parts; p++)
        {
            JoinRow<TReducer>(to, partial.Data + ((nint)p * count), count);
        }
    }

    private static void Walk<TReducer>(in Plan plan, int first, int last, float* from, float* to)
        where TReducer : struct, IReducer
    {
        int axis = plan.Axes - 1, n = plan.Inner, s0 = plan.S0[axis], s1 = plan.S1[axis];
        for (int r = first; r < last; r++)
        {
            plan.Offsets(r, out nint o0, out nint o1, out _, out _);
            float* x = from + o0;
            float* y = to + o1;
            if (s0 == 1 && s1 == 1)
            {
                JoinRow<TReducer>(y, x, n);
            }
            else if (s0 == 1 && s1 == 0)
            {
                JoinAll<TReducer>(y, x, n);
            }
            else
            {
                for (int i = 0; i < n; i++)
                {
                    W128 joined = TReducer.Join(W128.All(y[(nint)i * s1]), W128.All(x[(nint)i * s0]));
                    W128.StoreFirst(joined, y + ((nint)i * s1), 1);
                }
            }
        }
    }

    private static void JoinRow<TReducer>(float* y, float* x, int n)
        where TReducer : struct, IReducer
    {
        if (Width.Is512)
        {
            JoinRow<TReducer, W512>(y, x, n);
        }
        else if (Width.Is256)
        {
            JoinRow<TReducer, W256>(y, x, n);
        }
        else
        {
            JoinRow<TReducer, W128>(y, x, n);
        }
    }

    private static void JoinRow<TReducer, V>(float* y, float* x, int n)
        where TReducer : struct, IReducer
        where V : struct, IVec<V>
    {
        int i = 0;
        for (; i <= n - V.Width; i += V.Width)
        {
            V.Store(TReducer.Join(V.Load(y + i), V.Load(x + i)), y + i);
        }

        if (i < n)
        {
            V.StoreFirst(TReducer.Join(V.LoadFirst(y + i, n - i), V.LoadFirst(x + i, n - i)), y + i, n - i);
        }
    }

    private static void JoinAll<TReducer>(float* y, float* x, int n)
        where TReducer : struct, IReducer
    {
        float all = Width.Is512 ? Within<TReducer, W512>(x, n) : Width.Is256 ? Within<TReducer, W256>(x, n) : Within<TReducer, W128>(x, n);
        W128.StoreFirst(TReducer.Join(W128.All(*y), W128.All(all)), y, 1);
    }

    // Four running vectors hide the latency of the additions; the tail joins one lane at a time.
    private static float Within<TReducer, V>(float* x, int n)
        where TReducer : struct, IReducer
        where V : struct, IVec<V>
    {
        V a = V.All(TReducer.Start), b = a, c = a, d = a;
        int i = 0;
        for (; i <= n - (4 * V.Width); i += 4 * V.Width)
        {
            a = TReducer.Join(a, V.Load(x + i));
            b = TReducer.Join(b, V.Load(x + i + V.Width));
            c = TReducer.Join(c, V.Load(x + i + (2 * V.Width)));
            d = TReducer.Join(d, V.Load(x + i + (3 * V.Width)));
        }

        for (; i <= n - V.Width; i += V.Width)
        {
            a = TReducer.Join(a, V.Load(x + i));
        }

        float all = TReducer.Within(TReducer.Join(TReducer.Join(a, b), TReducer.Join(c, d)));
        for (; i < n; i++)
        {
            all = TReducer.Within(FirstOf<TReducer>(all, x[i]));
        }

        return all;
    }

    // Lane 0 joins the two numbers, the others hold the neutral element.
    private static W128 FirstOf<TReducer>(float a, float b)
        where TReducer : struct, IReducer
    {
        float* four = stackalloc float[4] { a, b, TReducer.Start, TReducer.Start };
        return W128.Load(four);
    }

    private struct PartJob<TReducer> : IJob
        where TReducer : struct, IReducer
    {
        public Plan Plan;
        public float* From;
        public float* To;
        public float* Partial;
        public int Outer;
        public int Each;
        public int Parts;
        public int Count;

        public readonly void Run(int index)
        {
            int first = (int)((long)Outer * index / Parts) * Each, last = (int)((long)Outer * (index + 1) / Parts) * Each;
            Walk<TReducer>(Plan, first, last, From, Partial == null ? To : Partial + ((nint)index * Count));
        }
    }
}
