using Graft.Data.Encoders;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Tasks;

namespace Graft.Experiments.Tests.Runner;

public sealed class PretrainedRunTests : IDisposable
{
    private const string Text = """
        name: pretrained-run
        epochs: 2
        data: { t: { source: make-classification, rows: 60, features: 6, informative: 3, classes: 2, split: { test: 0.3, validation: 0.2, stratify: label }, inputs: { numbers: none } } }
        tasks: { yes: { type: binary, target: label, positive: "1" }, no: { type: binary, target: label, positive: "0" } }

        """;

    private const string Texts = """
        name: word-run
        epochs: 1
        data: { t: { source: csv, path: rows.csv, split: { test: 0.3 }, inputs: { columns: [text], text: tokens } } }
        tasks: { label: { type: binary, target: label } }

        """;

    private readonly string _home = Directory.CreateTempSubdirectory("graft-pretrained-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void A_transfer_without_an_earlier_stage_starts_from_the_weights_and_scratch_does_not()
    {
        Write("trunk.safetensors", new Mlp([8, 4]));

        using RunFolder folder = RunFolder.Open(Run(Text + "backbone: { name: mlp, hidden: [8, 4], weights: trunk.safetensors }\nstages: [{ name: new, transfer: [yes], compare: [scratch, partial, full] }]"));

        Dictionary<string, JobRecord> jobs = folder.ReadJobs(folder.ReadRun()).ToDictionary(j => j.Arm!, StringComparer.Ordinal);
        Assert.Null(jobs["scratch"].Weights);
        Assert.Equal("trunk.safetensors", jobs["full"].Weights!.Source);
        Assert.Equal(["trunk.hidden.0.weight", "trunk.hidden.0.bias", "trunk.hidden.1.weight", "trunk.hidden.1.bias"], jobs["partial"].Weights!.Carried.Select(w => w.Path));
        Assert.Equal(["heads.yes.weight", "heads.yes.bias"], jobs["partial"].Weights!.Missing.Select(w => w.Path));
        Assert.Equal(4, jobs["partial"].Weights!.Frozen.Count);
        Assert.Contains("trunk.safetensors", File.ReadAllText(folder.ReportFile));
    }

    [Fact]
    public void Weights_that_fit_in_part_are_said_and_a_frozen_layer_without_its_weights_ends_the_run_before_any_training()
    {
        Write("short.safetensors", new Mlp([8]));
        string deeper = Text + "backbone: { name: mlp, hidden: [8, 4], weights: short.safetensors }\nstages: [{ name: new, transfer: [yes], compare: [scratch, full] }]";
        Listener trained = new(), refused = new();

        Run(deeper, trained);
        var e = Assert.Throws<GraftInputException>(() => Run(deeper.Replace("full]", "partial]", StringComparison.Ordinal), refused));

        Assert.Contains(trained.Notices, n => n.StartsWith("short.safetensors has 2 of the 4 tensors of Mlp(8, 4); the others begin at random, the first of them trunk.hidden.1.weight", StringComparison.Ordinal));
        Assert.Contains("expected the weights of a frozen layer to fit", e.Message, StringComparison.Ordinal);
        Assert.Equal((2, 0), (trained.Jobs, refused.Jobs));
    }

    [Fact]
    public void Tasks_that_learn_together_or_apart_begin_with_the_weights_every_expert_too()
    {
        Write("trunk.safetensors", new Mlp([8, 4]));

        using RunFolder folder = RunFolder.Open(Run(Text + "model: { name: mlp, hidden: [8, 4], weights: trunk.safetensors }\ncompare: [independent, joint, { name: joint, id: experts, architecture: { name: mmoe, experts: 2 } }]"));

        Dictionary<string, JobRecord> jobs = folder.ReadJobs(folder.ReadRun()).ToDictionary(j => j.Arm!, StringComparer.Ordinal);
        Assert.Equal(4, jobs["joint"].Weights!.Carried.Count);
        Assert.Equal(8, jobs["experts"].Weights!.Carried.Count);
        Assert.All(jobs["experts"].Weights!.Carried, w => Assert.Contains("expert", w.Path));
    }

    // The vectors of good and bad tell the classes apart; the words of the texts are learned from the training rows, and "plot" has no vector.
    [Theory]
    [InlineData("text-cnn", "{ name: text-cnn, width: 3, windows: [1, 2], maps: 4, weights: words.txt }", "trunk.words.weight")]
    [InlineData("static", "{ name: text-cnn, width: 3, windows: [2], maps: 4, channels: static, weights: words.txt }", "trunk.words.fixed")]
    [InlineData("text-lstm", "{ name: text-lstm, width: 3, hidden: 4, weights: words.txt }", "trunk.words.weight")]
    [InlineData("average", "{ name: embedding-average, width: 3, weights: words.txt }", "trunk.words.weight")]
    public void Vectors_of_words_are_the_first_values_of_a_table_and_model_files_do_not_need_them(string name, string model, string path)
    {
        WriteTexts();
        File.WriteAllText(Path.Combine(_home, "words.txt"), "good 1 2 3\nbad -1 -2 -3\nunheard 5 5 5\n");

        using RunFolder folder = RunFolder.Open(Run(Texts + $"model: {model}"));

        JobRecord job = Assert.Single(folder.ReadJobs(folder.ReadRun()));
        WeightPath table = Assert.Single(job.Weights!.Carried);
        Assert.Equal(path, table.Path);
        Assert.StartsWith("2 of 5 words have a vector; without one: ", table.Note, StringComparison.Ordinal);
        Assert.Contains("2 of 5 words have a vector", File.ReadAllText(folder.ReportFile));
        File.Delete(Path.Combine(_home, "words.txt"));
        var opened = TrainedModel.Open(Directory.GetFiles(Path.Combine(_home, "runs", "word-run", "models"), "*.graft").Single());
        Assert.Contains(name is "average" ? "EmbeddingAverage" : name is "text-lstm" ? "TextLstm" : "TextCnn", opened.ToString(), StringComparison.Ordinal);
        if (name == "static")
        {
            int good = ((TokenEncoder)opened.Inputs[0].Columns[0]).Tokenizer.IdOf("good")!.Value;
            Assert.Equal([1, 2, 3], opened.Model.StateDictionary()[path].ToArray().AsSpan(3 * good, 3).ToArray());
        }
    }

    [Theory]
    [InlineData("width: 4", "good 1 2 3\nbad -1 -2 -3\n", "words.txt: vectors of words: expected 4 numbers a word, got 3. Set the model's width: 3.")]
    [InlineData("width: 3", "x 1 2 3\ny -1 -2 -3\n", "words.txt: vectors of words: expected some of the 5 words that the model knows, got none of them.")]
    public void Vectors_that_do_not_fit_are_refused_before_anything_is_trained(string width, string vectors, string message)
    {
        WriteTexts();
        File.WriteAllText(Path.Combine(_home, "words.txt"), vectors);

        var e = Assert.Throws<GraftInputException>(() => Run(Texts + $"model: {{ name: text-cnn, {width}, weights: words.txt }}"));

        Assert.EndsWith(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_model_are_refused_before_anything_is_trained()
    {
        Write("other.safetensors", new Mlp([5]));

        var e = Assert.Throws<GraftInputException>(() => Run(Text + "model: { name: mlp, hidden: [8], weights: other.safetensors }"));

        Assert.Contains("weights: expected tensors such as trunk.hidden.0.weight [8, 6], trunk.hidden.0.bias [8], heads.yes.weight [1, 8], got none that fits but ", e.Message);
        Assert.False(Directory.Exists(Path.Combine(_home, "runs", "pretrained-run")));
    }

    [Fact]
    public void A_file_that_is_not_there_is_said_before_anything_is_trained()
    {
        var e = Assert.Throws<GraftInputException>(() => Run(Text + "model: { name: mlp, hidden: [4], weights: nowhere.safetensors }"));

        Assert.Contains("nowhere.safetensors: expected a file", e.Message);
    }

    [Fact]
    public void The_weights_of_an_arms_own_model_are_looked_for_before_anything_is_trained()
    {
        var e = Assert.Throws<GraftInputException>(() => Run(Text + "model: { name: mlp, hidden: [4] }\ncompare: [independent, { name: joint, model: { name: mlp, hidden: [4], weights: nowhere.safetensors } }]"));

        Assert.Contains("nowhere.safetensors: expected a file", e.Message);
        Assert.False(Directory.Exists(Path.Combine(_home, "runs", "pretrained-run")));
    }

    [Fact]
    public void Random_weights_stand_in_where_that_is_allowed_and_it_is_said()
    {
        using RunFolder folder = RunFolder.Open(Run(Text + "model: { name: mlp, hidden: [4], weights: nowhere.safetensors, orRandom: true }\nstages: [{ name: new, transfer: [yes], compare: [partial, full] }]"));

        Assert.All(folder.ReadJobs(folder.ReadRun()), j =>
        {
            Assert.Contains(j.Notices, n => n.StartsWith("The pretrained weights are not there, so training begins with random ones: nowhere.safetensors: expected a file", StringComparison.Ordinal));
            Assert.Equal("random weights", j.Weights!.Source);
        });
        Assert.Contains("The pretrained weights are not there", File.ReadAllText(folder.ReportFile));
    }

    [Fact]
    public void A_transfer_without_source_and_weights_says_what_it_needs()
    {
        var e = Assert.Throws<GraftInputException>(() => Run(Text + "model: { name: mlp, hidden: [4] }\nstages: [{ name: new, transfer: [yes] }]"));

        Assert.Contains("expected a key 'from' with an earlier stage or a model file, got none. Add a stage before it that learns, or give the model pretrained weights.", e.Message);
    }

    // A head of five classes learns from rows of two of them, which the data set calls otherwise.
    [Fact]
    public void Classes_may_be_named_beyond_those_of_the_rows_and_values_renamed()
    {
        string text = Text.Replace("{ type: binary, target: label, positive: \"1\" }", "{ type: multi-class, target: label, classes: [a, b, c, d, e] }", StringComparison.Ordinal)
            .Replace("inputs:", "rename: { label: { \"0\": b, \"1\": d } }, inputs:", StringComparison.Ordinal).Replace(", no: { type: binary, target: label, positive: \"0\" }", "", StringComparison.Ordinal);

        using RunFolder folder = RunFolder.Open(Run(text + "model: { name: mlp, hidden: [4] }"));

        JobRecord job = Assert.Single(folder.ReadJobs(folder.ReadRun()));
        Assert.Equal((6 * 4) + 4 + (5 * 4) + 5, job.Parameters);
    }

    private void Write(string file, Backbone trunk)
    {
        trunk.Build(new InputShape(InputKind.Table, [6]));
        trunk.Initialize(7);
        Safetensors.Write(Path.Combine(_home, file), trunk.StateDictionary());
    }

    private void WriteTexts() => File.WriteAllLines(
        Path.Combine(_home, "rows.csv"), ["text,label", .. Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? "a good plot,yes" : "plot so bad a plot so bad,no")]);

    private string Run(string text, IRunObserver? observer = null)
    {
        string path = Path.Combine(_home, "experiment.yaml");
        File.WriteAllText(path, text);
        return ExperimentRunner.Run(ExperimentFile.Read(path), new RunOptions(Path.Combine(_home, "runs")), observer);
    }

    private sealed class Listener : IRunObserver
    {
        public List<string> Notices { get; } = [];

        public int Jobs { get; private set; }

        public void Began(RunRecord run, string folder)
        {
        }

        public void Preparing(string what)
        {
        }

        public void Notice(string text) => Notices.Add(text);

        public void JobBegan(JobPlan job) => Jobs++;

        public void JobProgress(JobPlan job, long steps, long total, double objective)
        {
        }

        public void JobEnded(JobRecord result)
        {
        }
    }
}
