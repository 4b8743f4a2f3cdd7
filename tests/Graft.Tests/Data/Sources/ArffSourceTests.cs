using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class ArffSourceTests : DataSourceConformance
{
    private const string Header = "% a comment\n@RELATION 'a b'\n\n@attribute age numeric\n@attribute 'job title' {cook, 'head cook', \"it\\'s\"}\n@ATTRIBUTE note string\n@attribute pay REAL\n@data\n";

    protected override DataSource Create(string name, string? hint = null) => new ArffSource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid.arff", Header + "1,cook,x,2\n");
        return "valid.arff";
    }

    private Dataset Read(string text, Func<ArffSource>? source = null)
    {
        Folder.Write("a.arff", text);
        return (source?.Invoke() ?? new ArffSource("a.arff")).Read(Folder.Context);
    }

    private string Fails(string text) => Assert.Throws<GraftInputException>(() => Read(text)).Message;

    [Fact]
    public void Full_rows_are_read_with_the_levels_that_are_declared()
    {
        Dataset data = Read(Header + "39, 'head cook', 'likes, commas', 1e3\n% between\n?,?,?,?\n-1,\"it's\",\"?\",0\n");

        Assert.Equal(["age", "job title", "note", "pay"], data.Columns.Select(c => c.Name));
        Assert.Equal([39, float.NaN, -1], ((NumberColumn)data["age"]).Values);
        Assert.Equal(["cook", "head cook", "it's"], ((CategoryColumn)data["job title"]).Levels);
        Assert.Equal([1, -1, 2], ((CategoryColumn)data["job title"]).Codes);
        Assert.Equal(["likes, commas", null, "?"], ((TextColumn)data["note"]).Values);
    }

    [Fact]
    public void Sparse_rows_leave_out_zeros_and_first_levels()
    {
        Dataset data = Read(Header + "{0 5, 3 2.5}\n{1 'head cook'}\n{ }\n{2 hello, 3 ?}\n");

        Assert.Equal([5, 0, 0, 0], ((NumberColumn)data["age"]).Values);
        Assert.Equal([0, 1, 0, 0], ((CategoryColumn)data["job title"]).Codes);
        Assert.Equal([2.5f, 0, 0, float.NaN], ((NumberColumn)data["pay"]).Values);
        Assert.Equal(["", "", "", "hello"], ((TextColumn)data["note"]).Values);
    }

    [Fact]
    public void Attributes_can_be_dropped()
    {
        Dataset data = Read(Header + "1,cook,x,2\n", () => new ArffSource("a.arff", drop: ["note", "age"]));

        Assert.Equal(["job title", "pay"], data.Columns.Select(c => c.Name));
        Assert.Throws<GraftInputException>(() => Read(Header + "1,cook,x,2\n", () => new ArffSource("a.arff", drop: ["zip"])));
    }

    [Fact]
    public void Every_bad_row_is_named_with_its_line() => Assert.Equal(
        "a.arff(9): expected 4 values, got 3.\n"
        + "a.arff(10): expected a finite number for 'age', got 'old'.\n"
        + "a.arff(11): expected a declared level for 'job title', got 'baker'.\n"
        + "a.arff(12): expected values with commas between them and quotes that close, got others.\n"
        + "a.arff(13): expected an index from 0 to 3, got '4'.\n"
        + "a.arff(14): expected a declared level for 'job title', got ''.",
        Fails(Header + "1,cook,x\nold,cook,x,2\n1,baker,x,2\n1,'cook,x,2\n{4 1}\n{1}\n1,cook,x,2\n"));

    [Fact]
    public void Bad_rows_are_skipped_and_counted_where_the_file_asks_for_it()
    {
        Dataset data = Read(Header + "1,cook,x\n1,cook,x,2\n1,cook\n", () => new ArffSource("a.arff", skipBadRows: true));

        Assert.Equal(1, data.Count);
        Assert.Equal(["a.arff: 2 rows skipped, the first is line 9: expected 4 values, got 3."], data.Notices);
    }

    [Theory]
    [InlineData("1,2\n", "a.arff(1): expected @relation, @attribute, @data or a comment, got another line.")]
    [InlineData("@attribute a numeric\n@data\n", "a.arff: expected attributes, a line @data and at least one row, got 1 attributes and 0 rows.")]
    [InlineData("@attribute a {x,x}\n", "a.arff(1): expected a name and numeric, string, date or {levels}, at most 65536 attributes, got another line.")]
    [InlineData("@attribute a relational\n", "a.arff(1): expected a name and numeric, string, date or {levels}, at most 65536 attributes, got another line.")]
    [InlineData("@attribute a real\n@attribute 'a' real\n", "a.arff(2): expected distinct attribute names, got 'a' twice.")]
    public void Broken_headers_are_refused(string text, string message) => Assert.Equal(message, Fails(text));

    [Fact]
    public void Damaged_files_give_a_clear_error_or_a_table() => Fuzz.Files(
        System.Text.Encoding.UTF8.GetBytes(Header + "39, 'head cook', 'x', 1e3\n{0 5, 3 2.5}\n"),
        "a.arff",
        context => new ArffSource("a.arff").Read(context));

    [Theory]
    [InlineData("andro", 49, 36)]
    [InlineData("atp1d", 337, 417)]
    [InlineData("atp7d", 296, 417)]
    [InlineData("edm", 154, 18)]
    [InlineData("enb", 768, 10)]
    [InlineData("jura", 359, 18)]
    [InlineData("oes10", 403, 314)]
    [InlineData("oes97", 334, 279)]
    [InlineData("osales", 639, 413)]
    [InlineData("scpf", 1137, 26)]
    [InlineData("sf1", 323, 13)]
    [InlineData("sf2", 1066, 13)]
    [InlineData("slump", 103, 10)]
    [InlineData("wq", 1060, 30)]
    public void The_multi_target_sets_of_mulan_are_read(string name, int rows, int columns)
    {
        DataContext context = RealData.Context("mulan_mtr");

        Dataset data = new ArffSource($"mulan_mtr/{name}.arff").Read(context);

        Assert.Equal((rows, columns), (data.Count, data.Columns.Count));
        Assert.Equal(name is "osales" or "scpf", data.Columns.Any(c => Enumerable.Range(0, c.Count).Any(c.IsMissing)));
    }
}
