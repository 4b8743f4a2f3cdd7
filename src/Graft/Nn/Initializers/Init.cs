using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Nn.Initializers;

/// <summary>Gives a parameter its first values.</summary>
/// <param name="values">Row-major, of the parameter's shape; to be filled.</param>
/// <param name="shape">The parameter's shape; axis 0 is the output, axis 1 the input, further ones the window.</param>
/// <param name="random">The parameter's own stream, from the seed and its path.</param>
public delegate void Initializer(Span<float> values, Shape shape, RandomStream random);

/// <summary>The usual first values.</summary>
/// <remarks>fan-in is the product of all sizes but the first; fan-out is the product of all but the second.</remarks>
public static class Init
{
    /// <summary>Zeros.</summary>
    public static Initializer Zeros { get; } = (values, _, _) => values.Clear();

    /// <summary>Ones.</summary>
    public static Initializer Ones { get; } = (values, _, _) => values.Fill(1);

    /// <summary>Uniform in ±1 / sqrt(fan-in): what PyTorch gives the weights of its Linear and Conv layers (Kaiming with a = sqrt 5).</summary>
    public static Initializer KaimingUniform { get; } = (values, shape, random) =>
    {
        float bound = 1 / MathF.Sqrt(FanIn(shape));
        random.FillUniform(values, -bound, bound);
    };

    /// <summary>Normal with standard deviation sqrt(2 / fan-in), for layers before a ReLU (He et al., ICCV 2015).</summary>
    public static Initializer KaimingNormal { get; } = (values, shape, random) => random.FillNormal(values, 0, MathF.Sqrt(2f / FanIn(shape)));

    /// <summary>Uniform in ±sqrt(6 / fan-in), for layers before a ReLU (He et al., ICCV 2015).</summary>
    public static Initializer HeUniform { get; } = (values, shape, random) =>
    {
        float bound = MathF.Sqrt(6f / FanIn(shape));
        random.FillUniform(values, -bound, bound);
    };

    /// <summary>Normal with standard deviation sqrt(2 / fan-out): the form that keeps the size of gradients (He et al., ICCV 2015).</summary>
    public static Initializer KaimingNormalOut { get; } = (values, shape, random) => random.FillNormal(values, 0, MathF.Sqrt(2f / FanOut(shape)));

    /// <summary>Uniform in ±sqrt(6 / (fan-in + fan-out)) (Glorot and Bengio, AISTATS 2010).</summary>
    public static Initializer XavierUniform { get; } = (values, shape, random) =>
    {
        float bound = MathF.Sqrt(6f / (FanIn(shape) + FanOut(shape)));
        random.FillUniform(values, -bound, bound);
    };

    /// <summary>Normal with standard deviation sqrt(2 / (fan-in + fan-out)) (Glorot and Bengio, AISTATS 2010).</summary>
    public static Initializer XavierNormal { get; } = (values, shape, random) =>
        random.FillNormal(values, 0, MathF.Sqrt(2f / (FanIn(shape) + FanOut(shape))));

    /// <summary>One value everywhere.</summary>
    public static Initializer Constant(float value) => (values, _, _) => values.Fill(value);

    /// <summary>Uniform between two bounds.</summary>
    public static Initializer Uniform(float low, float high) => (values, _, random) => random.FillUniform(values, low, high);

    /// <summary>Normal.</summary>
    /// <param name="mean">The mean.</param>
    /// <param name="deviation">The standard deviation; at least 0.</param>
    public static Initializer Normal(float mean = 0, float deviation = 1) => (values, _, random) => random.FillNormal(values, mean, deviation);

    private static int FanIn(Shape shape) => Math.Max(1, shape.Rank < 2 ? shape.Count : shape.Count / Math.Max(1, shape[0]));

    private static int FanOut(Shape shape) => Math.Max(1, shape.Rank < 2 ? shape.Count : shape.Count / Math.Max(1, shape[1]));
}
