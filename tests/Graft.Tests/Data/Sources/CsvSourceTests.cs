using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class CsvSourceTests : DataSourceConformance
{
    protected override DataSource Create(string name, string? hint = null) => new CsvSource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid.csv", "a,b\n1,x\n2,y\n");
        return "valid.csv";
    }

    private Dataset Read(string text, Func<CsvSource>? source = null)
    {
        Folder.Write("a.csv", text);
        return (source?.Invoke() ?? new CsvSource("a.csv")).Read(Folder.Context);
    }

    private string Fails(string text, Func<CsvSource>? source = null) =>
        Assert.Throws<GraftInputException>(() => Read(text, source)).Message;

    private static float[] Numbers(Dataset data, string column) => ((NumberColumn)data[column]).Values.ToArray();

    private static IEnumerable<string?> Categories(Dataset data, string column)
    {
        var c = (CategoryColumn)data[column];
        return c.Codes.ToArray().Select(i => i < 0 ? null : c.Levels[i]);
    }

    [Fact]
    public void Types_are_found_out_and_cells_are_trimmed()
    {
        Dataset data = Read("age, job ,pay\n39, clerk ,1e3\n 50,?, -2.5 \n?,\"cook, head\",\n");

        Assert.Equal(["age", "job", "pay"], data.Columns.Select(c => c.Name));
        Assert.Equal([39, 50, float.NaN], Numbers(data, "age"));
        Assert.Equal(["clerk", null, "cook, head"], Categories(data, "job"));
        Assert.Equal([1000, -2.5f, float.NaN], Numbers(data, "pay"));
        Assert.Empty(data.Notices);
    }

    [Theory]
    [InlineData("a,b\n1,2\n3,4\n", "a b")]
    [InlineData("1,2\n3,4\n", "c1 c2")]
    [InlineData("x,y\nred,green\nblue,red\n", "x y")]
    [InlineData("red,green\nblue,green\nred,blue\n", "c1 c2")]
    [InlineData("a,,c\n1,2,3\n", "c1 c2 c3")]
    [InlineData("a;b\n1,5;2\n", "a b")]
    [InlineData("a\tb\n1\t2\n", "a b")]
    [InlineData("a|b\r\n1|2\r\n", "a b")]
    [InlineData("\uFEFFa,b\n1,2\n", "a b")]
    [InlineData("only\n1\n\n2\n", "only")]
    public void Header_and_delimiter_are_found_out(string text, string names) =>
        Assert.Equal(names.Split(' '), Read(text).Columns.Select(c => c.Name));

    [Fact]
    public void Header_delimiter_names_types_and_dropped_columns_can_be_said()
    {
        Dataset data = Read(
            "1 2 3 4\n5 6 7 hello\n",
            () => new CsvSource(
                "a.csv",
                header: false,
                delimiter: "space",
                columns: ["n", "zip", "gone", "note"],
                types: new Dictionary<string, ColumnType> { ["zip"] = ColumnType.Category, ["note"] = ColumnType.Text },
                drop: ["gone"]));

        Assert.Equal(["n", "zip", "note"], data.Columns.Select(c => c.Name));
        Assert.Equal(["2", "6"], Categories(data, "zip"));
        Assert.Equal(["4", "hello"], ((TextColumn)data["note"]).Values);
    }

    [Fact]
    public void Characters_at_the_end_of_categories_are_stripped_and_what_is_missing_can_be_said()
    {
        Dataset data = Read("a,b\n1,<=50K.\nnone,>50K\n", () => new CsvSource("a.csv", strip: ".", missing: ["none"]));

        Assert.Equal(["<=50K", ">50K"], Categories(data, "b"));
        Assert.Equal([1, float.NaN], Numbers(data, "a"));
    }

    [Fact]
    public void Several_files_become_one_table_with_a_column_that_says_which()
    {
        Folder.Write("p.one.data", "1,?\n2,x\n");
        Folder.Write("p.two.data", "3,y\n");

        Dataset data = new CsvSource(paths: ["p.one.data", "p.two.data"], header: false, group: "hospital").Read(Folder.Context);

        Assert.Equal([1, 2, 3], Numbers(data, "c1"));
        Assert.Equal([null, "x", "y"], Categories(data, "c2"));
        Assert.Equal(["p.one", "p.one", "p.two"], Categories(data, "hospital"));
    }

    [Fact]
    public void Several_files_must_have_the_same_columns()
    {
        Folder.Write("1.csv", "a,b\n1,2\n");
        Folder.Write("2.csv", "a,c\n1,2\n");

        var e = Assert.Throws<GraftInputException>(() => new CsvSource(paths: ["1.csv", "2.csv"]).Read(Folder.Context));

        Assert.Equal("2.csv(1): expected the columns of 1.csv (a, b), got a, c.", e.Message);
    }

    [Fact]
    public void Every_bad_row_is_named_with_its_line() => Assert.Equal(
        "a.csv(3): expected 2 cells, got 3.\n"
        + "a.csv(4): expected a finite number in column 'n', got 'many'.\n"
        + "a.csv(5): expected a finite number in column 'n', got 'inf'.\n"
        + "a.csv(6): expected a delimiter after a closing quote, got other text.\n"
        + "a.csv(7): expected a closing quote, got the end of the file.",
        Fails(
            "n,t\n1,a\n2,b,c\nmany,d\ninf,e\n3,\"f\"g\n4,\"h\n5,i\n",
            () => new CsvSource("a.csv", types: new Dictionary<string, ColumnType> { ["n"] = ColumnType.Number })));

    [Fact]
    public void Bad_rows_are_skipped_and_counted_where_the_file_asks_for_it()
    {
        Dataset data = Read("n,t\n1,a\n2\n\n3,c\n4,d,e\n", () => new CsvSource("a.csv", skipBadRows: true));

        Assert.Equal([1, 3], Numbers(data, "n"));
        Assert.Equal(["a.csv: 2 rows skipped: line 3: expected 2 cells, got 1; line 6: expected 2 cells, got 3."], data.Notices);
        Assert.Equal(data.Notices, data.Take([0]).Notices);
    }

    [Fact]
    public void A_line_break_inside_quotes_is_part_of_the_cell_and_is_counted_as_a_line() => Assert.Equal(
        "a.csv(4): expected 2 cells, got 1.",
        Fails("n,t\n1,\"a\nb\"\n2\n"));

    [Theory]
    [InlineData("", "a.csv: expected at least one row, got none.")]
    [InlineData("\n \n", "a.csv: expected at least one row, got none.")]
    [InlineData("a,b\n", "a.csv: expected at least one row of data, got none.")]
    [InlineData("a,a\n1,2\n", "a.csv(1): expected distinct column names, got 'a' twice. Name them with columns: [...].")]
    public void Tables_without_rows_or_with_a_name_twice_are_refused(string text, string message) =>
        Assert.Equal(message, Fails(text, () => new CsvSource("a.csv", header: true)));

    [Fact]
    public void A_name_that_is_no_column_is_refused() => Assert.Equal(
        "a.csv: expected a column named 'c' (in drop or types), got a, b.",
        Fails("a,b\n1,2\n", () => new CsvSource("a.csv", drop: ["c"])));

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused_and_latin_1_can_be_said()
    {
        byte[] bytes = [.. "t,n\ncaf"u8, 0xE9, .. ",1\n"u8];
        Folder.Write("a.csv", bytes);

        Assert.Equal(["caf\u00E9"], Categories(new CsvSource("a.csv", encoding: "latin-1").Read(Folder.Context), "t"));
        var e = Assert.Throws<GraftInputException>(() => new CsvSource("a.csv").Read(Folder.Context));
        Assert.StartsWith("a.csv(1): expected text in UTF-8, got bytes that are none", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_that_contradict_each_other_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new CsvSource());
        Assert.Throws<ArgumentException>(() => new CsvSource("a.csv", ["b.csv"]));
        Assert.Throws<ArgumentException>(() => new CsvSource("a.csv", delimiter: "ab"));
        Assert.Throws<ArgumentException>(() => new CsvSource("a.csv", encoding: "utf-9"));
    }

    [Fact]
    public void Damaged_files_give_a_clear_error_or_a_table() => Fuzz.Files(
        "a,b,c\n1,\"x y\",3\n2,z,4.5\n?,\"q\"\"r\",1e9\n"u8.ToArray(),
        "a.csv",
        context => new CsvSource("a.csv").Read(context));

    [Fact]
    public void Adult_has_32561_rows_with_missing_ones()
    {
        DataContext context = RealData.Context("adult/adult-train.csv");

        Dataset data = new CsvSource("adult/adult-train.csv").Read(context);

        Assert.Equal(32561, data.Count);
        Assert.Equal(15, data.Columns.Count);
        Assert.Equal(6, data.Columns.Count(c => c is NumberColumn));
        var work = (CategoryColumn)data["c2"];
        Assert.Equal(8, work.Levels.Count);
        Assert.Equal(1836, work.Codes.Count(-1));
        Assert.Equal(["<=50K", ">50K"], ((CategoryColumn)data["c15"]).Levels);
        Assert.Equal(1256257, Numbers(data, "c1").Sum(x => (double)x));
    }

    [Fact]
    public void Adult_train_and_test_share_labels_once_the_full_stop_is_stripped()
    {
        DataContext context = RealData.Context("adult/adult-train.csv", "adult/adult-test.csv");

        Dataset data = new CsvSource(paths: ["adult/adult-train.csv", "adult/adult-test.csv"], strip: ".").Read(context);

        Assert.Equal(32561 + 16281, data.Count);
        Assert.Equal(["<=50K", ">50K"], ((CategoryColumn)data["c15"]).Levels);
        Assert.Equal(["adult-train", "adult-test"], ((CategoryColumn)data["file"]).Levels.Reverse());
    }

    [Fact]
    public void Heart_disease_is_one_table_of_four_hospitals()
    {
        string[] hospitals = ["cleveland", "hungarian", "switzerland", "va"];
        DataContext context = RealData.Context("heart_disease");

        Dataset data = new CsvSource(paths: [.. hospitals.Select(h => $"heart_disease/processed.{h}.data")], group: "hospital").Read(context);

        Assert.Equal(920, data.Count);
        Assert.All(data.Columns.SkipLast(1), c => Assert.IsType<NumberColumn>(c));
        var hospital = (CategoryColumn)data["hospital"];
        Assert.Equal([303, 294, 123, 200], Enumerable.Range(0, 4).Select(i => hospital.Codes.Count(i)));
        Assert.Equal(611, Numbers(data, "c12").Count(float.IsNaN));
    }

    [Fact]
    public void Parkinsons_energy_and_wine_are_read_as_numbers()
    {
        DataContext context = RealData.Context("parkinsons", "energy_enb2012", "wine_quality");

        Dataset parkinsons = new CsvSource("parkinsons/parkinsons_updrs.data").Read(context);
        Dataset energy = new CsvSource("energy_enb2012/ENB2012.csv").Read(context);
        Dataset wine = new CsvSource("wine_quality/winequality-white.csv").Read(context);

        Assert.Equal((5875, 22), (parkinsons.Count, parkinsons.Columns.Count));
        Assert.Equal(42, Numbers(parkinsons, "subject#").Distinct().Count());
        Assert.Equal((768, 10), (energy.Count, energy.Columns.Count));
        Assert.Equal((4898, 12), (wine.Count, wine.Columns.Count));
        Assert.All([.. parkinsons.Columns, .. energy.Columns, .. wine.Columns], c => Assert.IsType<NumberColumn>(c));
    }
}
