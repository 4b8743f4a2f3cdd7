using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Pictures;
using Graft.Experiments.Spec;
using Graft.Tasks;

namespace Graft.Experiments.Tests.Cli;

public sealed class NewCommandTests
{
    private const string Table = """
        age,work place,income,kids
        39,"State, gov",<=50K,1.5
        50,Self,>50K,2.25
        38,,<=50K,0
        53,Self,<=50K,1

        """;

    [Fact]
    public void A_table_gives_a_valid_file_that_learns_its_last_column()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("My table.csv", Table);
        string file = Path.Combine(folder.Path, "out", "e.yaml");

        (int code, string output, string error) = Tool.Run("new", "csv", table, "--out", file);

        ExperimentSpec spec = ExperimentFile.Read(file).Spec;
        Assert.Equal((0, file + "\n"), (code, output));
        Assert.Contains($"graft validate {file}", error, StringComparison.Ordinal);
        Assert.Equal(("my-table", TaskKind.Regression), (spec.Name, spec.Tasks["kids"].Type));
        Assert.Contains("#   work place  category, 1 missing, 2 values: Self, State, gov", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_columns_become_tasks_learned_together_and_apart()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("t.csv", Table);
        string file = Path.Combine(folder.Path, "e.yaml");

        _ = Tool.Run("new", "tasks", table, "--target", "income", "work place", "--out", file);

        ExperimentSpec spec = ExperimentFile.Read(file).Spec;
        Assert.Equal(["income", "work-place"], spec.Tasks.Keys);
        Assert.Equal((TaskKind.Binary, ">50K"), (spec.Tasks["income"].Type, spec.Tasks["income"].Positive));
        Assert.Equal(["independent", "joint"], spec.Compare!.Select(a => a.Id));
    }

    [Fact]
    public void A_table_with_texts_gives_a_valid_file_for_a_model_that_reads_them()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("reviews.csv", "id,review,good\n1,\"what a fine film, really\",yes\n2,a dull and long film,no\n3,the best of all films,yes\n");
        string file = Path.Combine(folder.Path, "e.yaml");

        (int code, _, string error) = Tool.Run("new", "csv", table, "--out", file);

        ExperimentSpec spec = ExperimentFile.Read(file).Spec;
        Assert.Equal((0, ""), (code, code == 0 ? "" : error));
        Assert.Equal((TextWeighting.Tokens, "review"), (spec.Data["table"].Inputs!.Text, Assert.Single(spec.Data["table"].Inputs!.Columns!)));
        Assert.Contains("text-cnn", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Contains("#   review  text\n", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("validate", file).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Folders_of_pictures_give_a_valid_file(int count)
    {
        using var folder = new TemporaryFolder();
        string[] folders = [.. Enumerable.Range(1, count).Select(i => Path.Combine(folder.Path, $"set {i}"))];
        foreach (string path in folders.SelectMany(f => new[] { "ant", "bee", "cat" }.Select(c => Path.Combine(f, c))))
        {
            _ = Directory.CreateDirectory(path);
            File.WriteAllBytes(Path.Combine(path, "1.png"), PngEncoder.Encode(new Picture(10, 20, 1, new byte[200])));
        }

        string file = Path.Combine(folder.Path, "e.yaml");
        (int code, _, string error) = Tool.Run(["new", "images", .. folders, "--out", file]);

        Assert.True(code == 0, error);
        ExperimentSpec spec = ExperimentFile.Read(file).Spec;
        Assert.Equal(count, spec.Data.Count);
        Assert.All(spec.Tasks.Values, t => Assert.Equal(TaskKind.MultiClass, t.Type));
        Assert.Equal((20, 10), (spec.Data.Values.First().Inputs!.Height, spec.Data.Values.First().Inputs!.Width));
        Assert.Equal(count == 1 ? null : ["scratch", "partial", "full"], spec.Stages?[1].Compare!.Select(a => a.Id));
    }

    [Theory]
    [InlineData("test")]
    [InlineData("val")]
    public void Folders_for_training_and_testing_within_one_are_what_they_are_called(string test)
    {
        using var folder = new TemporaryFolder();
        foreach (string path in new[] { "train", test }.SelectMany(side => new[] { "ant", "bee" }.Select(c => Path.Combine(folder.Path, "insects", side, c))))
        {
            _ = Directory.CreateDirectory(path);
            File.WriteAllBytes(Path.Combine(path, "1.png"), PngEncoder.Encode(new Picture(10, 20, 1, new byte[200])));
        }

        string file = Path.Combine(folder.Path, "e.yaml");
        (int code, _, string error) = Tool.Run("new", "images", Path.Combine(folder.Path, "insects"), "--out", file);

        Assert.True(code == 0, error);
        ExperimentSpec spec = ExperimentFile.Read(file).Spec;
        Assert.NotNull(spec.Data["pictures"].Test);
        Assert.Contains("2 pictures of 2 classes: ant, bee", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Contains($"insects/{test}", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("t.csv", Table);
        string file = folder.Write("e.yaml", "mine");

        (int code, _, string error) = Tool.Run("new", "csv", table, "--out", file);

        Assert.Equal((2, $"{file}: exists already. Choose another file with --out.\n", "mine"), (code, error, File.ReadAllText(file)));
    }

    [Fact]
    public void A_hyphen_stands_for_standard_output()
    {
        using var folder = new TemporaryFolder();

        (int code, string output, string error) = Tool.Run("new", "csv", folder.Write("t.csv", Table), "--out", "-");

        Assert.Equal((0, ""), (code, error));
        Assert.Equal("t", ExperimentFile.Parse("t.yaml", output).Name);
    }

    [Fact]
    public void A_column_that_is_not_there_is_said()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("t.csv", Table);

        (int code, _, string error) = Tool.Run("new", "csv", table, "--target", "incom");

        Assert.Equal((2, $"{table}: no column is named 'incom'. Did you mean 'income'? There are age, work place, income, kids.\n"), (code, error));
    }

    [Fact]
    public void Hostile_names_of_columns_stay_text()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("t.csv", "\"a: {\n# b\",\"'\"\"&x\"\n1,2.5\n2,3.5\n");
        string file = Path.Combine(folder.Path, "e.yaml");

        (int code, _, string error) = Tool.Run("new", "csv", table, "--out", file);

        Assert.Equal((0, ""), (code, code == 0 ? "" : error));
        Assert.Equal("'\"&x", Assert.Single(Assert.Single(ExperimentFile.Read(file).Spec.Tasks).Value.Target));
    }
}
