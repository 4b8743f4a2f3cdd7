using System.Globalization;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Benchmarks.Kernels;

/// <summary>One op of the engine at a time, so that what a kernel costs is seen apart from all else.</summary>
/// <remarks>BenchmarkDotNet derives classes from benchmarks, so they are public and not sealed.</remarks>
public abstract class KernelBenchmark
{
    /// <summary>The integers of a text such as "64x3x64".</summary>
    protected static int[] Sizes(string text, char between) => [.. text.Split(between).Select(part => int.Parse(part, CultureInfo.InvariantCulture))];

    /// <summary>Numbers that stay.</summary>
    /// <param name="sizes">The shape.</param>
    protected static Tensor Numbers(params ReadOnlySpan<int> sizes)
    {
        Shape shape = Shape.Create(sizes);
        return Tensor.From(Values.Of(shape.Count, (ulong)shape.Count), shape);
    }

    /// <summary>Pictures that stay, channels last.</summary>
    protected static Tensor Pictures(int rows, int channels, int size) =>
        Tensor.ForStepChannelsLast(Values.Of(rows * channels * size * size, 1), [rows, channels, size, size]).Keep();

    /// <summary>Runs an op without gradients; what it made goes back to the pool.</summary>
    /// <param name="self">The benchmark.</param>
    /// <param name="op">Static, so that nothing is allocated for it.</param>
    protected static int Run<T>(T self, Func<T, Tensor> op)
    {
        using var noGrad = new NoGrad();
        using var scope = new TensorScope();
        return op(self).Count;
    }

    /// <summary>Runs an op and the passes back; what they made goes back to the pool.</summary>
    /// <param name="self">The benchmark.</param>
    /// <param name="op">Static, so that nothing is allocated for it.</param>
    /// <param name="variables">What has gradients.</param>
    protected static int RunBack<T>(T self, Func<T, Tensor> op, params ReadOnlySpan<Tensor> variables)
    {
        foreach (Tensor variable in variables)
        {
            variable.ClearGrad();
        }

        using var scope = new TensorScope();
        Tensor y = op(self);
        y.Backward(Tensor.Ones(y.Shape));
        return y.Count;
    }
}
