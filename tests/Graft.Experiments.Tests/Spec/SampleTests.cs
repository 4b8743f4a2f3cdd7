using Graft.Data.Sources;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Experiments.Tests.Catalogue;
using Graft.MultiTask.Arrangements;

namespace Graft.Experiments.Tests.Spec;

public sealed class SampleTests
{
    private static readonly JsonSchemaChecker Schema = new(PartCatalogue.Default.SchemaOf<ExperimentSpec>("Graft experiment"));

    private static readonly string[] Shelves = ["experiments", "reproductions"];

    internal static string Folder
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Graft.slnx")))
            {
                folder = folder.Parent;
            }

            return Path.Combine(folder!.FullName, "samples");
        }
    }

    public static TheoryData<string> Files => [.. Shelves.SelectMany(s => Directory.EnumerateFiles(Path.Combine(Folder, s), "*.yaml").Select(f => $"{s}/{Path.GetFileName(f)}").Order(StringComparer.Ordinal))];

    [Theory, MemberData(nameof(Files))]
    public void Every_sample_is_valid_and_its_resolved_form_is_the_same(string file)
    {
        ExperimentFile sample = ExperimentFile.Read(Path.Combine(Folder, file));

        Assert.Equal(sample.Resolved, ExperimentFile.Parse(file, sample.Resolved).Resolved);
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_sample_and_its_resolved_form_fit_the_schema(string file)
    {
        string path = Path.Combine(Folder, file);

        Assert.Null(Schema.Judge(SpecReader.ReadFile(path)));
        Assert.Null(Schema.Judge(SpecReader.Read(file, ExperimentFile.Read(path).Resolved)));
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_sample_runs_in_a_tiny_version(string file)
    {
        string path = Path.Combine(Folder, file);
        ExperimentFile sample = ExperimentFile.Read(path);
        string? data = DataFolder;
        Assert.SkipWhen(data is null && File.ReadAllText(path).Contains("GRAFT_DATA", StringComparison.Ordinal), "Needs the real data: set GRAFT_DATA to its folder.");
        string[] shortened = sample.Spec.Stages is { } stages ? [.. stages.Select((_, i) => $"stages.{i}.epochs=1")] : ["epochs=1"];
        if (file.StartsWith("reproductions", StringComparison.Ordinal))
        {
            shortened = [.. shortened, .. sample.Spec.Data.Select(d => $"data.{d.Key}.limit={(d.Value.Split?.ToString().Contains("stratify: task", StringComparison.Ordinal) == true ? ManyTaskRows : MostRows)}")];
            shortened = [.. shortened, .. (sample.Spec.Compare ?? []).Select((arm, i) => (arm, i)).Where(a => a.arm.Is<PenalizedTasks>()).Select(a => $"compare.{a.i}.strength=10")];
        }

        // Pretrained networks of pictures are large: a few pictures are enough.
        if (File.ReadAllText(path).Contains("weights:", StringComparison.Ordinal))
        {
            shortened = [.. shortened, .. sample.Spec.Data.Where(d => d.Value.Source.Create() is FolderSource).SelectMany(d => Few(d.Key, d.Value))];
        }

        string home = Directory.CreateTempSubdirectory("graft-sample-").FullName;
        try
        {
            string run = ExperimentRunner.Run(ExperimentFile.Read(path, ["seeds=1", .. shortened]), new RunOptions(home, data));

            using RunFolder folder = RunFolder.Open(run);
            Assert.Equal(RunStatus.Done, folder.ReadRun().Status);
            Assert.NotEmpty(folder.ReadComparison()!.Comparison);
            Assert.True(File.Exists(folder.ReportFile));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static IEnumerable<string> Few(string name, DataSection data) => data.Test?.Create() is FolderSource
        ? [$"data.{name}.limit-per-class={FewPictures}", $"data.{name}.test.limit-per-class={FewPictures}"]
        : [$"data.{name}.limit-per-class={FewPictures}"];

    // Of each class.
    private const int FewPictures = 5;

    // Enough for every task of a sample to have rows on every side.
    private const int MostRows = 2000;

    // Of 139 schools the smallest has 22 rows; each needs two.
    private const int ManyTaskRows = 8000;

    internal static string? DataFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("GRAFT_DATA") is { Length: > 0 } named)
            {
                return named;
            }

            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                string beside = Path.Combine(folder.FullName, "shared", "data");
                if (Directory.Exists(beside))
                {
                    return beside;
                }
            }

            return null;
        }
    }
}
