using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Graft.Models;

/// <summary>A backbone's name and constructor values as JSON, and back: so that a model file can be opened alone.</summary>
/// <remarks>Every constructor parameter has a property of the same name that keeps its value.</remarks>
public static class BackboneConfiguration
{
    /// <summary>{ "name": "mlp", "hidden": [64, 64], ... }.</summary>
    /// <param name="backbone">A backbone with a <see cref="NamedAttribute"/>.</param>
    /// <exception cref="InvalidOperationException">It has no name, or a parameter has no property.</exception>
    [UnconditionalSuppressMessage(Trimming.Category, "IL2075", Justification = Trimming.OwnClasses)]
    public static JsonObject Write(Backbone backbone)
    {
        Type type = backbone.GetType();
        var json = new JsonObject { ["name"] = NameOf(type) ?? throw new InvalidOperationException($"{type.Name}: expected a name for model files, got none. Give the class a [Named] attribute.") };
        foreach (ParameterInfo parameter in Constructor(type).GetParameters())
        {
            PropertyInfo property = type.GetProperty(parameter.Name!, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)
                ?? throw new InvalidOperationException($"{type.Name}: expected a property for the constructor's parameter '{parameter.Name}', got none.");
            json[parameter.Name!] = ToJson(property.GetValue(backbone));
        }

        return json;
    }

    /// <summary>Makes the backbone that <see cref="Write"/> described, from the classes of this assembly.</summary>
    /// <param name="json">The description; checked, because it comes from a file.</param>
    /// <param name="file">The file, for messages.</param>
    /// <exception cref="GraftInputException">No backbone has that name, or a value does not fit.</exception>
    public static Backbone Read(JsonObject json, string file) => Read<Backbone>(json, file, "backbone");

    /// <summary>Makes the member of a family that <see cref="Write"/> described, from the classes of this assembly.</summary>
    /// <typeparam name="T">The base class of the family.</typeparam>
    /// <param name="json">The description; checked, because it comes from a file.</param>
    /// <param name="file">The file, for messages.</param>
    /// <param name="noun">What a member is called in messages.</param>
    /// <exception cref="GraftInputException">No member has that name, or a value does not fit.</exception>
    [UnconditionalSuppressMessage(Trimming.Category, "IL2026", Justification = Trimming.OwnClasses)]
    public static T Read<T>(JsonObject json, string file, string noun)
        where T : Backbone
    {
        string name = json["name"]?.GetValueKind() == JsonValueKind.String ? json["name"]!.GetValue<string>() : "";
        Type? type = typeof(Backbone).Assembly.GetTypes().FirstOrDefault(t => !t.IsAbstract && NameOf(t) == name && FamilyOf(t) == typeof(T));
        if (type is null)
        {
            throw new GraftInputException(file, $"model: expected {Article(noun)} {noun} of this version of Graft, got '{name}'.");
        }

        ConstructorInfo constructor = Constructor(type);
        ParameterInfo[] parameters = constructor.GetParameters();
        var values = new object?[parameters.Length];
        try
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = json.TryGetPropertyValue(parameters[i].Name!, out JsonNode? value)
                    ? FromJson(value, parameters[i])
                    : parameters[i].HasDefaultValue ? parameters[i].DefaultValue : throw new FormatException($"no value for '{parameters[i].Name}'");
            }

            return (T)constructor.Invoke(values);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or ArgumentException or OverflowException or TargetInvocationException)
        {
            string reason = (e.InnerException ?? e).Message.ReplaceLineEndings(" ").TrimEnd('.');
            throw new GraftInputException(file, $"model: expected values that fit the {noun} '{name}', got: {reason}.", inner: e);
        }
    }

    private static string Article(string noun) => "aeiou".Contains(noun[0], StringComparison.Ordinal) ? "an" : "a";

    private static string? NameOf(Type type) => type.GetCustomAttribute<NamedAttribute>()?.Name;

    // The nearest base class that heads a family: an architecture is no plain backbone.
    private static Type? FamilyOf(Type? type)
    {
        while (type is not null && !type.IsDefined(typeof(FamilyAttribute), false))
        {
            type = type.BaseType;
        }

        return type;
    }

    // The one with the most parameters: shorter ones are conveniences.
    [UnconditionalSuppressMessage(Trimming.Category, "IL2070", Justification = Trimming.OwnClasses)]
    private static ConstructorInfo Constructor(Type type) => type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();

    private static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        bool b => b,
        int i => i,
        float f => f,
        double d => d,
        string s => s,
        Enum e => e.ToString(),
        IEnumerable<int> list => new JsonArray([.. list.Select(i => (JsonNode)i)]),
        IEnumerable<double> list => new JsonArray([.. list.Select(d => (JsonNode)d)]),
        IEnumerable<string> list => new JsonArray([.. list.Select(s => (JsonNode)s)]),
        _ => throw new InvalidOperationException($"BackboneConfiguration: expected a bool, number, text, enum or list of numbers or texts, got {value.GetType().Name}."),
    };

    private static object? FromJson(JsonNode? value, ParameterInfo parameter)
    {
        if (value is null)
        {
            return new NullabilityInfoContext().Create(parameter).ReadState == NullabilityState.Nullable ? null : throw new FormatException($"null for '{parameter.Name}'");
        }

        Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return type == typeof(bool) ? value.GetValue<bool>()
            : type == typeof(int) ? value.GetValue<int>()
            : type == typeof(float) ? value.GetValue<float>()
            : type == typeof(double) ? value.GetValue<double>()
            : type == typeof(string) ? value.GetValue<string>()
            : type.IsEnum ? ToEnum(type, value.GetValue<string>())
            : type.IsAssignableFrom(typeof(int[])) ? value.AsArray().Select(v => v?.GetValue<int>() ?? throw new FormatException("null in a list")).ToArray()
            : type.IsAssignableFrom(typeof(double[])) ? value.AsArray().Select(v => v?.GetValue<double>() ?? throw new FormatException("null in a list")).ToArray()
            : type.IsAssignableFrom(typeof(string[])) ? value.AsArray().Select(v => v?.GetValue<string>() ?? throw new FormatException("null in a list")).ToArray()
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a value of type {type.Name}"));
    }

    private static object ToEnum(Type type, string text) =>
        Enum.TryParse(type, text, out object? value) && Enum.IsDefined(type, value!) ? value! : throw new FormatException($"'{text}' for {type.Name}");
}
