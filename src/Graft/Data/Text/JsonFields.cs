using System.Text.Json;

namespace Graft.Data.Text;

/// <summary>An object of a tokenizer.json, read with messages that say where something is wrong.</summary>
internal readonly struct JsonFields(JsonElement element, string path, string file)
{
    public string File => file;

    public string Path => path;

    public string Type => Text("type");

    /// <summary>At most 40 printable ASCII characters of a value, for messages.</summary>
    public static string Short(string text)
    {
        string plain = string.Concat(text.Take(41).Select(c => c is >= ' ' and < (char)127 ? c : '?'));
        return plain.Length <= 40 ? plain : plain[..37] + "...";
    }

    public GraftInputException Refuse(string name, string expected, string got) =>
        new(file, $"{(name.Length == 0 ? path : $"{path}.{name}".TrimStart('.'))}: expected {expected}, got {got}.");

    /// <summary>A type that is not known.</summary>
    public GraftInputException Unknown(string expected) => Refuse("type", expected, $"'{Short(Type)}'");

    /// <summary>Whether there is a value that is not null.</summary>
    public bool Has(string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    public JsonElement Value(string name) => Has(name) ? element.GetProperty(name) : throw Refuse(name, "a value", "none");

    public JsonFields Object(string name) => Value(name) is { ValueKind: JsonValueKind.Object } value
        ? new JsonFields(value, $"{path}.{name}".TrimStart('.'), file)
        : throw Refuse(name, "an object", Name(Value(name)));

    /// <summary>The items of a list, each an object.</summary>
    public List<JsonFields> Objects(string name, int most)
    {
        var items = new List<JsonFields>();
        foreach (JsonElement item in List(name, most))
        {
            string at = $"{path}.{name}[{items.Count}]".TrimStart('.');
            items.Add(item.ValueKind == JsonValueKind.Object ? new JsonFields(item, at, file) : throw new GraftInputException(file, $"{at}: expected an object, got {Name(item)}."));
        }

        return items;
    }

    public JsonElement.ArrayEnumerator List(string name, int most) => Value(name) is { ValueKind: JsonValueKind.Array } value
        ? value.GetArrayLength() <= most ? value.EnumerateArray() : throw Refuse(name, $"at most {most} items", $"{value.GetArrayLength()}")
        : throw Refuse(name, "a list", Name(Value(name)));

    public string Text(string name) => Value(name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw Refuse(name, "a text", Name(Value(name)));

    public string Text(string name, string fallback) => Has(name) ? Text(name) : fallback;

    public bool Flag(string name, bool fallback) => !Has(name) ? fallback : Value(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refuse(name, "true or false", Name(Value(name))),
    };

    public int Whole(string name) =>
        Value(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) && number >= 0 ? number : throw Refuse(name, "a whole number >= 0", Name(Value(name)));

    public int Whole(string name, int fallback) => Has(name) ? Whole(name) : fallback;

    /// <summary>What a value is, for messages.</summary>
    public static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => Short(value.GetRawText()),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };
}
