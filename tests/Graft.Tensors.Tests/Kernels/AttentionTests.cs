using Graft.Tensors.Kernels;
using Graft.Tensors.Random;
using Graft.Tensors.Tests.Ops;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class AttentionTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<int> Widths => new(512, 256, 128);

    // Pieces of a few scores force several blocks of queries; strides larger than the rows leave room that nobody may touch.
    [Theory, MemberData(nameof(Widths))]
    public void Results_and_gradients_follow_the_definition(int width)
    {
        var random = new System.Random(width);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            var shape = new AttentionShape
            {
                Rows = random.Next(1, 4),
                Heads = random.Next(1, 4),
                Queries = Kit.Edge(random, 40),
                Keys = Kit.Edge(random, 40),
                Depth = Kit.Edge(random, 20),
                Width = Kit.Edge(random, 20),
                Scale = 0.3f,
            };
            shape.Cut(random.Next(2) == 0 ? AttentionShape.MostScores : 100);
            int[]? counts = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, shape.Rows).Select(_ => random.Next(0, shape.Keys + 3))];
            float dropout = random.Next(3) == 0 ? 0.3f : 0;
            bool add = random.Next(2) == 0;
            RandomState state = RandomStream.For((ulong)round, "mask").State;
            int spare = random.Next(3), deep = (shape.Heads * shape.Depth) + spare, wide = (shape.Heads * shape.Width) + spare;
            using Guarded q = Guarded.Random(shape.Rows * shape.Queries * deep, random), k = Guarded.Random(shape.Rows * shape.Keys * deep, random);
            using Guarded v = Guarded.Random(shape.Rows * shape.Keys * wide, random), y = Guarded.Random(shape.Rows * shape.Queries * wide, random);
            using Guarded up = Guarded.Random(y.Length, random), kept = new(shape.Rows * shape.Heads * shape.Queries * shape.Keys);
            using Guarded dq = Guarded.Random(q.Length, random), dk = Guarded.Random(k.Length, random), dv = Guarded.Random(v.Length, random), tangent = Guarded.Random(y.Length, random);
            double[][] expected = Expected(shape, counts, dropout, state, add, q, k, v, up, y, dq, dk, dv, deep, wide);
            float[] before = [.. dq.Span, .. dk.Span, .. dv.Span];
            string what = $"{shape.Rows} x {shape.Heads} heads, {shape.Queries} x {shape.Keys}, {shape.Depth} and {shape.Width}, {shape.Blocks} blocks, dropout {dropout}, add {add}";

            fixed (int* lengths = counts)
            {
                shape.Lengths = lengths;
                HeadRows query = Rows(q.P, shape.Queries, deep, shape.Depth), key = Rows(k.P, shape.Keys, deep, shape.Depth), value = Rows(v.P, shape.Keys, wide, shape.Width);
                HeadRows result = Rows(y.P, shape.Queries, wide, shape.Width);
                Run(width, shape, query, key, value, result, kept.P, dropout, state);
                var gradients = new AttentionGradients
                {
                    Shape = shape,
                    Query = query,
                    Key = key,
                    Value = value,
                    Kept = kept.P,
                    Factor = 1 / (1 - dropout),
                    HasDropout = dropout > 0,
                    Slots = 1,
                    DResult = Rows(up.P, shape.Queries, wide, shape.Width),
                    DQuery = Rows(dq.P, shape.Queries, deep, shape.Depth),
                    DKey = Rows(dk.P, shape.Keys, deep, shape.Depth),
                    DValue = Rows(dv.P, shape.Keys, wide, shape.Width),
                    AddQuery = add,
                    AddKey = add,
                    AddValue = add,
                };
                Back(width, gradients);

                Kit.AssertClose(expected[0], y.Span, Tolerance, what);
                Kit.AssertClose(expected[1], dq.Span, Tolerance, $"queries, {what}");
                Kit.AssertClose(expected[2], dk.Span, Tolerance, $"keys, {what}");
                Kit.AssertClose(expected[3], dv.Span, Tolerance, $"values, {what}");

                // The derivative along any direction has with the upstream gradient the product that the gradients have with the direction.
                using Guarded direction = Guarded.Random(q.Length, random), directionK = Guarded.Random(k.Length, random), directionV = Guarded.Random(v.Length, random);
                double inner = Product(dq, direction, before, 0, add, deep, shape.Heads * shape.Depth) + Product(dk, directionK, before, q.Length, add, deep, shape.Heads * shape.Depth)
                    + Product(dv, directionV, before, q.Length + k.Length, add, wide, shape.Heads * shape.Width);
                gradients.DQuery = Rows(direction.P, shape.Queries, deep, shape.Depth);
                gradients.DKey = Rows(directionK.P, shape.Keys, deep, shape.Depth);
                gradients.DValue = Rows(directionV.P, shape.Keys, wide, shape.Width);
                gradients.DResult = Rows(tangent.P, shape.Queries, wide, shape.Width);
                Forward(width, gradients);
                double along = 0, size = 1;
                for (int i = 0; i < tangent.Length; i++)
                {
                    along += i % wide < shape.Heads * shape.Width ? (double)tangent.P[i] * up.P[i] : 0;
                    size += Math.Abs((double)tangent.P[i] * up.P[i]);
                }

                Assert.True(Math.Abs(inner - along) <= 1e-5 * size, $"{what}: {inner} and {along}");
            }

            foreach (Guarded written in new[] { y, kept, dq, dk, dv, tangent })
            {
                written.AssertUntouchedAround();
            }
        }
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3), InlineData(5)]
    public void Factors_of_dropout_are_what_the_stream_says_wherever_one_begins(int from)
    {
        RandomStream stream = RandomStream.For(7, "factors", 9);
        foreach (int count in new[] { 0, 1, 3, 4, 31, 32, 33, 67, 200 })
        {
            var uniform = new float[count];
            stream.FillUniform(uniform, start: (1L << 34) + from);
            using Guarded factors = new(count, offset: 3);

            DropoutMask.Fill(stream.State, 0.3f, (1L << 34) + from, factors.P, count);

            Assert.Equal(uniform.Select(u => u < 0.3f ? 0 : 1 / (1 - 0.3f)), factors.Span.ToArray());
            factors.AssertUntouchedAround();
        }
    }

    private static HeadRows Rows(float* p, int places, int stride, int size) => new(p, (nint)places * stride, stride, size);

    // What was added to a gradient, times a direction; what lies between the rows has no part in it.
    private static double Product(Guarded gradient, Guarded direction, float[] before, int from, bool add, int stride, int used) =>
        Enumerable.Range(0, gradient.Length).Where(i => i % stride < used).Sum(i => (gradient.P[i] - (add ? (double)before[from + i] : 0)) * direction.P[i]);

    private static double[][] Expected(
        AttentionShape shape, int[]? counts, float dropout, RandomState state, bool add, Guarded q, Guarded k, Guarded v, Guarded up, Guarded y, Guarded dq, Guarded dk, Guarded dv, int deep, int wide)
    {
        var mask = new float[shape.Rows * shape.Heads * shape.Queries * shape.Keys];
        fixed (float* m = mask)
        {
            DropoutMask.Fill(state, dropout, 0, m, mask.Length);
        }

        // Room between the rows stays as it was.
        double[] Start(Guarded x, int stride, int used, bool keep) => [.. x.Span.ToArray().Select((value, i) => keep || i % stride >= used ? (double)value : 0)];
        double[] ey = Start(y, wide, shape.Heads * shape.Width, false), eq = Start(dq, deep, shape.Heads * shape.Depth, add);
        double[] ek = Start(dk, deep, shape.Heads * shape.Depth, add), ev = Start(dv, wide, shape.Heads * shape.Width, add);
        for (int place = 0; place < shape.Rows * shape.Heads * shape.Queries; place++)
        {
            int t = place % shape.Queries, h = place / shape.Queries % shape.Heads, b = place / shape.Queries / shape.Heads;
            int n = counts is null ? shape.Keys : Math.Clamp(counts[b], 1, shape.Keys);
            int qa = (((b * shape.Queries) + t) * deep) + (h * shape.Depth), ya = (((b * shape.Queries) + t) * wide) + (h * shape.Width);
            int Key(int s) => (((b * shape.Keys) + s) * deep) + (h * shape.Depth);
            int Value(int s) => (((b * shape.Keys) + s) * wide) + (h * shape.Width);
            double Dot(Guarded x, int i, Guarded z, int j, int length) => Enumerable.Range(0, length).Sum(e => (double)x.P[i + e] * z.P[j + e]);
            double[] e = [.. Enumerable.Range(0, n).Select(s => Math.Exp(shape.Scale * Dot(q, qa, k, Key(s), shape.Depth)))];
            double sum = e.Sum();
            double[] p = [.. e.Select(x => x / sum)], m = [.. Enumerable.Range(0, n).Select(s => (double)mask[(place * shape.Keys) + s])];
            double[] dp = [.. Enumerable.Range(0, n).Select(s => m[s] * Dot(up, ya, v, Value(s), shape.Width))];
            double mean = p.Zip(dp, (a, d) => a * d).Sum();
            for (int s = 0; s < n; s++)
            {
                double ds = shape.Scale * p[s] * (dp[s] - mean);
                for (int i = 0; i < shape.Width; i++)
                {
                    ey[ya + i] += p[s] * m[s] * v.P[Value(s) + i];
                    ev[Value(s) + i] += p[s] * m[s] * up.P[ya + i];
                }

                for (int i = 0; i < shape.Depth; i++)
                {
                    eq[qa + i] += ds * k.P[Key(s) + i];
                    ek[Key(s) + i] += ds * q.P[qa + i];
                }
            }
        }

        return [ey, eq, ek, ev];
    }

    private static void Run(
        int width, in AttentionShape shape, in HeadRows query, in HeadRows key, in HeadRows value, in HeadRows result, float* kept, float dropout, in RandomState state)
    {
        switch (width)
        {
            case 512: AttentionForward.Run<W512>(shape, query, key, value, result, kept, dropout, state); break;
            case 256: AttentionForward.Run<W256>(shape, query, key, value, result, kept, dropout, state); break;
            default: AttentionForward.Run<W128>(shape, query, key, value, result, kept, dropout, state); break;
        }
    }

    private static void Back(int width, in AttentionGradients gradients)
    {
        switch (width)
        {
            case 512: AttentionBackward.Run<W512>(gradients); break;
            case 256: AttentionBackward.Run<W256>(gradients); break;
            default: AttentionBackward.Run<W128>(gradients); break;
        }
    }

    private static void Forward(int width, in AttentionGradients gradients)
    {
        switch (width)
        {
            case 512: AttentionTangent.Run<W512>(gradients); break;
            case 256: AttentionTangent.Run<W256>(gradients); break;
            default: AttentionTangent.Run<W128>(gradients); break;
        }
    }
}
