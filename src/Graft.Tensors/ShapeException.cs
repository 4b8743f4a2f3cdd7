namespace Graft.Tensors;

/// <summary>A tensor does not have the shape that an operation needs.</summary>
public sealed class ShapeException : ArgumentException
{
    /// <summary>Makes the error with the one-line message "{operation}: expected {expected}, got {actual}. {hint}".</summary>
    /// <param name="operation">The operation or layer that refuses, printed as itself, such as "Linear(512 -> 10)".</param>
    /// <param name="expected">What was expected, such as "input [..., 512]".</param>
    /// <param name="actual">What came, such as "[32, 256]".</param>
    /// <param name="hint">What to do about it, one sentence with its full stop; may be empty.</param>
    public ShapeException(string operation, string expected, string actual, string hint = "")
        : base($"{operation}: expected {expected}, got {actual}.{(hint.Length == 0 ? "" : " " + hint)}")
    {
        Operation = operation;
        Expected = expected;
        Actual = actual;
    }

    /// <summary>The operation or layer that refused.</summary>
    public string Operation { get; }

    /// <summary>What was expected.</summary>
    public string Expected { get; }

    /// <summary>What came.</summary>
    public string Actual { get; }
}
