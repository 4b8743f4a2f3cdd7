using Graft.Data;
using Graft.Experiments.Reports;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Experiments.Tests.Cli;
using Graft.Models.Formats;
using Graft.Models.Graphs;

namespace Graft.Experiments.Tests.Runner;

/// <summary>The frozen front of a trunk runs once for each row; what is behind it learns as if it ran in every epoch.</summary>
public sealed class FrontRunTests : IDisposable
{
    private const string Table = "t: { source: make-classification, rows: 60, features: 6, informative: 3, classes: 2, split: { test: 0.3, validation: 0.2, stratify: label }, inputs: { numbers: none } }";
    private const string Pictures = "t: { source: folder, path: shades, split: { test: 0.25, validation: 0.25, stratify: label }, inputs: { height: 12, width: 12, channels: 3 } }";
    private const string Changed = "t: { source: folder, path: shades, split: { test: 0.25, validation: 0.25, stratify: label }, inputs: { height: 12, width: 12, channels: 3 }, augment: [horizontal-flip] }";
    private const string Texts = "t: { source: csv, path: reviews.csv, inputs: { columns: [review], text: tokens }, split: { validation: 0.2, test: 0.2 } }";

    private const string Signals = "t: { source: sequences, path: signals.csv, labels: [label], inputs: { columns: [values] }, split: { validation: 0.2, test: 0.2 } }";

