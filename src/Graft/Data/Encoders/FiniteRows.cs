using System.Globalization;

namespace Graft.Data.Encoders;

/// <summary>Refuses infinite numbers; NaN stands for a missing one and passes.</summary>
internal static class FiniteRows
{
    public static void Check(Dataset rows, string column, ReadOnlySpan<float> values, int width)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsInfinity(values[i]))
            {
                throw new GraftInputException(rows.Name, string.Create(CultureInfo.InvariantCulture,
                    $"column '{column}', row {(i / width) + 1}: expected finite numbers, got {(values[i] > 0 ? "infinity" : "-infinity")}. Leave it empty where it is missing."));
            }
        }
    }
}
