using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Cli;

public sealed class EvaluateCommandTests
{
    // The code alone says the class; numbers would make 01 and 1 the same, and 1e1 and 10.
    private static readonly string Codes = "code,size,kind\n" + string.Concat(Enumerable.Repeat("01,3,a\n1,3,b\n1e1,3,a\n10,3,b\n", 12));

    private const string Table = """
        data: { t: { source: csv, path: all.csv, types: { code: category }, split: { test: 0.25, validation: 0 } } }
        tasks: { kind: { type: multi-class, target: kind } }
        model: { name: mlp, hidden: [8] }
        optimizer: { name: adam, rate: 0.05 }
        epochs: 30
        """;

    // Three schools with a line each, as a task each: y = a, y = 10 - a and y = 100.
    private static readonly string Schools = "school,a,y\n" + string.Concat(Enumerable.Range(0, 40).Select(i => string.Create(CultureInfo.InvariantCulture, $"north,{i % 10},{i % 10}\nsouth,{i % 10},{10 - (i % 10)}\nwest,{i % 10},{100 + (i % 2)}\n")));

    private const string Each = """
        data: { t: { source: csv, path: all.csv, test: { source: csv, path: test.csv }, split: { validation: 0 }, inputs: { columns: [a] } } }
        tasks: { y: { type: regression, target: y, each: school } }
        model: { name: mlp, hidden: [8] }
        epochs: 5
        compare: [joint]
        """;

    [Fact]
    public void Columns_are_read_as_what_they_were_in_training()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("all.csv", Codes), some = folder.Write("some.csv", "code,size,kind\n01,3,a\n1,3,b\n");
        string model = Train(folder, Table, out JobRecord job);

