using System.Text;
using CsvHelper;

namespace Graft.Data.Sources;

/// <summary>One file of delimited text: its rows, read in order as often as wanted.</summary>
/// <param name="path">Where it is.</param>
/// <param name="shown">Its name in messages.</param>
/// <param name="delimiter">One ASCII character, or null to find it out.</param>
/// <param name="encoding">Throws on bytes that are not valid.</param>
internal sealed class CsvFile(string path, string shown, char? delimiter, Encoding encoding)
{
    /// <summary>Most columns of a file.</summary>
    public const int MaxColumns = 1 << 16;

    private const int MaxRowBytes = 1 << 24;

    /// <summary>Sees one row.</summary>
    /// <param name="row">The row; valid until the method returns.</param>
    /// <param name="line">1-based line where the row starts.</param>
    /// <param name="fault">What is wrong with its quotes, or null.</param>
    /// <returns>Whether to go on.</returns>
    public delegate bool Visitor(CsvReader row, int line, string? fault);

    /// <summary>The file's name in messages.</summary>
    public string Shown => shown;

    /// <summary>Shows every row that is not empty to the visitor, the header too.</summary>
    /// <exception cref="GraftInputException">The file cannot be read, is not valid in its encoding, or a row is too long.</exception>
    public void Each(Visitor visit)
    {
        var faults = new Dictionary<long, string>();
        var options = new CsvReaderOptions
        {
            HasHeader = false,
            Separator = delimiter,
            TrimWhitespace = true,
            TrackLineNumbers = true,
            MaxRecordSize = MaxRowBytes,
            PoolStrings = true,
            OnMalformedRecord = r => Remember(r, faults),
        };
        int line = 0;
        try
        {
            using var text = new StreamReader(SourceFile.Open(path, shown), encoding, detectEncodingFromByteOrderMarks: false);
            using CsvReader reader = CsvReader.Create(text, options, leaveOpen: true);
            while (reader.Read())
            {
                line = (int)Math.Min(int.MaxValue, reader.LineNumber);
                if (reader.FieldCount > MaxColumns)
                {
                    throw new GraftInputException(shown, $"expected at most {MaxColumns} columns, got {reader.FieldCount}.", line);
                }

                if (!IsBlank(reader) && !visit(reader, line, faults.GetValueOrDefault(reader.LineNumber)))
                {
                    return;
                }
            }
        }
        catch (CsvFormatException e)
        {
            throw new GraftInputException(shown, $"expected rows of at most {MaxRowBytes} bytes: {SourceFile.OneLine(e.Message)} Is there a quote that never closes?", line + 1, inner: e);
        }
        catch (DecoderFallbackException e)
        {
            throw TextEncoding.NotValid(shown, line + 1, e);
        }
        catch (IOException e)
        {
            throw new GraftInputException(shown, $"cannot be read: {SourceFile.OneLine(e.Message)}", line + 1, inner: e);
        }
    }

    /// <summary>The first rows as texts.</summary>
    public List<string[]> Sample(int rows)
    {
        var sample = new List<string[]>();
        Each((row, _, _) =>
        {
            var cells = new string[row.FieldCount];
            for (int i = 0; i < cells.Length; i++)
            {
                cells[i] = row.GetString(i);
            }

            sample.Add(cells);
            return sample.Count < rows;
        });
        return sample;
    }

    private static bool IsBlank(CsvReader row) => row.FieldCount == 1 && row.RawRecord.Trim(" \t"u8).IsEmpty;

    // A quote inside an unquoted cell is plain text; these two make the cell's end a guess.
    private static void Remember(CsvMalformedRecord record, Dictionary<long, string> faults)
    {
        if (record.Reason == CsvMalformedReason.UnterminatedQuote)
        {
            faults[record.LineNumber] = "expected a closing quote, got the end of the file";
        }
        else if (record.Reason == CsvMalformedReason.TextAfterClosingQuote)
        {
            faults[record.LineNumber] = "expected a delimiter after a closing quote, got other text";
        }
    }
}
