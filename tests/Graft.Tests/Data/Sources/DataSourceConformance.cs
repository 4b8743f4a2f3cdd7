using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

/// <summary>What every source of files promises, whatever it reads.</summary>
public abstract class DataSourceConformance : IDisposable
{
    internal TempFolder Folder { get; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A source whose file (or folder) is "valid"; its name may have an ending.</summary>
    /// <param name="name">The path to read.</param>
    /// <param name="hint">Where to get the file.</param>
    protected abstract DataSource Create(string name, string? hint = null);

    /// <summary>Writes a valid file and says its name.</summary>
    protected abstract string WriteValid();

    [Fact]
    public void Reading_twice_gives_the_same_rows()
    {
        DataSource source = Create(WriteValid());

        Dataset first = source.Read(Folder.Context);
        Dataset second = source.Read(Folder.Context);

        Assert.True(first.Count > 0);
        Assert.Equal(first.Columns.Select(c => (c.Name, c.Kind)), second.Columns.Select(c => (c.Name, c.Kind)));
        for (int row = 0; row < first.Count; row++)
        {
            Assert.Equal(first.Columns.Select(c => Text(c, row)), second.Columns.Select(c => Text(c, row)));
        }
    }

    [Fact]
    public void A_missing_file_is_an_error_that_says_where_to_get_it()
    {
        var e = Assert.Throws<GraftInputException>(() => Create("absent.bin", "Get it from example.org.").Read(Folder.Context));

        Assert.StartsWith("absent.bin: expected a file or folder, found none at ", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(" Get it from example.org.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_an_error_that_names_it()
    {
        string ending = Path.GetExtension(WriteValid());
        Folder.Write("empty" + ending, "");

        var e = Assert.Throws<GraftInputException>(() => Create("empty" + ending).Read(Folder.Context));

        Assert.Contains("empty" + ending, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_says_what_it_is() => Assert.Contains("valid", Create("valid").ToString(), StringComparison.Ordinal);

    private static string Text(Column column, int row) => column switch
    {
        NumberColumn c => c.Values[row].ToString(System.Globalization.CultureInfo.InvariantCulture),
        CategoryColumn c => c.Codes[row] < 0 ? "" : c.Levels[c.Codes[row]],
        TextColumn c => c.Values[row] ?? "",
        VectorColumn c => string.Join(' ', c.Row(row).ToArray()),
        SequenceColumn c => string.Join(' ', c.Row(row).ToArray()),
        PictureColumn c => Convert.ToHexString(c.Read(row)!.Pixels),
        _ => throw new InvalidOperationException(column.Kind),
    };
}
