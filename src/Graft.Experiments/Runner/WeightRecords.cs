using Graft.Experiments.Runs;
using Graft.Models.Weights;
using Graft.Nn;
using Graft.Tasks;

namespace Graft.Experiments.Runner;

/// <summary>What became of weights, as the run folder keeps it.</summary>
internal static class WeightRecords
{
    public static WeightsRecord Of(CarryReport report, TaskModel model) => new()
    {
        Source = report.Source,
        Carried = Paths(report.Carried),
        Reinitialized = Paths(report.Reset),
        Missing = Paths(report.Missing),
        Unexpected = Paths(report.Unexpected),
        WrongShape = Paths(report.WrongShape),
        Frozen = [.. model.Parameters().Where(p => p.IsFrozen).Select(p => p.Path)],
    };

    private static WeightPath[] Paths(IReadOnlyList<CarriedPath> paths) => [.. paths.Select(p => new WeightPath(p.Path, Sizes(p.Shape), p.SourceShape is null ? null : Sizes(p.SourceShape)) { Note = p.Note })];

    private static int[] Sizes(string shape) =>
        [.. shape.Trim('[', ']').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(s => int.Parse(s, System.Globalization.CultureInfo.InvariantCulture))];
}
