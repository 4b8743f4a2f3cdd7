namespace Graft.Tensors.Tests.Ops;

/// <summary>One use of an op: what goes in, the op, and the same in double precision.</summary>
/// <param name="Name">Says what is special about it; failures print it.</param>
/// <param name="Shapes">The shapes of the inputs, all of floating point numbers.</param>
/// <param name="Op">The op on tensors.</param>
/// <param name="Reference">The op on doubles.</param>
public sealed record OpCase(string Name, int[][] Shapes, Func<Tensor[], Tensor> Op, Func<Nd[], Nd> Reference)
{
    /// <summary>Largest error allowed, as a share of 1 plus the magnitude. The default leaves room for sums of some hundred products in float.</summary>
    public double Tolerance { get; init; } = 2e-5;

    /// <summary>The same for gradients.</summary>
    public double GradientTolerance { get; init; } = 1e-4;

    /// <summary>Range of the inputs' values.</summary>
    public float Low { get; init; } = -2;

    public float High { get; init; } = 2;

    /// <summary>The range of single inputs, where it differs.</summary>
    public Dictionary<int, (float Low, float High)> Ranges { get; init; } = [];

    /// <summary>Inputs that get no gradient, such as masks.</summary>
    public int[] Constant { get; init; } = [];

    /// <summary>Whether NaN and infinities in the inputs shall give what the reference gives.</summary>
    public bool CarriesNaN { get; init; } = true;

    /// <summary>Inputs in which they are not tried.</summary>
    public int[] Finite { get; init; } = [];

    public override string ToString() => Name;
}
