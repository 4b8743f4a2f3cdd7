using Graft.Tensors;

namespace Graft.Data.Loading;

/// <summary>The truths of one task, one row after the other: a class a row, or numbers.</summary>
public sealed class TargetValues
{
    private TargetValues(int[]? codes, float[]? numbers, int width)
    {
        ClassCodes = codes;
        RowNumbers = numbers;
        Width = width;
        Count = codes?.Length ?? (numbers!.Length / width);
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>Numbers a row; 1 for classes.</summary>
    public int Width { get; }

    /// <summary>Whether these are classes; otherwise they are numbers.</summary>
    public bool IsClasses => ClassCodes is not null;

    /// <summary>The class of each row, -1 where it is missing; empty where these are numbers.</summary>
    public ReadOnlySpan<int> Codes => ClassCodes;

    /// <summary>Row-major [rows, <see cref="Width"/>], NaN where one is missing; empty where these are classes.</summary>
    public ReadOnlySpan<float> Numbers => RowNumbers;

    internal int[]? ClassCodes { get; }

    internal float[]? RowNumbers { get; }

    /// <summary>A class a row, as a multi-class task has it.</summary>
    /// <param name="codes">0 .. classes - 1, or -1 where it is missing. Kept, not copied.</param>
    public static TargetValues OfClasses(int[] codes) => new(codes, null, 1);

    /// <summary>Numbers a row, as binary, multi-label and regression tasks have them.</summary>
    /// <param name="numbers">Row-major [rows, width], NaN where one is missing. Kept, not copied.</param>
    /// <param name="width">Numbers a row; at least 1.</param>
    /// <exception cref="ArgumentException">The length is no multiple of the width.</exception>
    public static TargetValues OfNumbers(float[] numbers, int width = 1) => numbers.Length % Check.AtLeast(1, width) == 0
        ? new(null, numbers, width)
        : throw new ArgumentException($"TargetValues: expected a multiple of {width} numbers, got {numbers.Length}.", nameof(numbers));

    /// <summary>Whether a row has no truth at all.</summary>
    /// <param name="row">0-based row.</param>
    public bool IsMissing(int row)
    {
        if (ClassCodes is not null)
        {
            return ClassCodes[row] < 0;
        }

        foreach (float number in Numbers.Slice(row * Width, Width))
        {
            if (!float.IsNaN(number))
            {
                return false;
            }
        }

        return true;
    }
}
