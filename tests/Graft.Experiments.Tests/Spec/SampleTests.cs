using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;
using Graft.Experiments.Tests.Catalogue;

namespace Graft.Experiments.Tests.Spec;

public sealed class SampleTests
{
    private static string Folder
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Graft.slnx")))
            {
                folder = folder.Parent;
            }

            return Path.Combine(folder!.FullName, "samples", "experiments");
        }
    }

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public void Every_sample_is_valid_and_its_resolved_form_is_the_same(string file)
    {
        ExperimentFile sample = ExperimentFile.Read(Path.Combine(Folder, file));

        Assert.Equal(sample.Resolved, ExperimentFile.Parse(file, sample.Resolved).Resolved);
    }

    [Theory, MemberData(nameof(Files))]
    public void Every_sample_and_its_resolved_form_fit_the_schema(string file)
    {
        var schema = new JsonSchemaChecker(PartCatalogue.Default.SchemaOf<ExperimentSpec>("Graft experiment"));
        string path = Path.Combine(Folder, file);

        Assert.Null(schema.Judge(SpecReader.ReadFile(path)));
        Assert.Null(schema.Judge(SpecReader.Read(file, ExperimentFile.Read(path).Resolved)));
    }
}
