using Graft.Experiments.Runs;

namespace Graft.Experiments.Reports;

/// <summary>The numbers of one job's event log, epoch by epoch.</summary>
internal sealed class JobCurves
{
    /// <summary>Points by what they measure.</summary>
    private readonly Dictionary<(string Kind, string Name), List<(double X, double Y)>> _points = [];

    private JobCurves(JobPlan job) => Job = job;

    /// <summary>The job.</summary>
    public JobPlan Job { get; }

    /// <summary>Every kind of curve that the log holds.</summary>
    public IEnumerable<(string Kind, string Name)> Keys => _points.Keys;

    /// <summary>Reads a log.</summary>
    /// <returns>The curves, or null where the log holds none.</returns>
    public static JobCurves? From(JobPlan job, IEnumerable<RunEvent> events)
    {
        var curves = new JobCurves(job);
        foreach (RunEvent e in events.Where(e => e.Epoch is not null && e.Split != "test"))
        {
            int epoch = e.Epoch!.Value;
            string split = e.Split ?? "train";
            curves.Add($"{split} loss", epoch, e.Losses);
            curves.Add("part", epoch, e.Parts);
            curves.Add("weight", epoch, e.Weights);
            if (e.Metrics is { } metrics && e.Task is { } task)
            {
                foreach ((string metric, double value) in metrics)
                {
                    curves.Add(metric == "loss" ? $"{split} loss" : $"{split} {metric}", task, epoch, value);
                }
            }
        }

        return curves._points.Count == 0 ? null : curves;
    }

    /// <summary>The points of one curve; empty where there are none.</summary>
    /// <param name="kind">"train loss", "validation loss", "validation accuracy", "part", "weight".</param>
    /// <param name="name">The task, or the part.</param>
    public IReadOnlyList<(double X, double Y)> Points(string kind, string name) => _points.GetValueOrDefault((kind, name), []);

    private void Add(string kind, int epoch, IReadOnlyDictionary<string, double>? values)
    {
        foreach ((string name, double value) in values ?? new Dictionary<string, double>())
        {
            Add(kind, name, epoch, value);
        }
    }

    private void Add(string kind, string name, int epoch, double value)
    {
        if (!_points.TryGetValue((kind, name), out List<(double X, double Y)>? points))
        {
            _points[(kind, name)] = points = [];
        }

        points.Add((epoch, value));
    }
}
