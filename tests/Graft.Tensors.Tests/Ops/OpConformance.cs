using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Tests.Ops;

/// <summary>What every op promises: right values and gradients for any layout, NaN where it belongs, gradients that add up.</summary>
/// <remarks>Values are compared with a double-precision reference, gradients with central differences of that reference.</remarks>
[Trait("category", "ops")]
public abstract class OpConformance
{
    // Memory that went back to the pool holds NaN: what is read before it is written, or after it was released, shows.
    static OpConformance() => Pool.IsGuarded = true;

    /// <summary>The uses of the op that are tested.</summary>
    protected abstract IEnumerable<OpCase> Cases { get; }

    [Fact]
    public void Values_and_gradients_follow_the_reference_for_any_layout()
    {
        foreach (OpCase use in Cases)
        {
            float[][] values = Values(use);
            Nd[] inputs = [.. values.Select((v, i) => ToNd(v, use.Shapes[i]))];
            Nd expected = use.Reference(inputs);
            double[] upstream = Upstream(expected.Data.Length);
            double[][] gradients = Differences(use, inputs, upstream);
            foreach (Layout layout in Layout.All)
            {
                string what = $"{use}, {layout.Name}";
                Leaf[] leaves = [.. values.Select((v, i) => layout.Make(v, use.Shapes[i]))];
                Tensor y = use.Op([.. leaves.Select((leaf, i) => use.Constant.Contains(i) ? leaf.View.Detach() : leaf.View)]);

                Assert.True(expected.Shape.AsSpan().SequenceEqual(y.Shape.Sizes), $"{what}: expected shape [{string.Join(", ", expected.Shape)}], got {y.Shape}");
                Close(expected.Data, y.ToArray(), use.Tolerance, what);

                if (y.RequiresGrad)
                {
                    y.Backward(Tensor.From([.. upstream.Select(u => (float)u)], y.Shape));
                    for (int i = 0; i < leaves.Length; i++)
                    {
                        if (!use.Constant.Contains(i))
                        {
                            float[] gradient = leaves[i].Gradient();
                            int[] places = Sampled(gradient.Length);
                            Close(gradients[i], [.. places.Select(n => gradient[n])], use.GradientTolerance, $"{what}: gradient {i}");
                        }
                    }
                }

                Tape.Current.EndStep();
            }
        }
    }

    [Fact]
    public void An_input_repeated_by_strides_of_zero_is_read_as_if_it_were_written_out()
    {
        foreach (OpCase use in Cases)
        {
            float[][] values = Values(use);
            Tensor[] inputs = [.. values.Select((v, i) => Repeated(v, use.Shapes[i]))];
            Nd expected = use.Reference([.. inputs.Select(Nd.From)]);

            Tensor y = use.Op(inputs);

            Close(expected.Data, y.ToArray(), use.Tolerance, use.Name);
            Tape.Current.EndStep();
        }
    }

    [Fact]
    public void Gradients_of_two_uses_add_up()
    {
        foreach (OpCase use in Cases.Where(c => c.Constant.Length < c.Shapes.Length))
        {
            Leaf[] leaves = [.. Values(use).Select((v, i) => Layout.All[0].Make(v, use.Shapes[i]))];
            Tensor[] views = [.. leaves.Select((leaf, i) => use.Constant.Contains(i) ? leaf.View.Detach() : leaf.View)];
            Tensor y = use.Op(views);
            Tensor upstream = Tensor.From([.. Upstream(y.Count).Select(u => (float)u)], y.Shape);
            y.Backward(upstream);
            float[][] once = [.. leaves.Select(leaf => leaf.Gradient())];
            foreach (Leaf leaf in leaves)
            {
                leaf.Base.ClearGrad();
            }

            // One graph that holds the op twice, and the first of them a second time.
            Tensor again = use.Op(views);
            (again + use.Op(views)).Backward(upstream);
            again.Backward(upstream);

            for (int i = 0; i < leaves.Length; i++)
            {
                Close([.. once[i].Select(g => 3.0 * g)], leaves[i].Gradient(), 1e-5, $"{use}: gradient {i}");
            }

            Tape.Current.EndStep();
        }
    }

    [Fact]
    public void An_input_that_needs_no_gradient_gets_none_and_the_others_are_as_before()
    {
        foreach (OpCase use in Cases.Where(c => c.Shapes.Length - c.Constant.Length > 1))
        {
            float[][] values = Values(use);
            float[][] all = Gradients(use, values, _ => true);
            for (int only = 0; only < values.Length; only++)
            {
                if (use.Constant.Contains(only))
                {
                    continue;
                }

                float[][] one = Gradients(use, values, i => i == only);

                Assert.Equal(all[only], one[only]);
                Assert.All(Enumerable.Range(0, values.Length).Where(i => i != only), i => Assert.Empty(one[i]));
            }
        }
    }

