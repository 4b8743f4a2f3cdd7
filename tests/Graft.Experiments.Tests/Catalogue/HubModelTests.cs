using Graft.Experiments.Spec;
using Graft.Hub;

namespace Graft.Experiments.Tests.Catalogue;

public sealed class HubModelTests
{
    public static TheoryData<string> Names => [.. HubCatalogue.Default.Entries.Where(e => e.Model.Count > 0).Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_model_that_an_entry_names_can_stand_in_an_experiment(string name)
    {
        IReadOnlyDictionary<string, string> model = HubCatalogue.Default.Find(name)!.Model;
        string text = $$"""
            data: { t: { source: make-classification } }
            tasks: { label: { type: multi-class, target: label } }
            model: { {{string.Join(", ", model.Select(m => $"{m.Key}: {m.Value.ToLowerInvariant()}"))}}, weights: {{name}} }
            """;

        ExperimentFile file = ExperimentFile.Parse("experiment.yaml", text);

        Assert.Equal(model["name"], file.Spec.Model.Backbone.Name);
        Assert.True(file.Spec.Model.IsPretrained);
    }
}
