using System.Text;

namespace Graft.Data.Sources;

/// <summary>The encodings of text files that are understood, and strict reading in them.</summary>
internal static class TextEncoding
{
    /// <summary>The encoding of that name; bytes that are not valid in it are an error, never a replacement character.</summary>
    /// <exception cref="ArgumentException">The name is neither "utf-8" nor "latin-1".</exception>
    public static Encoding Named(string name) => name switch
    {
        "utf-8" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        "latin-1" => Encoding.Latin1,
        _ => throw new ArgumentException($"encoding: expected utf-8 or latin-1, got '{name}'.", nameof(name)),
    };

    /// <summary>Shows every line that is not blank, with its 1-based number. Lines end with LF, CR LF or CR.</summary>
    /// <exception cref="GraftInputException">The file cannot be read or is not valid in the encoding.</exception>
    public static void EachLine(string path, string shown, Encoding encoding, Action<string, int> visit)
    {
        int number = 0;
        try
        {
            using var reader = new StreamReader(SourceFile.Open(path, shown), encoding, detectEncodingFromByteOrderMarks: false);
            while (reader.ReadLine() is string line)
            {
                number++;
                if (!string.IsNullOrWhiteSpace(line))
                {
                    visit(line, number);
                }
            }
        }
        catch (DecoderFallbackException e)
        {
            throw NotValid(shown, number + 1, e);
        }
        catch (IOException e)
        {
            throw new GraftInputException(shown, $"cannot be read: {SourceFile.OneLine(e.Message)}", number + 1, inner: e);
        }
    }

    /// <summary>The error for bytes that are not valid in the encoding.</summary>
    public static GraftInputException NotValid(string shown, int line, DecoderFallbackException e) => new(
        shown,
        "expected text in UTF-8, got bytes that are none, here or a little later. Set encoding: latin-1 if the file is in Latin-1.",
        line,
        inner: e);
}
