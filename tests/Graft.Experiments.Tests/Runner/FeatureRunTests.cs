using Graft.Data.Encoders;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Experiments.Tests.Cli;
using Graft.Models;
using Graft.Models.Formats;

namespace Graft.Experiments.Tests.Runner;

/// <summary>A frozen trunk runs once for each row, whatever the run.</summary>
public sealed class FeatureRunTests : IDisposable
{
    private const string Text = """
        name: probe
        epochs: 3
        data: { t: { source: make-classification, rows: 60, features: 6, informative: 3, classes: 2, split: { test: 0.3, validation: 0.2, stratify: label }, inputs: { numbers: none } } }
        tasks: { yes: { type: binary, target: label, positive: "1" } }
        model: { name: mlp, hidden: [8, 4], weights: trunk.safetensors }
        stages: [{ name: new, transfer: [yes], compare: [partial] }]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Runs_with_kept_features_end_with_the_same_bytes_as_those_without()
    {
        byte[] without = Model(Run(null)), first = Model(Run(_folder.Path));
        int files = Features().Length;
        byte[] second = Model(Run(_folder.Path));

        Assert.Equal(without, first);
        Assert.Equal(without, second);
        Assert.Equal(3, files);
        Assert.Equal(3, Features().Length);
    }

    [Fact]
    public void Other_seeds_divide_the_same_rows_and_compute_nothing_anew()
    {
        Run(_folder.Path);

        Run(_folder.Path, "seeds=[2,3]");

        Assert.Equal(3, Features().Length);
    }

    [Fact]
    public void Weights_of_a_name_that_is_not_here_say_how_to_get_them()
    {
        var e = Assert.Throws<GraftInputException>(() => Run(_folder.Path, "model.weights=resnet18"));

        Assert.Contains("resnet18: expected ", e.Message);
        Assert.Contains("`graft pull resnet18` loads it from https://download.pytorch.org/models/resnet18-f37072fd.pth", e.Message);
    }

    private static byte[] Model(string run)
    {
        using RunFolder folder = RunFolder.Open(run);
        return File.ReadAllBytes(Directory.GetFiles(Path.Combine(run, "models"), "*.graft").Single());
    }

    private string[] Features() => Directory.GetFiles(Path.Combine(_folder.Path, "features"), "*", SearchOption.AllDirectories);

    private string Run(string? home, params string[] overrides)
    {
        var trunk = new Mlp([8, 4]);
        trunk.Build(new InputShape(InputKind.Table, [6]));
        trunk.Initialize(7);
        Safetensors.Write(Path.Combine(_folder.Path, "trunk.safetensors"), trunk.StateDictionary());
        string path = _folder.Write("experiment.yaml", Text);
        return ExperimentRunner.Run(ExperimentFile.Read(path, overrides), new RunOptions(Path.Combine(_folder.Path, "runs"), Home: home));
    }
}
