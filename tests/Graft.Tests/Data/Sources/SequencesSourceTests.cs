using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class SequencesSourceTests : DataSourceConformance
{
    protected override DataSource Create(string name, string? hint = null) => new SequencesSource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid.jsonl", "{\"values\":[1,2]}\n");
        return "valid.jsonl";
    }

    private Dataset Read(string name, string text, Func<SequencesSource>? source = null)
    {
        Folder.Write(name, text);
        return (source?.Invoke() ?? new SequencesSource(name)).Read(Folder.Context);
    }

    private static float[] Row(Dataset data, int row) => ((SequenceColumn)data["values"]).Row(row).ToArray();

    [Fact]
    public void Rows_of_a_table_are_grouped_by_id_in_the_order_of_the_file()
    {
        Dataset data = Read("a.csv", "id,x,y,label\nb,1,2,walk\na,3,4,run\nb,5,6,walk\n");

        Assert.Equal(2, ((SequenceColumn)data["values"]).Width);
        Assert.Equal([1, 2, 5, 6], Row(data, 0));
        Assert.Equal([3, 4], Row(data, 1));
        var id = (CategoryColumn)data["id"];
        Assert.Equal(["b", "a"], id.Codes.ToArray().Select(c => id.Levels[c]));
        var label = (CategoryColumn)data["label"];
        Assert.Equal(["walk", "run"], label.Codes.ToArray().Select(c => label.Levels[c]));
    }

    [Fact]
    public void Names_of_id_labels_and_values_can_be_said()
    {
        Dataset data = Read(
            "a.csv",
            "who,t,x,age,kind\n7,0,1,30,2\n7,1,2,30,2\n8,0,3,40,1\n",
            () => new SequencesSource("a.csv", "who", ["age", "kind"], ["x"], new Dictionary<string, ColumnType> { ["kind"] = ColumnType.Category }));

        Assert.Equal([1, 2], Row(data, 0));
        Assert.Equal([30, 40], ((NumberColumn)data["age"]).Values);
        Assert.Equal([1, 0], ((CategoryColumn)data["kind"]).Codes);
        Assert.Equal(["7", "8"], ((CategoryColumn)data["who"]).Levels);
    }

    [Fact]
    public void Json_lines_hold_one_sequence_each()
    {
        Dataset data = Read("a.jsonl", "{\"id\":\"b\",\"label\":\"walk\",\"age\":3,\"values\":[[1,2],[3,4]]}\n\n{\"values\":[[5,6]],\"label\":null}\n");
        Dataset plain = Read("b.jsonl", "{\"values\":[1,2.5,3e1]}\n");

        Assert.Equal([1, 2, 3, 4], Row(data, 0));
        Assert.Equal([5, 6], Row(data, 1));
        Assert.Equal(["2", "b"], ((CategoryColumn)data["id"]).Levels);
        Assert.Equal([3, float.NaN], ((NumberColumn)data["age"]).Values);
        Assert.Equal([0, -1], ((CategoryColumn)data["label"]).Codes);
        Assert.Equal([1, 2.5f, 30], Row(plain, 0));
    }

    [Fact]
    public void Bad_lines_are_all_named_or_skipped_and_counted()
    {
        const string text = "{\"values\":[[1,2]]}\n{\"values\":[[1,2],[3]]}\nnot json\n{\"values\":[[1],[2]]}\n[1]\n{\"values\":[]}\n{\"values\":[[1,2]],\"x\":[1]}\n{\"values\":[[1,\"a\"]]}\n{\"values\":[[1,2]],\"x\":\"\\ud800\"}\n";

        string message = Assert.Throws<GraftInputException>(() => Read("a.jsonl", text)).Message;
        Dataset data = Read("a.jsonl", text, () => new SequencesSource("a.jsonl", skipBad: true));

        Assert.Equal(
            "a.jsonl(2): expected 2 finite numbers in every step, got others.\n"
            + "a.jsonl(3): expected one JSON object a line, got damaged JSON at character 2.\n"
            + "a.jsonl(4): expected at least one step of 2 numbers, got 2 of 1.\n"
            + "a.jsonl(5): expected an object with a list \"values\", got another.\n"
            + "a.jsonl(6): expected at least one step of 2 numbers, got 0 of 1.\n"
            + "a.jsonl(7): expected at most 1000 further keys with a text or a number each, got others.\n"
            + "a.jsonl(8): expected 2 finite numbers in every step, got others.\n"
            + "a.jsonl(9): expected texts of valid characters, got others.",
            message);
        Assert.Equal(["a.jsonl: 8 sequences skipped, the first: expected 2 finite numbers in every step, got others."], data.Notices);
    }

    [Fact]
    public void Sequences_of_a_table_that_cannot_be_used_are_named_or_skipped()
    {
        const string text = "id,x,label\na,1,u\na,?,u\nb,2,u\nb,3,v\nc,4,w\n";

        string message = Assert.Throws<GraftInputException>(() => Read("a.csv", text)).Message;
        Dataset data = Read("a.csv", text, () => new SequencesSource("a.csv", skipBad: true));

        Assert.Equal(
            "a.csv: sequence 'a': expected an id and numbers in every step, got missing ones.\n"
            + "a.csv: sequence 'b': expected one value of 'label', got several.",
            message);
        Assert.Equal(1, data.Count);
        Assert.Equal([4], Row(data, 0));
    }

    [Fact]
    public void Tables_without_numbers_or_id_are_refused()
    {
        Assert.Throws<GraftInputException>(() => Read("a.csv", "id,label\na,x\n"));
        Assert.Throws<GraftInputException>(() => Read("a.csv", "name,x\na,1\n"));
        Assert.Throws<GraftInputException>(() => Read("a.jsonl", "\n"));
    }

    [Fact]
    public void Damaged_files_give_a_clear_error_or_a_table()
    {
        Fuzz.Files("id,x,y,label\nb,1,2,walk\na,3,4,run\nb,5,6,walk\n"u8.ToArray(), "a.csv", context => new SequencesSource("a.csv").Read(context));
        Fuzz.Files(
            "{\"id\":\"b\",\"label\":\"walk\",\"age\":3,\"values\":[[1,2],[3,4]]}\n{\"values\":[[5,6]],\"x\":\"\\u00e9\"}\n"u8.ToArray(),
            "a.jsonl",
            context => new SequencesSource("a.jsonl").Read(context));
    }
}