    private static readonly Dictionary<string, object> None = [];
    private static readonly int[] Lengths = [8, 8, 3, 8, 5];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Table, "mlp, hidden: [8, 7, 6], dropout: 0.3", "name: partial, layers: [hidden.2]", 2)]
    [InlineData(Pictures, "resnet, depth: 8, width: 4", "name: partial, layers: [layer3]", 3)]
    [InlineData(Pictures, "stack, lines: [conv 6 3, batch-norm, relu, max-pool 2 stride 2, conv 7 3 as second, batch-norm, relu, dropout 0.3, flatten, linear 5 as last, relu]", "name: partial, layers: [second, last]", 3)]
    [InlineData(Texts, "transformer, width: 8, depth: 2, heads: 2, dropout: 0.2", "name: partial, layers: [encoder.layer.1]", 2)]
    [InlineData(Texts, "text-lstm, width: 5, hidden: [6, 4]", "name: partial, layers: [lstm.1]", 2)]
    public void Runs_end_with_the_same_bytes_as_without(string data, string model, string plan, int blocks)
    {
        (byte[] without, JobRecord none) = Run(data, model, plan, new RunOptions(Out, RunsFrozenOnce: false));
        (byte[] once, JobRecord record) = Run(data, model, plan, new RunOptions(Out));
        (byte[] kept, _) = Run(data, model, plan, new RunOptions(Out, Home: _folder.Path));
        int files = Features().Length;
        (byte[] found, _) = Run(data, model, plan, new RunOptions(Out, Home: _folder.Path));

        Assert.Empty(none.Notices);
        Assert.StartsWith(FormattableString.Invariant($"The first {blocks} of "), Assert.Single(record.Notices), StringComparison.Ordinal);
        Assert.Equal(without, once);
        Assert.Equal(without, kept);
        Assert.Equal(without, found);
        Assert.Equal(none.Results[0].Test.OrderBy(t => t.Key), record.Results[0].Test.OrderBy(t => t.Key));
        Assert.True(files > 0);
        Assert.Equal(files, Features().Length);
    }

    [Fact]
    public void A_trunk_that_is_frozen_whole_gives_the_same_bytes_too()
    {
        (byte[] without, _) = Run(Pictures, "resnet, depth: 8, width: 4", "name: partial", new RunOptions(Out, RunsFrozenOnce: false));
        (byte[] once, _) = Run(Pictures, "resnet, depth: 8, width: 4", "name: partial", new RunOptions(Out));

        Assert.Equal(without, once);
    }

    // Dropout that is not frozen draws in every epoch; statistics that are not frozen move; changed pictures are others each time.
    [Theory]
    [InlineData(Table, "mlp, hidden: [8, 7, 6], dropout: 0.3", "name: full, freeze: [hidden.0, hidden.1]")]
    [InlineData(Pictures, "stack, lines: [conv 6 3 as first, batch-norm, relu, flatten, linear 5 as last]", "name: full, freeze: [first]")]
    [InlineData(Changed, "resnet, depth: 8, width: 4", "name: partial, layers: [layer3]")]
    public void What_chance_or_the_batch_changes_runs_in_every_epoch(string data, string model, string plan)
    {
        (_, JobRecord record) = Run(data, model, plan, new RunOptions(Out));

        Assert.Empty(record.Notices);
    }

    // Rows of 3 to 8 steps: the graph fills each batch up to the 8 of its file and averages over all of them, so that a part of it needs more steps than its rows have.
    [Fact]
    public void A_graph_that_fills_rows_up_gives_the_same_bytes_too()
    {
        (byte[] without, _) = Run(Signals, "graph, file: net.onnx", "name: partial, layers: [second]", new RunOptions(Out, RunsFrozenOnce: false), batch: 2);
        (byte[] once, JobRecord record) = Run(Signals, "graph, file: net.onnx", "name: partial, layers: [second]", new RunOptions(Out), batch: 2);

        Assert.Equal(without, once);
        Assert.Empty(record.Notices);
    }

    private string Out => Path.Combine(_folder.Path, "runs");

    private string[] Features() => Directory.GetFiles(Path.Combine(_folder.Path, "features"), "*", SearchOption.AllDirectories);

    private (byte[] Model, JobRecord Record) Run(string data, string model, string plan, RunOptions options, int batch = 8)
    {
        WriteData();
        string path = _folder.Write("experiment.yaml", $$"""
            name: front
            epochs: 2
            batch: {{batch}}
            data: { {{data}} }
            tasks: { yes: { type: binary, target: label, positive: "1" } }
            model: { name: {{model}} }
            stages: [{ name: old, learn: [yes], epochs: 1 }, { name: new, transfer: [yes], from: old, compare: [{ {{plan}} }] }]
            """);
        string run = ExperimentRunner.Run(ExperimentFile.Read(path, ["seeds=1"]), options);
        using RunFolder folder = RunFolder.Open(run);
        JobRecord record = folder.ReadJobs(folder.ReadRun()).Single(j => j.Stage == "new");
        return (File.ReadAllBytes(Directory.GetFiles(Path.Combine(run, "models"), record.Id + "*.graft").Single()), record);
    }

    private void WriteData()
    {
        _ = _folder.Write("reviews.csv", "review,label\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{(i % 3 == 0 ? "the very long and" : "a")} {(i % 2 == 0 ? "fine" : "dull")} film{(i % 5 == 0 ? " it was" : "")},{i % 2}\n")));
        _ = _folder.Write("signals.csv", "id,a,b,c,label\n" + string.Concat(Enumerable.Range(0, 40).SelectMany(i => Enumerable.Range(0, Lengths[i % 5]).Select(t => $"s{i},{(i % 2) + t},{(t * i) % 3},{t - i},{i % 2}\n"))));
        OnnxFile.Write(
            new Graph(
                "net", [new GraphValue("x", [-1, 8, 3])], [new GraphValue("y", null)],
                [new GraphNode("first", "MatMul", ["x", "w"], ["between"], None), new GraphNode("second", "MatMul", ["between", "v"], ["y"], None)],
                new Dictionary<string, GraphTensor> { ["w"] = new([3, 4], [.. Enumerable.Range(0, 12).Select(i => MathF.Sin(i))]), ["v"] = new([4, 4], [.. Enumerable.Range(0, 16).Select(i => MathF.Cos(i))]) }),
            Path.Combine(_folder.Path, "net.onnx"));
        for (int label = 0; label < 2; label++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "shades", label.ToString(System.Globalization.CultureInfo.InvariantCulture))).FullName;
            for (int i = 0; i < 16; i++)
            {
                File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), Thumbnail.Png(new Picture(12, 12, 1, [.. Enumerable.Range(0, 144).Select(p => (byte)((p * (label + 2) * 5) + (i * 9)))])));
            }
        }
    }
}
