using System.Globalization;
using System.Text.Json;

namespace Graft.Data.Sources;

/// <summary>Sequences read from JSON lines.</summary>
/// <param name="id">The key of a sequence's name.</param>
internal sealed class SequenceLines(string id)
{
    private const int MaxKeys = 1000;
    private const int MaxDepth = 4;

    private readonly List<Dictionary<string, Cell>> _others = [];

    /// <summary>The sequences, row-major [steps, width].</summary>
    public List<float[]> Values { get; } = [];

    /// <summary>Numbers a step; 0 before the first line.</summary>
    public int Width { get; private set; }

    /// <summary>Reads one line.</summary>
    /// <returns>What is wrong with it, without a full stop, or null.</returns>
    public string? Add(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = MaxDepth });
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("values", out JsonElement values) || values.ValueKind != JsonValueKind.Array)
            {
                return "expected an object with a list \"values\", got another";
            }

            int width = values.GetArrayLength() > 0 && values[0].ValueKind == JsonValueKind.Array ? values[0].GetArrayLength() : 1;
            if ((long)values.GetArrayLength() * width > line.Length)
            {
                return $"expected {width} finite numbers in every step, got others";
            }

            var sequence = new float[values.GetArrayLength() * width];
            int at = 0;
            foreach (JsonElement step in values.EnumerateArray())
            {
                bool isFine = step.ValueKind == JsonValueKind.Array ? step.GetArrayLength() == width && step.EnumerateArray().All(v => TryNumber(v, sequence, ref at)) : width == 1 && TryNumber(step, sequence, ref at);
                if (!isFine)
                {
                    return $"expected {width} finite numbers in every step, got others";
                }
            }

            if (sequence.Length == 0 || (Width > 0 && width != Width))
            {
                return $"expected at least one step of {(Width > 0 ? Width : 1)} numbers, got {values.GetArrayLength()} of {width}";
            }

            return Keep(json.RootElement, sequence, width);
        }
        catch (InvalidOperationException)
        {
            return "expected texts of valid characters, got others";
        }
        catch (JsonException e)
        {
            return $"expected one JSON object a line, got damaged JSON at character {(e.BytePositionInLine ?? 0) + 1}";
        }
    }

    /// <summary>The sequences' names; their numbers where they have none.</summary>
    public Column Ids() => CategoryColumn.From(id, [.. _others.Select((o, i) => o.GetValueOrDefault(id).Text ?? (i + 1).ToString(CultureInfo.InvariantCulture))]);

    /// <summary>The other keys as columns: numbers where every value is one, categories otherwise.</summary>
    /// <param name="wanted">Which ones, or null for all.</param>
    /// <param name="types">What a key is to be read as, where it is said.</param>
    public IEnumerable<Column> Others(IReadOnlyList<string>? wanted, IReadOnlyDictionary<string, ColumnType>? types)
    {
        string[] keys = [.. _others.SelectMany(o => o.Keys).Where(k => k != id).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        foreach (string key in keys.Where(k => wanted?.Contains(k, StringComparer.Ordinal) != false))
        {
            Cell[] cells = [.. _others.Select(o => o.GetValueOrDefault(key, new Cell(null, float.NaN)))];
            yield return Array.TrueForAll(cells, c => c.Text is null || float.IsFinite(c.Number)) && types?.GetValueOrDefault(key) is not (ColumnType.Category or ColumnType.Text)
                ? new NumberColumn(key, [.. cells.Select(c => c.Number)])
                : CategoryColumn.From(key, [.. cells.Select(c => c.Text)]);
        }
    }

    private static bool TryNumber(JsonElement value, float[] sequence, ref int at)
    {
        bool isNumber = value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out sequence[at]) && float.IsFinite(sequence[at]);
        at++;
        return isNumber;
    }

    private string? Keep(JsonElement line, float[] sequence, int width)
    {
        var others = new Dictionary<string, Cell>(StringComparer.Ordinal);
        foreach (JsonProperty property in line.EnumerateObject())
        {
            if (property.Name == "values")
            {
                continue;
            }

            if (property.Value.ValueKind is JsonValueKind.Array or JsonValueKind.Object || property.Name.Length == 0 || others.Count == MaxKeys)
            {
                return $"expected at most {MaxKeys} further keys with a text or a number each, got others";
            }

            float number = float.NaN;
            bool isNumber = property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetSingle(out number) && float.IsFinite(number);
            others[property.Name] = new Cell(property.Value.ValueKind == JsonValueKind.Null ? null : property.Value.ToString(), isNumber ? number : float.NaN);
        }

        Width = width;
        Values.Add(sequence);
        _others.Add(others);
        return null;
    }

    /// <summary>A key's value; the text is null where it is missing, the number NaN where it is none.</summary>
    private readonly record struct Cell(string? Text, float Number);
}