    [Fact]
    public void Nan_and_infinities_give_what_the_formula_gives()
    {
        foreach (OpCase use in Cases.Where(c => c.CarriesNaN))
        {
            foreach (float special in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            {
                for (int i = 0; i < use.Shapes.Length; i++)
                {
                    float[][] values = Values(use);
                    if (values[i].Length == 0 || use.Finite.Contains(i))
                    {
                        continue;
                    }

                    values[i][values[i].Length / 2] = special;
                    Nd expected = use.Reference([.. values.Select((v, j) => ToNd(v, use.Shapes[j]))]);

                    Tensor y = use.Op([.. values.Select((v, j) => Tensor.From(v, Shape.Create(use.Shapes[j])))]);

                    Close(expected.Data, y.ToArray(), use.Tolerance, $"{use}: {special} in input {i}");
                    Tape.Current.EndStep();
                }
            }
        }
    }

    /// <summary>Compares with a reference; the tolerance is a share of 1 plus the magnitude. NaN equals NaN.</summary>
    internal static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Assert.True(expected.Length == actual.Length, $"{what}: expected {expected.Length} numbers, got {actual.Length}");
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = double.IsNaN(expected[i]) ? float.IsNaN(actual[i])
                : double.IsInfinity(expected[i]) || Math.Abs(expected[i]) > float.MaxValue ? (float)expected[i] == actual[i]
                : Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i]));
            Assert.True(same, $"{what}: element {i} of {expected.Length}: expected {expected[i]:R}, got {actual[i]:R}");
        }
    }

    private static float[][] Gradients(OpCase use, float[][] values, Func<int, bool> wanted)
    {
        Tensor[] inputs = [.. values.Select((v, i) =>
        {
            Tensor constant = Tensor.From(v, Shape.Create(use.Shapes[i]));
            return wanted(i) && !use.Constant.Contains(i) ? Tensor.Variable(constant) : constant;
        })];
        Tensor y = use.Op(inputs);
        y.Backward(Tensor.From([.. Upstream(y.Count).Select(u => (float)u)], y.Shape));
        Tape.Current.EndStep();
        return [.. inputs.Select(x => x.Grad is { } g ? g.ToArray() : [])];
    }

    // Values that lie apart from each other, in a fixed shuffled order: no ties, no kinks by chance.
    private static float[][] Values(OpCase use) => [.. use.Shapes.Select((shape, i) =>
    {
        var random = new System.Random(17 + i);
        (float low, float high) = use.Ranges.TryGetValue(i, out var range) ? range : (use.Low, use.High);
        var values = new float[Nd.Size(shape)];
        for (int n = 0; n < values.Length; n++)
        {
            values[n] = low + ((high - low) * (n + 0.5f + (0.4f * random.NextSingle()) - 0.2f) / values.Length);
        }

        random.Shuffle(values);
        return values;
    })];

    private static double[] Upstream(int count)
    {
        var random = new System.Random(99);
        return [.. Enumerable.Range(0, count).Select(_ => (double)(float)(random.NextDouble() * 2 - 1))];
    }

    private static Nd ToNd(float[] values, int[] shape) => new Nd(shape).Tap(nd =>
    {
        for (int i = 0; i < values.Length; i++)
        {
            nd.Data[i] = values[i];
        }
    });

    private static double[][] Differences(OpCase use, Nd[] inputs, double[] upstream)
    {
        var gradients = new double[inputs.Length][];
        for (int i = 0; i < inputs.Length; i++)
        {
            double[] x = inputs[i].Data;
            gradients[i] = use.Constant.Contains(i) ? [] : [.. Sampled(x.Length).Select(n =>
            {
                const double h = 1e-5;
                double was = x[n];
                x[n] = was + h;
                double above = Dot(use.Reference(inputs), upstream);
                x[n] = was - h;
                double below = Dot(use.Reference(inputs), upstream);
                x[n] = was;
                return (above - below) / (2 * h);
            })];
        }

        return gradients;
    }

    // All places of a small tensor, the first, the last and some in between of a larger one: each costs two runs of the reference.
    private static int[] Sampled(int count)
    {
        const int most = 40;
        int[] places = [.. Enumerable.Range(0, count)];
        if (count > most)
        {
            new System.Random(5).Shuffle(places);
            places = [0, .. places.Where(n => n > 0 && n < count - 1).Take(most - 2), count - 1];
        }

        return places;
    }

    private static double Dot(Nd y, double[] upstream)
    {
        double sum = 0;
        for (int i = 0; i < upstream.Length; i++)
        {
            sum += y.Data[i] * upstream[i];
        }

        return sum;
    }

    // The first place of the first axis, repeated along it.
    private static Tensor Repeated(float[] values, int[] shape)
    {
        if (shape.Length == 0 || shape[0] == 0)
        {
            return Tensor.From(values, Shape.Create(shape));
        }

        int[] one = [1, .. shape[1..]];
        return Tensor.From(values.AsSpan(0, values.Length / shape[0]), Shape.Create(one)).Expand(shape);
    }
}
