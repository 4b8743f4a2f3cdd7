using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class TextLinesSourceTests : DataSourceConformance
{
    protected override DataSource Create(string name, string? hint = null) => new TextLinesSource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid.txt", "1\ta\n0\tb\n");
        return "valid.txt";
    }

    [Theory]
    [InlineData("1\tgood one\n\n0\tbad \n", null)]
    [InlineData("1 good one\r\n0 bad\r\n", null)]
    [InlineData("1   good one\n0 bad", "space")]
    public void Labels_stand_before_the_first_tab_or_space(string text, string? delimiter)
    {
        Folder.Write("a.txt", text);

        Dataset data = new TextLinesSource("a.txt", delimiter: delimiter).Read(Folder.Context);

        Assert.Equal(["good one", "bad"], ((TextColumn)data["text"]).Values);
        Assert.Equal([1, 0], ((CategoryColumn)data["label"]).Codes);
    }

    [Fact]
    public void Labels_may_lie_in_a_file_of_their_own_or_be_absent()
    {
        Folder.Write("a.txt", "one text\nanother\n");
        Folder.Write("labels.txt", "x\ny\n");

        Dataset labeled = new TextLinesSource("a.txt", labels: "labels.txt").Read(Folder.Context);
        Dataset plain = new TextLinesSource("a.txt", labeled: false).Read(Folder.Context);

        Assert.Equal(["x", "y"], ((CategoryColumn)labeled["label"]).Levels);
        Assert.Equal(["one text", "another"], ((TextColumn)labeled["text"]).Values);
        Assert.Single(plain.Columns);
    }

    [Fact]
    public void Several_files_are_told_apart_by_a_column()
    {
        Folder.Write("books.train", "1\ta\n");
        Folder.Write("music.train", "0\tb\n1\tc\n");

        Dataset data = new TextLinesSource(paths: ["books.train", "music.train"], group: "task").Read(Folder.Context);

        Assert.Equal(["books", "music"], ((CategoryColumn)data["task"]).Levels);
        Assert.Equal([0, 1, 1], ((CategoryColumn)data["task"]).Codes);
    }

    [Fact]
    public void Lines_without_a_label_are_errors_or_skipped_and_counted()
    {
        Folder.Write("a.txt", "1\ta\nb\n\nc\n0\td\n");

        var e = Assert.Throws<GraftInputException>(() => new TextLinesSource("a.txt").Read(Folder.Context));
        Dataset data = new TextLinesSource("a.txt", skipBadRows: true).Read(Folder.Context);

        Assert.Equal(
            "a.txt(2): expected a label, a tab and a text, got only one of them.\na.txt(4): expected a label, a tab and a text, got only one of them.",
            e.Message);
        Assert.Equal(2, data.Count);
        Assert.Equal(["a.txt: 2 lines without a label skipped, the first is line 2."], data.Notices);
    }

    [Fact]
    public void Labels_of_another_number_and_empty_files_are_refused()
    {
        Folder.Write("a.txt", "one\n");
        Folder.Write("labels.txt", "x\ny\n");
        Folder.Write("empty.txt", "\n");

        Assert.Equal(
            "labels.txt: expected 1 labels, one for each text, got 2.",
            Assert.Throws<GraftInputException>(() => new TextLinesSource("a.txt", labels: "labels.txt").Read(Folder.Context)).Message);
        Assert.Throws<GraftInputException>(() => new TextLinesSource("empty.txt").Read(Folder.Context));
    }

    [Fact]
    public void Damaged_files_give_a_clear_error_or_a_table() =>
        Fuzz.Files("1\tcaf\u00E9 x\n0\ty z\n"u8.ToArray(), "a.txt", context => new TextLinesSource("a.txt").Read(context));

    [Fact]
    public void Reviews_and_sentences_are_read_whole()
    {
        DataContext context = RealData.Context("fdu_mtl", "sentence_cls7");

        Dataset apparel = new TextLinesSource(paths: ["fdu_mtl/apparel.task.train", "fdu_mtl/books.task.train"]).Read(context);
        Dataset movies = new TextLinesSource("fdu_mtl/MR.task.test", encoding: "latin-1").Read(context);
        Dataset trec = new TextLinesSource("sentence_cls7/TREC.train.all", encoding: "latin-1").Read(context);

        Assert.Equal(1600, ((CategoryColumn)apparel["file"]).Codes.Count(0));
        Assert.Equal(["0", "1"], ((CategoryColumn)apparel["label"]).Levels);
        Assert.Equal(400, movies.Count);
        Assert.Equal((5452, 6), (trec.Count, ((CategoryColumn)trec["label"]).Levels.Count));
        var e = Assert.Throws<GraftInputException>(() => new TextLinesSource("fdu_mtl/MR.task.test").Read(context));
        Assert.Contains("encoding: latin-1", e.Message, StringComparison.Ordinal);
    }
}