        Assert.Equal(1, job.Results[0].Test["accuracy"]);
        Assert.All((string[])[table, some], f => Assert.Equal(1, Measure("evaluate", model, f).Metrics["kind accuracy"].Value));
    }

    [Fact]
    public void Classes_that_look_like_numbers_keep_their_names()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("all.csv", "size,kind\n" + string.Concat(Enumerable.Repeat("1,1e3\n5,07\n", 20)));
        string model = Train(folder, Table.Replace("code:", "kind:", StringComparison.Ordinal), out _);

        Assert.Equal(1, Measure("evaluate", model, table).Metrics["kind accuracy"].Value);
    }

    [Fact]
    public void A_test_source_has_the_columns_of_the_main_one()
    {
        using var folder = new TemporaryFolder();
        _ = folder.Write("all.csv", Codes + string.Concat(Enumerable.Repeat("A1,3,c\n", 12)));
        _ = folder.Write("test.csv", "code,size,kind\n01,3,a\n1,3,b\n");

        _ = Train(folder, Table.Replace("types: { code: category }, split: { test: 0.25,", "test: { source: csv, path: test.csv }, split: {", StringComparison.Ordinal), out JobRecord job);

        Assert.Equal(1, job.Results[0].Test["accuracy"]);
    }

    [Fact]
    public void A_task_for_one_value_of_a_column_is_measured_on_its_own_rows_alone()
    {
        using var folder = new TemporaryFolder();
        _ = folder.Write("all.csv", Schools);
        string test = folder.Write("test.csv", Schools);
        string strange = folder.Write("strange.csv", "school,a,y\nnorth,1,1\n,1,1\neast,1,1\n");
        string model = Train(folder, Each, out JobRecord job);

        (Dictionary<string, (double Value, int Rows)> metrics, string notices) = Measure("evaluate", model, test);
        (Dictionary<string, (double Value, int Rows)> few, string told) = Measure("evaluate", model, strange);

        Assert.All(job.Results, r => Assert.Equal(r.Test["rmse"], metrics[$"{r.Task} rmse"].Value, tolerance: 1e-4));
        Assert.All(job.Results, r => Assert.Equal(40, metrics[$"{r.Task} rmse"].Rows));
        Assert.Equal("", notices);
        Assert.Equal([1, 0, 0], job.Results.Select(r => few[$"{r.Task} rmse"].Rows));
        Assert.Equal($"{strange}: column 'school': 2 of 3 rows have none of the values that tasks are about, got east, no value; they count for no task.\n", told);
    }

    [Fact]
    public void Rows_without_a_value_count_for_no_task_where_one_is_not_in_the_test_rows()
    {
        using var folder = new TemporaryFolder();
        _ = folder.Write("all.csv", Schools);
        _ = folder.Write("test.csv", "school,a,y\nnorth,1,1\nsouth,1,9\n,1,1\neast,1,1\n");

        _ = Train(folder, Each, out JobRecord job);

        Assert.Equal([1, 1, 0], job.Results.Select(r => r.Rows["test"]));
        using RunFolder run = RunFolder.Open(Path.Combine(folder.Path, "runs", "e"));
        Assert.Contains("Test rows: test.csv: column 'school': 2 of 4 rows have none of the values that tasks are about, got east, no value; they count for no task.", run.ReadData()!.DataSets[0].Notices);
    }

    [Fact]
    public void What_is_not_as_in_training_is_said_by_the_run_and_by_the_measuring()
    {
        using var folder = new TemporaryFolder();
        _ = folder.Write("all.csv", Codes);
        string test = folder.Write("test.csv", "code,size,kind\n01,3,a\n99,3,b\n");
        string model = Train(folder, Table.Replace("split: { test: 0.25,", "test: { source: csv, path: test.csv }, split: {", StringComparison.Ordinal), out _);

        (_, string notices) = Measure("evaluate", model, test);

        const string Unknown = "column 'code': 1 of 2 rows have a level that the model does not know (99); it counts as none.";
        Assert.Equal($"{test}: {Unknown}\n", notices);
        using RunFolder run = RunFolder.Open(Path.Combine(folder.Path, "runs", "e"));
        Assert.Contains($"Test rows: test.csv: {Unknown}", run.ReadData()!.DataSets[0].Notices);
    }

    [Fact]
    public void Some_tasks_of_a_model_are_measured_where_rows_are_for_them_alone()
    {
        using var folder = new TemporaryFolder();
        string one = folder.Write("one.csv", "a,label\n" + string.Concat(Enumerable.Repeat("1,x\n5,y\n", 20)));
        _ = folder.Write("two.csv", "a,label\n" + string.Concat(Enumerable.Repeat("1,p\n5,q\n", 20)));
        string model = Train(folder, """
            data:
              one: { source: csv, path: one.csv, split: { test: 0.25, validation: 0 } }
              two: { source: csv, path: two.csv, split: { test: 0.25, validation: 0 } }
            tasks:
              first: { data: one, type: multi-class, target: label }
              second: { data: two, type: multi-class, target: label }
            model: { name: mlp, hidden: [8] }
            epochs: 5
            compare: [joint]
            """, out _);

        (int code, _, string error) = Tool.Run("evaluate", model, one);
        (int strange, _, string unknown) = Tool.Run("evaluate", model, one, "--tasks", "third");

        Assert.Equal(["first accuracy"], Measure("evaluate", model, one, "--tasks", "first").Metrics.Keys.Where(k => k.EndsWith(" accuracy", StringComparison.Ordinal)));
        Assert.Equal((2, 2), (code, strange));
        Assert.EndsWith("\nWhere rows are not for all tasks of the model, --tasks names those that they are for: first, second.\n", error, StringComparison.Ordinal);
        Assert.Equal("--tasks: expected tasks of the model (first, second), got 'third'.\n", unknown);
    }

    [Fact]
    public void A_table_without_a_header_is_measured_where_its_columns_are_named()
    {
        using var folder = new TemporaryFolder();
        _ = folder.Write("all.csv", Codes);
        string bare = folder.Write("bare.csv", Codes[(Codes.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
        string model = Train(folder, Table, out _);

        (int code, _, string error) = Tool.Run("evaluate", model, bare);

        Assert.Equal(2, code);
        Assert.Equal($"{bare}: expected columns named as in training (code, size, kind), got 01, 3, a. Where the file has no header, say --data header=false and --data \"columns=[...]\".\n", error);
        Assert.Equal((1, 48), Measure("evaluate", model, bare, "--data", "header=false", "--data", "columns=[code, size, kind]").Metrics["kind accuracy"]);
    }

    [Fact]
    public void Files_are_read_as_those_of_training_where_nothing_else_is_said()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("all.csv", Codes[(Codes.IndexOf('\n', StringComparison.Ordinal) + 1)..].Replace(',', '|'));
        string model = Train(folder, Table.Replace("path: all.csv,", "path: all.csv, header: false, columns: [code, size, kind], delimiter: '|',", StringComparison.Ordinal), out _);
        using var other = new TemporaryFolder();
        File.WriteAllText(Path.Combine(other.Path, "lines.all"), string.Concat(Enumerable.Repeat("yes the fine caf\u00e9\nno the dull film\n", 20)), System.Text.Encoding.Latin1);
        string texts = Train(other, """
            data: { d: { source: text-lines, path: lines.all, delimiter: space, encoding: latin-1, inputs: { text: tokens }, split: { test: 0.25, validation: 0 } } }
            tasks: { good: { type: binary, target: label, positive: "yes" } }
            model: { name: text-cnn, width: 4, maps: 4, windows: [1], dropout: 0 }
            epochs: 2
            """, out _);

        Assert.Equal((1, 48), Measure("evaluate", model, table).Metrics["kind accuracy"]);
        Assert.Equal((1, 48), Measure("evaluate", model, folder.Write("named.csv", Codes), "--data", "delimiter=','").Metrics["kind accuracy"]);
        Assert.Equal(40, Measure("evaluate", texts, Path.Combine(other.Path, "lines.all")).Metrics["good accuracy"].Rows);
        Assert.Equal(["header=false"], SourceSettings.Trusted(["path=secret", "source=x", "header=false"], hasHeader: false));
    }

    [Fact]
    public void Labeled_lines_of_text_and_sequences_are_measured()
    {
        using var folder = new TemporaryFolder();
        string lines = folder.Write("all.txt", string.Concat(Enumerable.Repeat("yes the fine film\nno the dull film\n", 20)));
        string texts = Train(folder, """
            data: { d: { source: text-lines, path: all.txt, inputs: { text: tokens }, split: { test: 0.25, validation: 0 } } }
            tasks: { good: { type: binary, target: label, positive: "yes" } }
            model: { name: text-cnn, width: 4, maps: 4, windows: [1], dropout: 0 }
            epochs: 2
            """, out _);
        using var other = new TemporaryFolder();
        string table = other.Write("all.csv", "id,v,kind\n" + string.Concat(Enumerable.Range(0, 40).Select(i => string.Create(CultureInfo.InvariantCulture, $"s{i},1,{i % 2}\ns{i},{i % 2},{i % 2}\n"))));
        string sequences = Train(other, """
            data: { d: { source: sequences, path: all.csv, labels: [kind], inputs: { columns: [values] }, split: { test: 0.25, validation: 0 } } }
            tasks: { kind: { type: multi-class, target: kind } }
            model: { name: lstm, hidden: [4] }
            epochs: 2
            """, out _);

        Assert.Equal(40, Measure("evaluate", texts, lines).Metrics["good accuracy"].Rows);
        Assert.Equal(40, Measure("evaluate", sequences, table).Metrics["kind accuracy"].Rows);
        Assert.Equal(10, Measure("evaluate", texts, lines, "--data", "limit=10").Metrics["good accuracy"].Rows);
        Assert.Equal(40, Tool.Run("predict", sequences, table, "--data", "values=[v]").Output.TrimEnd().Split('\n').Length);
        Assert.Equal(2, Measure("evaluate", texts, other.Write("mine.txt", "yes\tthe fine film\n\nno\tthe dull film\n")).Metrics["good accuracy"].Rows);
    }

    internal static string Train(TemporaryFolder folder, string text, out JobRecord job)
    {
        string path = ExperimentRunner.Run(ExperimentFile.Read(folder.Write("e.yaml", text), ["seeds=1"]), new RunOptions(Path.Combine(folder.Path, "runs"), null));
        using RunFolder run = RunFolder.Open(path);
        job = run.ReadJobs(run.ReadRun())[0];
        return Assert.Single(Directory.GetFiles(run.ModelsDirectory, "*.graft"));
    }

    private static (Dictionary<string, (double Value, int Rows)> Metrics, string Notices) Measure(params string[] args)
    {
        (int code, string output, string error) = Tool.Run([.. args, "--json"]);
        Assert.True(code == 0, error);
        JsonNode json = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
        return (json["metrics"]!.AsArray().ToDictionary(m => $"{m!["task"]} {m["metric"]}", m => ((double?)m!["value"] ?? double.NaN, (int)m["rows"]!)), error);
    }
}
