namespace Graft.Tensors.Tests.Ops;

/// <summary>Every op of two tensors that broadcast, and the choice between two.</summary>
public sealed class BinaryTests : OpConformance
{
    private static readonly (int[] A, int[] B)[] Shapes =
    [
        ([], []), ([1], [1]), ([17], [17]), ([3, 33], [3, 33]), ([3, 5], [5]), ([5], [3, 5]), ([3, 1], [3, 5]), ([3, 5], []), ([], [3, 5]),
        ([2, 1, 5], [3, 1]), ([2, 3, 4, 5], [3, 1, 1]), ([2, 3, 4, 5], [2, 3, 4, 5]), ([1, 3], [2, 1]), ([0, 3], [3]), ([2, 1], [2, 0]),
    ];

    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach ((int[] a, int[] b) in Shapes)
            {
                yield return Case("add", a, b, (x, y) => x + y, (x, y) => x + y);
                yield return Case("subtract", a, b, (x, y) => x - y, (x, y) => x - y);
                yield return Case("multiply", a, b, (x, y) => x * y, (x, y) => x * y);
                yield return Case("divide", a, b, (x, y) => x / y, (x, y) => x / y) with { Ranges = new() { [1] = (0.5f, 2) } };
                yield return Case("max", a, b, (x, y) => x.Max(y), Math.Max) with { Ranges = new() { [1] = (-1.9f, 2.05f) } };
                yield return Case("min", a, b, (x, y) => x.Min(y), Math.Min) with { Ranges = new() { [1] = (-1.9f, 2.05f) } };
                yield return Case("greater", a, b, (x, y) => x.GreaterThan(y), (x, y) => x > y ? 1 : 0) with { Constant = [0, 1], Ranges = new() { [1] = (-1.9f, 2.05f) } };
                yield return new OpCase(
                    $"where [{string.Join(", ", a)}] [{string.Join(", ", b)}]",
                    [a, a, b],
                    x => Tensor.Where(x[0].GreaterThan(Tensor.Zero), x[1], x[2]),
                    x => Nd.Zip(Nd.Zip(x[0], x[1], (m, v) => m > 0 ? v : double.NegativeZero), Nd.Zip(x[0], x[2], (m, v) => m > 0 ? double.NegativeZero : v), Sum))
                {
                    Constant = [0],
                };
            }
        }
    }

    [Fact]
    public void Equal_numbers_are_equal_and_NaN_is_not()
    {
        Tensor a = Tensor.From([1f, 2, float.NaN, 0], [4]), b = Tensor.From([1f, 3, float.NaN, -0f], [4]);

        Assert.Equal([1f, 0, 0, 1], a.EqualTo(b).ToArray());
    }

    [Fact]
    public void Of_two_equal_numbers_each_gets_half_of_the_gradient()
    {
        Tensor a = Tensor.Variable(Tensor.From([1f, 2], [2])), b = Tensor.Variable(Tensor.From([1f, 3], [2]));

        a.Max(b).Sum().Backward();

        Assert.Equal([0.5f, 0], a.Grad!.Value.ToArray());
        Assert.Equal([0.5f, 1], b.Grad!.Value.ToArray());
    }

    [Fact]
    public void A_gradient_that_is_not_taken_may_be_NaN()
    {
        // log of a negative number has no slope, but is not chosen.
        Tensor x = Tensor.Variable(Tensor.From([-1f, 4], [2]));
        Tensor chosen = Tensor.Where(x.GreaterThan(Tensor.Zero), x.Sqrt(), Tensor.Zero);

        chosen.Sum().Backward();

        Assert.Equal([0f, 2], chosen.ToArray());
        Assert.Equal(0.25f, x.Grad!.Value.ToArray()[1]);
    }

    [Fact]
    public void A_tensor_times_itself_and_a_skip_connection_add_their_gradients()
    {
        Tensor x = Tensor.Variable(Tensor.From([3f, -2], [2]));

        ((x * x) + x.Tanh() + x).Sum().Backward();

        float t = MathF.Tanh(3);
        Assert.Equal(6 + (1 - (t * t)) + 1, x.Grad!.Value.ToArray()[0], 1e-5f);
    }

    [Fact]
    public void Shapes_that_do_not_broadcast_are_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([32, 10]) + Tensor.Ones([32, 9]));

        Assert.Equal("Add: expected shapes that broadcast, axis -1 equal or 1, got [32, 10] with [32, 9].", e.Message);
    }

    // -0 is the neutral element of addition; NaN of the part that was not chosen never arrives here.
    private static double Sum(double a, double b) => a + b;

    private static OpCase Case(string name, int[] a, int[] b, Func<Tensor, Tensor, Tensor> op, Func<double, double, double> f) =>
        new($"{name} [{string.Join(", ", a)}] [{string.Join(", ", b)}]", [a, b], x => op(x[0], x[1]), x => Nd.Zip(x[0], x[1], f));
}
