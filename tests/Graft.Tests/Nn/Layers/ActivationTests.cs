using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class ReluTests : ActivationConformance
{
    protected override double Value(double x) => Math.Max(0, x);

    protected override Module Create() => new Relu();
}

public sealed class LeakyReluTests : ActivationConformance
{
    protected override double Value(double x) => x > 0 ? x : 0.2 * x;

    protected override Module Create() => new LeakyRelu(0.2f);
}

public sealed class GeluTests : ActivationConformance
{
    // Φ(x) by the trapezoid rule from -8.
    protected override double Value(double x)
    {
        double sum = 0, h = (x + 8) / 20000;
        for (int i = 0; i <= 20000; i++)
        {
            double t = -8 + (i * h);
            sum += Math.Exp(-t * t / 2) * (i is 0 or 20000 ? 0.5 : 1);
        }

        return x * sum * h / Math.Sqrt(2 * Math.PI);
    }

    protected override Module Create() => new Gelu();
}

public sealed class SiluTests : ActivationConformance
{
    protected override double Value(double x) => x / (1 + Math.Exp(-x));

    protected override Module Create() => new Silu();
}

public sealed class EluTests : ActivationConformance
{
    protected override double Value(double x) => x > 0 ? x : 1.5 * (Math.Exp(x) - 1);

    protected override Module Create() => new Elu(1.5f);
}

public sealed class TanhTests : ActivationConformance
{
    protected override double Value(double x) => Math.Tanh(x);

    protected override Module Create() => new Tanh();
}

public sealed class SigmoidTests : ActivationConformance
{
    protected override double Value(double x) => 1 / (1 + Math.Exp(-x));

    protected override Module Create() => new Sigmoid();
}

public sealed class Relu6Tests : ActivationConformance
{
    protected override double Value(double x) => Math.Clamp(x, 0, 6);

    protected override Module Create() => new Relu6();
}

public sealed class HardSwishTests : ActivationConformance
{
    protected override double Value(double x) => x * Math.Clamp((x / 6) + 0.5, 0, 1);

    protected override Module Create() => new HardSwish();
}

public sealed class HardSigmoidTests : ActivationConformance
{
    protected override double Value(double x) => Math.Clamp((0.2 * x) + 0.4, 0, 1);

    protected override Module Create() => new HardSigmoid(0.2f, 0.4f);
}

public sealed class SoftplusTests : ActivationConformance
{
    protected override double Value(double x) => Math.Log(1 + Math.Exp(x));

    protected override Module Create() => new Softplus();
}

/// <summary>What every activation promises: a function of each element, here against its formula in double precision.</summary>
public abstract class ActivationConformance : LayerConformance
{
    protected override Shape InputShape => [3, 2, 5];

    protected override Shape OutputShape => [3, 2, 5];

    protected abstract double Value(double x);

    // 2e-6: a few roundings of values up to 4.
    [Fact]
    public void Every_element_follows_the_formula()
    {
        float[] x = [-4, -1.5f, -0.3f, 0, 0.2f, 1, 3.7f];

        float[] y = Ready().Forward(Tensor.From(x, [7])).ToArray();

        for (int i = 0; i < x.Length; i++)
        {
            Assert.Equal(Value(x[i]), y[i], tolerance: 2e-6);
        }
    }
}
