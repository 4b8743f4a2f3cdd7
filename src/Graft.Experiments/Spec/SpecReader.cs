using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Graft.Experiments.Spec;

/// <summary>Reads YAML into <see cref="SpecNode"/>s. The text is not trusted: size, depth and number of values are bounded, and nothing can refer to anything.</summary>
/// <remarks>Anchors, aliases and tags are refused, so a small file stays a small tree. One document a file; keys are plain text and occur once.</remarks>
public sealed class SpecReader
{
    /// <summary>Largest file, in bytes.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>Deepest nesting of lists and maps.</summary>
    public const int MaxDepth = 64;

    /// <summary>Most values in a file: scalars, lists and maps together.</summary>
    public const int MaxNodes = 100_000;

    private readonly string _file;
    private readonly Parser _parser;
    private readonly Findings _findings = new();
    private int _nodes;

    private SpecReader(string file, string text)
    {
        _file = file;
        _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; findings name it as written here.</param>
    /// <exception cref="GraftInputException">It cannot be read, is empty, too large, no UTF-8, or no YAML.</exception>
    public static SpecNode ReadFile(string path)
    {
        byte[] bytes;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            bytes = new byte[MaxBytes + 1];
            bytes = bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new GraftInputException(path, Directory.Exists(path) ? "expected a file, got a folder." : File.Exists(path) ? $"cannot be read: {Ascii.OneLine(e.Message)}" : "no such file.", inner: e);
        }

        return Read(path, bytes);
    }

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="file">What findings call it.</param>
    /// <param name="bytes">UTF-8, with or without a byte order mark.</param>
    /// <exception cref="GraftInputException">It is empty, too large, no UTF-8, or no YAML.</exception>
    public static SpecNode Read(string file, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new GraftInputException(file, $"expected at most {MaxBytes} bytes. An experiment file holds no data; it names where data is.");
        }

        try
        {
            return Read(file, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes));
        }
        catch (DecoderFallbackException e)
        {
            throw new GraftInputException(file, $"expected UTF-8 text, got an invalid byte at position {e.Index}.", inner: e);
        }
    }

    /// <summary>Reads YAML text.</summary>
    /// <param name="file">What findings call it.</param>
    /// <param name="text">One YAML document.</param>
    /// <exception cref="GraftInputException">It is empty or no YAML; holds every key that occurs twice.</exception>
    public static SpecNode Read(string file, string text)
    {
        text = text.TrimStart('\uFEFF');
        if (text.Length > MaxBytes)
        {
            throw new GraftInputException(file, $"expected at most {MaxBytes} characters.");
        }

        var reader = new SpecReader(file, text);
        SpecNode node;
        try
        {
            node = reader.Document();
        }
        catch (YamlException e)
        {
            throw reader.NotYaml(e, text, (int)e.Start.Line, (int)e.Start.Column);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The parser gives up in this way on some broken flow lists.
            Mark? last = reader._parser.Current?.End;
            throw reader.NotYaml(e, text, (int)(last?.Line ?? 0), (int)(last?.Column ?? 0));
        }

        reader._findings.ThrowIfAny();
        return node;
    }

    private GraftInputException NotYaml(Exception e, string text, int line, int column)
    {
        string[] lines = text.Split('\n');
        for (int i = Math.Max(0, line - 1); i < Math.Min(lines.Length, line + 1); i++)
        {
            int indent = lines[i].Length - lines[i].TrimStart().Length;
            if (lines[i].AsSpan(0, indent).Contains('\t'))
            {
                return new GraftInputException(_file, "expected spaces as indentation, got a tab.", i + 1, lines[i].IndexOf('\t', StringComparison.Ordinal) + 1, e);
            }
        }

        string reason = e is YamlException ? Ascii.OneLine(e.InnerException?.Message ?? e.Message).TrimEnd('.') : "something is left open or misplaced after this place";
        return new GraftInputException(_file, $"not valid YAML: {reason}.", line, column, e);
    }

    private SpecNode Document()
    {
        _ = _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            throw new GraftInputException(_file, "the file is empty. `graft new` writes one to start from.");
        }

        _ = _parser.Consume<DocumentStart>();
        SpecNode root = Node(1);
        _ = _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out DocumentStart? second))
        {
            throw Refuse(second, "expected one document, got a second one after '---'.");
        }

        return root is SpecScalar { IsNull: true }
            ? throw new GraftInputException(_file, "the file is empty. `graft new` writes one to start from.")
            : root;
    }

    private SpecNode Node(int depth)
    {
        if (_parser.Accept<AnchorAlias>(out AnchorAlias? alias))
        {
            throw Refuse(alias, "references (*name) are not allowed. Write the value out.");
        }

        NodeEvent begin = _parser.Accept<NodeEvent>(out NodeEvent? found) ? found : throw Refuse(_parser.Current!, "expected a value.");
        if (!begin.Anchor.IsEmpty || !begin.Tag.IsEmpty)
        {
            throw Refuse(begin, "anchors (&name) and tags (!name) are not allowed. Write the value plainly.");
        }

        if (++_nodes > MaxNodes)
        {
            throw Refuse(begin, $"expected at most {MaxNodes} values. An experiment file holds no data; it names where data is.");
        }

        if (depth > MaxDepth)
        {
            throw Refuse(begin, $"expected at most {MaxDepth} levels of lists and maps.");
        }

        return begin switch
        {
            Scalar scalar => Scalar(scalar),
            SequenceStart => List(depth),
            _ => Map(depth),
        };
    }

    private SpecScalar Scalar(Scalar scalar)
    {
        _ = _parser.MoveNext();
        return new SpecScalar(At(scalar), scalar.Value, scalar.Style != ScalarStyle.Plain);
    }

    private SpecList List(int depth)
    {
        Place place = At(_parser.Consume<SequenceStart>());
        var items = new List<SpecNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(Node(depth + 1));
        }

        return new SpecList(place, items);
    }

    private SpecMap Map(int depth)
    {
        Place place = At(_parser.Consume<MappingStart>());
        var entries = new List<SpecEntry>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (Node(depth + 1) is not SpecScalar key)
            {
                throw new GraftInputException(_file, "expected a text as key, got a list or a map.", place.Line, place.Column);
            }

            SpecNode value = Node(depth + 1);
            if (lines.TryAdd(key.Text, key.Place.Line))
            {
                entries.Add(new SpecEntry(key.Text, key.Place, value));
            }
            else
            {
                _findings.Add(key.Place, $"{Ascii.Quote(key.Text)}: expected each key once, got it again; it stands first in line {lines[key.Text]}.");
            }
        }

        return new SpecMap(place, entries);
    }

    private Place At(ParsingEvent e) => new(_file, (int)e.Start.Line, (int)e.Start.Column);

    private GraftInputException Refuse(ParsingEvent e, string message) => new(_file, message, (int)e.Start.Line, (int)e.Start.Column);
}
