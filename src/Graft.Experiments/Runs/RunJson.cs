using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Graft.Experiments.Runs;

/// <summary>How the records of a run folder are written as JSON: camel case, one form of number everywhere, NaN and infinities as null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    Converters = [typeof(FiniteConverter)])]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(JobRecord))]
[JsonSerializable(typeof(DataRecord))]
[JsonSerializable(typeof(EnvironmentRecord))]
[JsonSerializable(typeof(RunEvent))]
[JsonSerializable(typeof(ComparisonRecord))]
[JsonSerializable(typeof(RunSummary))]
internal sealed partial class RunJson : JsonSerializerContext
{
    private const long MaxBytes = 512L << 20;

    /// <summary>Writes one value, indented for people who open the file, whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written; the former one is kept.</exception>
    public static void Write<T>(string path, T value, JsonTypeInfo<T> type) => AtomicFile.Write(path, stream =>
    {
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            JsonSerializer.Serialize(writer, value, type);
        }

        stream.WriteByte((byte)'\n');
    });

    /// <summary>Reads one value from a file.</summary>
    /// <exception cref="GraftInputException">The file is absent, too large, or does not hold such a value.</exception>
    public static T Read<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (stream.Length > MaxBytes)
            {
                throw new GraftInputException(path, $"expected at most {MaxBytes} bytes, got {stream.Length}.");
            }

            byte[] json = new byte[stream.Length];
            stream.ReadExactly(json);
            return Require(path, 0, Parse(json, type));
        }
        catch (JsonException e)
        {
            throw Broken(path, (int)(e.LineNumber ?? 0) + 1, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraftInputException(path, $"cannot be read. {e.Message}", inner: e);
        }
    }

    /// <summary>Reads one value from a line of a file.</summary>
    /// <exception cref="GraftInputException">The line does not hold such a value.</exception>
    public static T Read<T>(string path, int line, string text, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Require(path, line, Parse(Encoding.UTF8.GetBytes(text), type));
        }
        catch (JsonException e)
        {
            throw Broken(path, line, e);
        }
    }

    // A list without a value in it is what no record expects and no annotation forbids.
    private static T? Parse<T>(byte[] json, JsonTypeInfo<T> type)
        where T : class
    {
        var reader = new Utf8JsonReader(json);
        var inArray = new Stack<bool>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartArray or JsonTokenType.StartObject:
                    inArray.Push(reader.TokenType == JsonTokenType.StartArray);
                    break;
                case JsonTokenType.EndArray or JsonTokenType.EndObject:
                    inArray.Pop();
                    break;
                case JsonTokenType.Null when inArray.TryPeek(out bool array) && array:
                    throw new JsonException("A list holds null.");
                default:
                    break;
            }
        }

        return JsonSerializer.Deserialize(json, type);
    }

    private static T Require<T>(string path, int line, T? value)
        where T : class =>
        value ?? throw new GraftInputException(path, "expected an object, got null.", line);

    private static GraftInputException Broken(string path, int line, JsonException e) =>
        new(path, $"expected {Path.GetFileName(path)} as Graft writes it, got something else at {e.Path ?? "$"}. {FirstSentence(e.Message)}", line, inner: e);

    private static string FirstSentence(string message) => message.Split('.', 2)[0].ReplaceLineEndings(" ") + ".";
}

/// <summary>Writes a number that JSON cannot hold as null, and reads null as NaN.</summary>
internal sealed class FiniteConverter : JsonConverter<double>
{
    public override bool HandleNull => true;

    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
