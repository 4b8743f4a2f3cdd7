using System.Reflection;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Graft.Experiments.Catalogue;

/// <summary>The XML comments of an assembly as plain text.</summary>
/// <remarks>Read from the .xml file beside the assembly, or from a resource of that name in the program that was started.</remarks>
internal sealed class XmlDocs
{
    private readonly Dictionary<string, XElement> _members = new(StringComparer.Ordinal);

    private XmlDocs(XDocument? document)
    {
        foreach (XElement member in document?.Descendants("member") ?? [])
        {
            _members[(string?)member.Attribute("name") ?? ""] = member;
        }
    }

    /// <summary>The comments of an assembly; none where they were not shipped.</summary>
    public static XmlDocs Of(Assembly assembly)
    {
        string name = assembly.GetName().Name + ".xml";
        string file = Path.Combine(AppContext.BaseDirectory, name);
        using Stream? stream = File.Exists(file)
            ? File.OpenRead(file)
            : assembly.GetManifestResourceStream(name) ?? Assembly.GetEntryAssembly()?.GetManifestResourceStream(name);
        if (stream is null)
        {
            return new XmlDocs(null);
        }

        using var reader = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        return new XmlDocs(XDocument.Load(reader));
    }

    /// <summary>The summary of a type, one paragraph; empty where there is none.</summary>
    public string Summary(Type type) => Text(_members.GetValueOrDefault("T:" + Id(type))?.Element("summary"));

    /// <summary>The remarks of a type, paragraphs divided by line ends; empty where there are none.</summary>
    public string Remarks(Type type) => Text(_members.GetValueOrDefault("T:" + Id(type))?.Element("remarks"));

    /// <summary>The summary of a field, such as a member of an enumeration.</summary>
    public string Summary(FieldInfo field) => Text(_members.GetValueOrDefault($"F:{Id(field.DeclaringType!)}.{field.Name}")?.Element("summary"));

    /// <summary>What a constructor parameter means; empty where it is not said.</summary>
    public string Parameter(Type type, string name)
    {
        string constructors = $"M:{Id(type)}.#ctor(";
        return _members
            .Where(m => m.Key == "T:" + Id(type) || m.Key.StartsWith(constructors, StringComparison.Ordinal))
            .SelectMany(m => m.Value.Elements("param"))
            .Where(p => (string?)p.Attribute("name") == name)
            .Select(Text)
            .FirstOrDefault(t => t.Length > 0, "");
    }

    private static string Id(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string Text(XElement? element)
    {
        if (element is null)
        {
            return "";
        }

        var text = new StringBuilder();
        Append(text, element);
        IEnumerable<string> paragraphs = text.ToString()
            .Split('\u2029')
            .Select(p => string.Join(' ', p.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
            .Where(p => p.Length > 0);
        return string.Join('\n', paragraphs);
    }

    private static void Append(StringBuilder text, XElement element)
    {
        foreach (XNode node in element.Nodes())
        {
            if (node is XText words)
            {
                _ = text.Append(words.Value);
            }
            else if (node is XElement inner)
            {
                string? named = (string?)inner.Attribute("cref") ?? (string?)inner.Attribute("name") ?? (string?)inner.Attribute("langword");
                _ = inner.Name.LocalName is "para" or "item" ? text.Append('\u2029') : text;
                if (inner.IsEmpty && named is not null)
                {
                    _ = text.Append(named.Split('(')[0].Split('.', ':')[^1]);
                }

                Append(text, inner);
                _ = inner.Name.LocalName is "para" or "item" ? text.Append('\u2029') : text;
            }
        }
    }
}
