using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Models.Formats;

/// <summary>How a file of word vectors is written.</summary>
internal enum WordVectorForm
{
    /// <summary>In no way that is known.</summary>
    None,

    /// <summary>A word and its numbers a line.</summary>
    Text,

    /// <summary>The same behind a line with the numbers of words and of axes.</summary>
    CountedText,

    /// <summary>A line with both numbers, then each word, a space and its numbers as bytes.</summary>
    Binary,

    /// <summary>An object of lists in JavaScript.</summary>
    Script,
}

/// <summary>Reads word vectors from a stream, front to back.</summary>
internal sealed class WordVectorReader
{
    private const int LeastSize = 3;
    private const int MaxSize = 1 << 16;
    private const int MaxWord = 1 << 12;

    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];
    private readonly Stream _stream;
    private readonly string _shown;
    private readonly IReadOnlySet<string>? _wanted;
    private readonly long _mostNumbers;
    private readonly long _mostRead;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private long _read;
    private float[] _values = [];
    private int _size;
    private long _line;

    /// <param name="stream">The file, unpacked.</param>
    /// <param name="length">The file's length, packed: what it unpacks to and holds is bounded by it.</param>
    /// <param name="shown">What messages call it.</param>
    /// <param name="wanted">The words that are kept; null for all.</param>
    public WordVectorReader(Stream stream, long length, string shown, IReadOnlySet<string>? wanted)
    {
        _stream = stream;
        _shown = shown;
        _wanted = wanted;
        _mostNumbers = length + (1 << 20);
        _mostRead = (256L << 20) + (100 * length);
    }

    /// <summary>How a file is written, as its beginning says.</summary>
    /// <param name="first">The first 16,384 bytes, or all there are.</param>
    public static WordVectorForm FormOf(ReadOnlySpan<byte> first)
    {
        ReadOnlySpan<byte> script = first.TrimStart(" \r\n\t"u8);
        if ((script.StartsWith("var "u8) || script.StartsWith("let "u8) || script.StartsWith("const "u8)) && script.IndexOf((byte)'{') is > 0 and < 100)
        {
            return WordVectorForm.Script;
        }

        int end = first.IndexOf((byte)'\n');
        end = end < 0 ? first.Length : end;
        if (Counts(first[..end], out _, out int size))
        {
            ReadOnlySpan<byte> second = first[Math.Min(first.Length, end + 1)..];
            int next = second.IndexOf((byte)'\n');
            second = next < 0 ? second : second[..next];
            return SplitLine(second, size, out int at) && AreNumbers(second[at..]) ? WordVectorForm.CountedText : WordVectorForm.Binary;
        }

        // A table of numbers is no list of words.
        ReadOnlySpan<byte> line = first[..end];
        int word = line.IndexOfAny((byte)' ', (byte)'\t');
        return word > 0 && !AreNumbers(line[..word]) && AreNumbers(line[word..]) && SizeOf(line[word..]) is >= LeastSize and <= MaxSize ? WordVectorForm.Text : WordVectorForm.None;
    }

    public WordVectors Read()
    {
        Fill(1 << 14);
        switch (FormOf(_buffer.AsSpan(_start, Math.Min(_end - _start, 1 << 14))))
        {
            case WordVectorForm.Binary: ReadBinary(); break;
            case WordVectorForm.CountedText: ReadLines(isCounted: true); break;
            case WordVectorForm.Text: ReadLines(isCounted: false); break;
            case WordVectorForm.Script: ReadScript(); break;
            default: throw new GraftInputException(_shown, "word-vectors: expected words with their numbers, as text of GloVe or word2vec, word2vec's binary form or JavaScript, got another file.");
        }

        return _words.Count > 0 || _wanted is not null ? new WordVectors(_rows, [.. _words], _size, _values) : throw Damaged("at least one word", "none");
    }

    private void ReadLines(bool isCounted)
    {
        if (isCounted)
        {
            Counts(Line(), out _, out _size);
        }

        while (true)
        {
            ReadOnlySpan<byte> line = Line();
            if (line.IsEmpty && !Fill(1))
            {
                return;
            }

            _size = _size == 0 ? SizeOf(line) - 1 : _size;      // the first word holds no spaces
            if (!SplitLine(line, _size, out int wordEnd))
            {
                throw Damaged($"a word and {_size} numbers", "another line", _line);
            }

            Span<float> row = Add(Encoding.UTF8.GetString(line[..wordEnd]));
            if (!row.IsEmpty)
            {
                ReadOnlySpan<byte> rest = line[wordEnd..];
                for (int i = 0; i < row.Length; i++)
                {
                    rest = rest.TrimStart(" \t"u8);
                    int end = rest.IndexOfAny((byte)' ', (byte)'\t');
                    ReadOnlySpan<byte> number = end < 0 ? rest : rest[..end];
                    row[i] = float.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) ? value : throw Damaged("numbers behind the word", "something else", _line);
                    rest = rest[number.Length..];
                }
            }
        }
    }

    private void ReadBinary()
    {
        Counts(Line(), out long words, out _size);
        int bytes = _size * sizeof(float);
        for (long i = 0; i < words; i++)
        {
            while (Fill(1) && _buffer[_start] == (byte)'\n')
            {
                _start++;
            }

            Fill(MaxWord + bytes);
            int end = _buffer.AsSpan(_start, Math.Min(MaxWord, _end - _start)).IndexOf((byte)' ');
            if (end < 0 || _end - _start - end - 1 < bytes)
            {
                throw Damaged($"{words} words with {_size} numbers each", $"{i} and a rest");
            }

            Span<float> row = Add(Encoding.UTF8.GetString(_buffer, _start, end));
            if (!row.IsEmpty)
            {
                NumberBytes.Read("F32", _buffer.AsSpan(_start + end + 1), row);
            }

            _start += end + 1 + bytes;
        }
    }

    private void ReadScript()
    {
        ReadOnlySpan<byte> text = Everything();
        text = text[text.IndexOf((byte)'{')..];
        var json = new Utf8JsonReader(text[..(text.LastIndexOf((byte)'}') + 1)], new JsonReaderOptions { AllowTrailingCommas = true, MaxDepth = 4 });
        try
        {
            var row = new List<float>();
            _ = json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string word = json.GetString()!;
                row.Clear();
                _ = json.Read() && json.TokenType == JsonTokenType.StartArray ? 0 : throw Damaged($"a list of numbers for '{Short(word)}'", "something else");
                while (json.Read() && json.TokenType == JsonTokenType.Number && row.Count <= MaxSize)
                {
                    row.Add(json.GetSingle());
                }

                _size = _size == 0 ? row.Count : _size;
                if (json.TokenType != JsonTokenType.EndArray || row.Count != _size || _size < LeastSize)
                {
                    throw Damaged($"{Math.Max(_size, LeastSize)} numbers for '{Short(word)}'", $"{row.Count} and something else");
                }

                Span<float> to = Add(word);
                CollectionsMarshal.AsSpan(row)[..to.Length].CopyTo(to);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new GraftInputException(_shown, $"word-vectors: expected an object with a list of numbers for each word, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }
    }

    // Where the row of a new and wanted word goes; nothing for others.
    private Span<float> Add(string word)
    {
        if ((_wanted is not null && !_wanted.Contains(word)) || !_rows.TryAdd(word, _words.Count))
        {
            return default;
        }

        long at = (long)_words.Count * _size, needed = at + _size;
        if (needed > _mostNumbers || needed > Array.MaxLength)
        {
            throw Damaged($"at most {_mostNumbers} numbers in a file of its length", "more");
        }

        if (needed > _values.Length)
        {
            Array.Resize(ref _values, (int)Math.Min(Array.MaxLength, Math.Max(needed, Math.Max(1 << 12, _values.Length * 3L / 2))));
        }

        _words.Add(word);
        return _values.AsSpan((int)at, _size);
    }

    private ReadOnlySpan<byte> Everything()
    {
        while (Fill(_end - _start + 1))
        {
            if (_end - _start > SourceFile.MaxBytes)
            {
                throw Damaged($"at most {SourceFile.MaxBytes} bytes of JavaScript", "more");
            }
        }

        return _buffer.AsSpan(_start, _end - _start);
    }

    // A line without its end; the last one may have none.
    private ReadOnlySpan<byte> Line()
    {
        _line++;
        int looked = 0;
        while (true)
        {
            int end = _buffer.AsSpan(_start + looked, _end - _start - looked).IndexOf((byte)'\n');
            if (end >= 0)
            {
                ReadOnlySpan<byte> line = _buffer.AsSpan(_start, looked + end);
                _start += looked + end + 1;
                return line.TrimEnd((byte)'\r');
            }

            looked = _end - _start;
            if (looked > MaxWord + (MaxSize * 16))
            {
                throw Damaged($"lines of at most {MaxWord + (MaxSize * 16)} bytes", "a longer one", _line);
            }

            if (!Fill(looked + 1))
            {
                ReadOnlySpan<byte> line = _buffer.AsSpan(_start, looked);
                _start = _end;
                return line.TrimEnd((byte)'\r');
            }
        }
    }

    // Sees that so many bytes are in the buffer, if there are so many; says whether they are.
    private bool Fill(int count)
    {
        if (_end - _start >= count)
        {
            return true;
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (count > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(count, (int)Math.Min(2L * _buffer.Length, Array.MaxLength)));
        }

        while (_end < count)
        {
            int some = SourceFile.Guarded(_shown, () => _stream.Read(_buffer, _end, _buffer.Length - _end));
            if (some == 0)
            {
                return false;
            }

            _end += some;
            _read += some;
            if (_read > _mostRead)
            {
                throw Damaged($"at most {_mostRead} bytes unpacked", "more");
            }
        }

        return true;
    }

    // "1000 25": words and axes.
    private static bool Counts(ReadOnlySpan<byte> line, out long words, out int size)
    {
        size = 0;
        words = 0;
        line = line.TrimEnd((byte)'\r').TrimEnd((byte)' ');
        int space = line.IndexOf((byte)' ');
        return space > 0 && long.TryParse(line[..space], NumberStyles.None, CultureInfo.InvariantCulture, out words)
            && int.TryParse(line[(space + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out size) && size is >= LeastSize and <= MaxSize;
    }

    // The numbers are the last parts of a line, as many as in the line before; a word may hold spaces.
    private static bool SplitLine(ReadOnlySpan<byte> line, int size, out int wordEnd)
    {
        ReadOnlySpan<byte> rest = line.TrimEnd((byte)' ');
        for (int i = 0; i < size; i++)
        {
            int space = rest.LastIndexOfAny((byte)' ', (byte)'\t');
            rest = space < 0 ? [] : rest[..space];
        }

        wordEnd = rest.Length;
        return wordEnd is > 0 and <= MaxWord;
    }

    private static int SizeOf(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd((byte)'\r').Trim((byte)' ');
        return line.IsEmpty ? 0 : 1 + line.Count((byte)' ') + line.Count((byte)'\t');
    }

    private static bool AreNumbers(ReadOnlySpan<byte> parts)
    {
        parts = parts.Trim(" \t\r"u8);
        while (!parts.IsEmpty)
        {
            int end = parts.IndexOfAny((byte)' ', (byte)'\t');
            ReadOnlySpan<byte> number = end < 0 ? parts : parts[..end];
            if (!float.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            {
                return false;
            }

            parts = parts[number.Length..].TrimStart(" \t"u8);
        }

        return true;
    }

    private static string Short(string text) => text.Length <= 40 ? text.ReplaceLineEndings(" ") : text[..40].ReplaceLineEndings(" ") + "...";

    private GraftInputException Damaged(string expected, string actual, long line = 0) => new(_shown, $"word-vectors: expected {expected}, got {actual}.", line: (int)Math.Min(line, int.MaxValue));
}
