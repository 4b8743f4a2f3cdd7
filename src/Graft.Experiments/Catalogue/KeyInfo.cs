using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>One key of a part or of a section: a constructor parameter as it stands in experiment files.</summary>
public sealed class KeyInfo
{
    private readonly XmlDocs _docs;

    internal KeyInfo(ParameterInfo parameter, Form form, XmlDocs docs)
    {
        _docs = docs;
        Parameter = parameter;
        Form = form;
        Name = Spelling.Kebab(parameter.Name!);
        Also = parameter.GetCustomAttribute<AlsoAttribute>()?.Name;
        IsInline = parameter.IsDefined(typeof(InlineAttribute));
        IsShorthand = parameter.IsDefined(typeof(ShorthandAttribute));
        bool isOpen = parameter.IsDefined(typeof(ParamArrayAttribute));
        IsRequired = !parameter.HasDefaultValue && !isOpen && !IsInline;
        IsNullable = new NullabilityInfoContext().Create(parameter).ReadState != NullabilityState.NotNull;
        Default = isOpen ? Array.CreateInstance(parameter.ParameterType.GetElementType()!, 0)
            : parameter.HasDefaultValue ? DefaultOf(parameter)
            : null;
    }

    /// <summary>The key, lower-kebab.</summary>
    public string Name { get; }

    /// <summary>Another name that means the same, or null.</summary>
    public string? Also { get; }

    /// <summary>Whether it has to be written.</summary>
    public bool IsRequired { get; }

    /// <summary>Its value where it is not written; null where it is required or stands for nothing.</summary>
    public object? Default { get; }

    /// <summary>What its value looks like: "a number", "a list of integers", "one of mean, sum".</summary>
    public string Expected => Form.Expected;

    /// <summary>What it means, from the XML comments.</summary>
    public string Summary => _docs.Parameter(Parameter.Member.DeclaringType!, Parameter.Name!);

    /// <summary>The default as it would be written; empty where there is none.</summary>
    public string DefaultText => Default is null ? "" : SpecWriter.Flow(Form.Write(Default));

    /// <summary>The record that its value, or each of its values, is bound to; null where that is no record.</summary>
    public Type? Section => Form.Record;

    /// <summary>Equal for the same key of the same section, wherever that section is used.</summary>
    public object Identity => Parameter.Member.DeclaringType! + "." + Parameter.Name;

    internal ParameterInfo Parameter { get; }

    internal Form Form { get; }

    internal bool IsInline { get; }

    internal bool IsShorthand { get; }

    internal bool IsNullable { get; }

    [UnconditionalSuppressMessage(Trimming.Category, "IL2072", Justification = Trimming.OwnClasses)]
    private static object? DefaultOf(ParameterInfo parameter) =>
        parameter.DefaultValue is null && parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null
            ? Activator.CreateInstance(parameter.ParameterType)
            : parameter.DefaultValue is { } value && Nullable.GetUnderlyingType(parameter.ParameterType) is { IsEnum: true } type
                ? Enum.ToObject(type, value)
                : parameter.DefaultValue;
}
