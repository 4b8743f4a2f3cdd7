using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>Argument checks that name the argument, what was expected and what came.</summary>
public static class Check
{
    /// <summary>The value itself where it is a finite number greater than 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is 0, negative, NaN or infinite.</exception>
    public static T Positive<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : INumber<T> =>
        T.IsFinite(value) && value > T.Zero ? value : throw Refuse(name, "a number > 0", value);

    /// <summary>The value itself where it is a finite number of 0 or more.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative, NaN or infinite.</exception>
    public static T NonNegative<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : INumber<T> =>
        T.IsFinite(value) && value >= T.Zero ? value : throw Refuse(name, "a number >= 0", value);

    /// <summary>The value itself where it is an integer of <paramref name="least"/> or more.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is smaller.</exception>
    public static int AtLeast(int least, int value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= least ? value : throw Refuse(name, string.Create(CultureInfo.InvariantCulture, $"an integer >= {least}"), value);

    /// <summary>The value itself where it lies in [<paramref name="low"/>, <paramref name="high"/>].</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value lies outside or is NaN.</exception>
    public static T Within<T>(T low, T high, T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : INumber<T> =>
        value >= low && value <= high
            ? value
            : throw Refuse(name, string.Create(CultureInfo.InvariantCulture, $"a number from {low} to {high}"), value);

    /// <summary>The value itself where it is a probability smaller than 1: in [0, 1).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value lies outside or is NaN.</exception>
    public static T Fraction<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : INumber<T> =>
        value >= T.Zero && value < T.One ? value : throw Refuse(name, "a number in [0, 1)", value);

    private static ArgumentOutOfRangeException Refuse<T>(string name, string expected, T value) => new(
        name,
        value,
        string.Create(CultureInfo.InvariantCulture, $"{name}: expected {expected}, got {value}."));
}
