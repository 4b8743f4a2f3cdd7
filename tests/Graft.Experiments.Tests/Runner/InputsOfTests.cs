using System.Globalization;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Runner;

public sealed class InputsOfTests : IDisposable
{
    private const string Stages = """

        stages:
          - { name: known, learn: [sick] }
          - { name: new, transfer: [sick-there], from: known, compare: [scratch, partial, full] }
        model: { name: mlp, hidden: [4] }
        epochs: 2

        """;

    private readonly string _home = Directory.CreateTempSubdirectory("graft-inputs-").FullName;

    public InputsOfTests()
    {
        Write("here.csv", missing: "");
        Write("there.csv", missing: "?");
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void Rows_with_other_gaps_and_levels_fit_the_model_of_the_known_ones()
    {
        string path = Run("inputs-of: here, ");

        using RunFolder folder = RunFolder.Open(path);
        Assert.All(folder.ReadJobs(folder.ReadRun()), j => Assert.Equal(RunStatus.Done, j.Status));
    }

    [Fact]
    public void A_model_file_gives_its_inputs_too()
    {
        string model = Path.Combine(Run("inputs-of: here, "), "models", "known-s1.graft");

        string path = Run($"inputs-of: {model}, ");

        using RunFolder folder = RunFolder.Open(path);
        Assert.All(folder.ReadJobs(folder.ReadRun()), j => Assert.Equal(RunStatus.Done, j.Status));
    }

    [Fact]
    public void What_does_not_fit_is_said_before_anything_is_trained()
    {
        GraftInputException e = Assert.Throws<GraftInputException>(() => Run(""));

        Assert.StartsWith("known: expected the weights of a frozen layer to fit, got trunk.hidden.0.weight: source [4, ", e.Message);
        Assert.EndsWith("Encode both data alike (inputs-of in an experiment file), or use reset: [hidden.0].", e.Message);
        Assert.False(Directory.Exists(Path.Combine(_home, "inputs")));
    }

    [Theory]
    [InlineData("inputs-of: her, ", "data.there.inputs-of: no data set is named 'her'. Did you mean 'here'?")]
    [InlineData("inputs-of: there, ", "data.there.inputs-of: expected a data set with inputs of its own, got 'there'.")]
    [InlineData("inputs-of: here, inputs: { numbers: none }, ", "data.there.inputs-of: expected no inputs beside it, got both. Say them at here.")]
    public void What_is_wrong_is_said_at_its_place(string keys, string message) =>
        Assert.Contains(message, Assert.Throws<GraftInputException>(() => Run(keys)).Message);

    [Fact]
    public void An_answer_is_no_input_and_a_lacking_column_is_named()
    {
        string text = Text("inputs-of: here, ").Replace("target: out, positive: yes", "target: kind, positive: a", StringComparison.Ordinal);
        Write("there.csv", missing: "?", age: "years");

        GraftInputException e = Assert.Throws<GraftInputException>(() => Run(ExperimentFile.Parse(Path.Combine(_home, "inputs.yaml"), text)));

        Assert.Equal(
            [
                "data.there.inputs-of: expected the columns that here takes in, got none named 'age'.",
                "data.there.inputs-of: expected inputs that are no answers here, got 'kind', which here takes in. Exclude it there.",
            ],
            e.Findings.Select(f => f.Message));
    }

    [Fact]
    public void Texts_that_share_a_model_share_their_words()
    {
        File.WriteAllLines(Path.Combine(_home, "a.txt"), Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? "1 good book" : "0 bad book"));
        File.WriteAllLines(Path.Combine(_home, "b.txt"), Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? "1 fine film" : "0 poor film"));
        string Words(string keys) => $$"""
            name: words
            data:
              a: { source: text-lines, path: a.txt, inputs: { text: tokens } }
              b: { source: text-lines, path: b.txt, {{keys}} }
            tasks:
              x: { data: a, type: binary, target: label }
              y: { data: b, type: binary, target: label }
            model: { name: embedding-average, width: 4, hidden: [] }
            epochs: 1
            """;

        GraftInputException e = Assert.Throws<GraftInputException>(() => Run(ExperimentFile.Parse(Path.Combine(_home, "words.yaml"), Words("inputs: { text: tokens }"))));
        using RunFolder folder = RunFolder.Open(Run(ExperimentFile.Parse(Path.Combine(_home, "words.yaml"), Words("inputs-of: a"))));
        using RunFolder apart = RunFolder.Open(Run(ExperimentFile.Parse(Path.Combine(_home, "words.yaml"), Words("inputs: { text: tokens }") + "\ncompare: [independent]")));

        Assert.Equal("data.b: expected the words of data.a, with which it shares a model, got a data set that numbers its words otherwise. Take them over (inputs-of: a).", e.Message);
        Assert.Equal(RunStatus.Done, folder.ReadJobs(folder.ReadRun()).Single().Status);
        JobRecord alone = apart.ReadJobs(apart.ReadRun()).Single();
        Assert.Equal(RunStatus.Done, alone.Status);
        Assert.DoesNotContain(alone.Notices, n => n.Contains("shares a model", StringComparison.Ordinal));
    }

    [Fact]
    public void Tables_whose_features_stand_in_other_places_are_said()
    {
        Write("there.csv", missing: "", swapped: true);

        using RunFolder folder = RunFolder.Open(Run(""));

        string? notice = folder.ReadJob("new-full-s1")!.Notices.FirstOrDefault(n => n.StartsWith("stages.new: its data set has the feature", StringComparison.Ordinal));
        Assert.Equal("stages.new: its data set has the feature 'rate' in the place of 'age', unlike what the model of known learned from. If they mean the same, inputs-of says so; else what is carried meets other inputs.", notice);
    }

    private static string Text(string keys) => $$"""
        name: inputs
        data:
          here: { source: csv, path: here.csv, split: { validation: 0.1, test: 0.2 } }
          there: { {{keys}}source: csv, path: there.csv, split: { validation: 0.1, test: 0.2 } }
        tasks:
          sick: { data: here, type: binary, target: out, positive: "yes" }
          sick-there: { data: there, type: binary, target: out, positive: yes }
        """ + Stages;

    private string Run(string keys) => Run(ExperimentFile.Parse(Path.Combine(_home, "inputs.yaml"), Text(keys)));

    private string Run(ExperimentFile file) => ExperimentRunner.Run(file, new RunOptions(_home));

    // The second file has gaps, fewer levels and a column of numbers that looks like one of levels.
    private void Write(string name, string missing, string age = "age", bool swapped = false)
    {
        (string first, string last) = swapped ? ("rate", age) : (age, "rate");
        IEnumerable<string> lines = Enumerable.Range(0, 60).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"{(missing.Length > 0 && i % 3 == 0 ? missing : 20 + (i % 37))},{(missing.Length > 0 ? "ab"[i % 2] : "abc"[i % 3])},{(missing.Length > 0 && i > 0 ? missing : i * 0.5)},{(i % 5 < 2 ? "yes" : "no")}"));
        File.WriteAllLines(Path.Combine(_home, name), [$"{first},kind,{last},out", .. lines]);
    }
}
