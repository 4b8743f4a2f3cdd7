using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Data.Sources;
using Graft.Data.Splits;
using Graft.Data.Synthetic;
using Graft.Models;
using Graft.Models.Weights;
using Graft.MultiTask;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Training;
using Graft.Transfer;
using Graft.Transfer.Plans;

namespace Graft.Tests.House;

/// <summary>The example of the README compiles and does what it says.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void The_example_of_the_readme_is_this_test()
    {
        string[] example = [.. Between(Repository.Read("README.md"), "```csharp\n", "```").Where(l => !l.StartsWith("using ", StringComparison.Ordinal) && !l.StartsWith("Console.", StringComparison.Ordinal))];
        string[] here = [.. Between(Repository.Read("tests/Graft.Tests/House/ReadmeTests.cs"), "// begin\n", "        // end").Where(l => !l.StartsWith("Assert.", StringComparison.Ordinal))];

        Assert.Equal(here.Where(l => l.Length > 0), example.Where(l => l.Length > 0));
    }

    [Fact]
    public void The_example_of_the_readme_learns_carries_and_predicts()
    {
        string folder = Directory.CreateTempSubdirectory("graft-readme").FullName;
        string file = Path.Combine(folder, "table.graft");

        // begin
        // A table with three classes: 400 rows to learn from, 200 to judge by. Encoders are fitted on training rows only.
        Dataset table = new MakeClassification(rows: 600, classes: 3, clustersPerClass: 1).Read(new DataContext(".", null, Seed: 1));
        Split split = new Splitter(test: 200, validation: 0).All(table, seed: 1, target: "label")[0];
        Dataset train = table.Take(split.Train), test = table.Take(split.Test);
        InputEncoder inputs = InputEncoder.Fit(train, new InputOptions(Exclude: ["label"]));
        TargetEncoder target = TargetEncoder.Fit(train, ["label"]);
        TaskSpec task = TaskSpec.From("label", target);

        // A trunk with a head a task, learned by the joint step. The same seed gives the same bits on any number of threads.
        var model = new TaskModel(new Mlp([64, 64]), inputs.Shape, [task]);
        model.Initialize(seed: 1);
        var rows = new LabeledRows(train, inputs, [target.Bind(train).ToLoad()]);
        var step = new JointStep(model, [new TaskStream(new Loader(rows, batchSize: 32, seed: 1), [0])], new ModelUpdate(model, new Adam(0.003f)));
        TrainingResult result = new Trainer(new TrainingPlan { Epochs = 10 }).Fit(step);

        // One file holds weights, encoders and classes, and answers alone.
        new TrainedModel(model, [inputs], [target]).Save(file);
        Predictions answers = TrainedModel.Open(file).Predict(test);

        // Carry what was learned to a new model and say what became of every weight.
        var next = new TaskModel(new Mlp([64, 64]), inputs.Shape, [task with { Name = "other" }]);
        next.Initialize(seed: 2);
        CarryReport carried = new PartialTransfer().Prepare(next, model, "table.graft")!;
        // end

        Directory.Delete(folder, recursive: true);
        int[] truth = [.. target.Bind(test).Labels];
        int right = Enumerable.Range(0, test.Count).Count(r => answers["label"].ClassOf(r) == truth[r]);
        Assert.Equal(10, result.Epochs);
        Assert.True(right > 0.75 * test.Count, $"{right} of {test.Count}");     // about a third by chance
        Assert.Equal(4, carried.Carried.Count);     // two layers, a weight and a bias each
    }

    private static IEnumerable<string> Between(string text, string from, string to)
    {
        int begin = text.IndexOf(from, StringComparison.Ordinal) + from.Length;
        return text[begin..text.IndexOf(to, begin, StringComparison.Ordinal)].Split('\n').Select(l => l.Trim());
    }
}
