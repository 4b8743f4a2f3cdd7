namespace Graft.Tensors;

/// <summary>Two numbers of a picture op, such as a stride: along the height and along the width. A single number stands for both.</summary>
/// <param name="Height">Along the height.</param>
/// <param name="Width">Along the width.</param>
public readonly record struct Pair(int Height, int Width)
{
    /// <summary>The same number for both.</summary>
    public static implicit operator Pair(int both) => new(both, both);

    /// <summary>Height and width.</summary>
    public static implicit operator Pair((int Height, int Width) two) => new(two.Height, two.Width);

    /// <summary>"3", or "3 x 5" where they differ.</summary>
    public override string ToString() => Height == Width
        ? Height.ToString(System.Globalization.CultureInfo.InvariantCulture)
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Height} x {Width}");
}
