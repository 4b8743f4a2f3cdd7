using Graft.Data;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tasks;

namespace Graft.Tests.Tasks;

/// <summary>A small table with inputs of three kinds and a task of each kind, and a model for it.</summary>
internal static class Survey
{
    public static string[] Inputs => ["age", "job", "note"];

    public static Dataset Rows(int count = 12) => new("survey",
    [
        new NumberColumn("age", [.. Enumerable.Range(0, count).Select(r => r % 5 == 4 ? float.NaN : 20 + r)]),
        CategoryColumn.From("job", [.. Enumerable.Range(0, count).Select(r => r % 3 == 0 ? "cook" : "smith")]),
        new TextColumn("note", [.. Enumerable.Range(0, count).Select(r => r % 2 == 0 ? "works at night" : "works by day")]),
        CategoryColumn.From("sort", [.. Enumerable.Range(0, count).Select(r => new[] { "a", "b", "c" }[r % 3])]),
        CategoryColumn.From("ok", [.. Enumerable.Range(0, count).Select(r => r % 2 == 0 ? "no" : "yes")]),
        new NumberColumn("x", [.. Enumerable.Range(0, count).Select(r => r % 2 == 0 ? 1f : 0)]),
        new NumberColumn("y", [.. Enumerable.Range(0, count).Select(r => r % 4 == 0 ? 1f : 0)]),
        new NumberColumn("price", [.. Enumerable.Range(0, count).Select(r => 1000f + (10 * r))]),
    ]);

    /// <summary>The columns that a model needs to answer, and no others.</summary>
    public static Dataset Questions(int count = 12)
    {
        Dataset all = Rows(count);
        return new Dataset("questions", [.. Inputs.Select(i => all[i])]);
    }

    public static TrainedModel Model(Backbone? trunk = null)
    {
        Dataset rows = Rows();
        InputEncoder inputs = InputEncoder.Fit(rows, new InputOptions(Inputs));
        TargetEncoder[] targets =
        [
            TargetEncoder.Fit(rows, ["sort"]), TargetEncoder.Fit(rows, ["ok"]), TargetEncoder.Fit(rows, ["x", "y"]), TargetEncoder.Fit(rows, ["price"]),
        ];
        string[] names = ["sort", "ok", "flags", "price"];
        var model = new TaskModel(trunk ?? new Mlp([6, 5], batchNorm: true), inputs.Shape, [.. targets.Select((t, i) => TaskSpec.From(names[i], t))]);
        model.Initialize(11);
        return new TrainedModel(model, [inputs, inputs, inputs, inputs], targets);
    }
}
