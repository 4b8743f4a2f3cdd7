using System.Globalization;
using System.Text.Json;
using Graft.Benchmarks.Peers;
using Graft.Tensors;

namespace Graft.Benchmarks.Balancers;

/// <summary>What balancing costs: each way to a Gramian against equal weights, against the floor of backward passes, and against PyTorch.</summary>
internal static class BalancerCommand
{
    public const string Syntax = "[--only NAME]... [--seconds S] [--threads N] [--no-torch] [--json]";

    public const string InnerSyntax = "[--balancer NAME] [--gradients NAME] [--model NAME] [--tasks K] [--threads N]";

    /// <summary>Runs steps of one row and prints the peak of memory in MB.</summary>
    public static int RunOne(Options options)
    {
        Engine.Threads = options.Threads;
        Console.WriteLine(PeakMemory.Run(new BalancerCase(options.Text("--balancer")!, options.Text("--gradients")!, options.Text("--model")!, options.Integer("--tasks", 2, 1, 64)))
            .ToString("F1", CultureInfo.InvariantCulture));
        return 0;
    }

    public static int Run(Options options)
    {
        IReadOnlyList<BalancerCase> rows = BalancerCase.Choose(options.Only);
        double seconds = options.Seconds(1);
        Engine.Threads = options.Threads;
        string reason = "it was not asked for";
        using PeerProcess? torch = options.Has("--no-torch") ? null : PeerProcess.Start("balancers.py", options.Threads, out reason);
        Say(torch is null ? $"no PyTorch columns: {reason}." : $"beside {torch.Version}");
        Say($"{Engine.VectorWidth} registers, {options.Threads} threads, medians");
        Say($"{"balancer",-14} {"gradients",-14} {"model",-16} {"tasks",5} {"step ms",10} {"x equal",8} {"floor",6} {"bar",6} {"torch ms",9} {"x equal",8} {"faster",7} {"peak MB",8} {"bytes",6}");
        var results = new List<BalancerResult>();
        foreach (IGrouping<(string, int), BalancerCase> group in rows.GroupBy(r => (r.Model, r.Tasks)))
        {
            foreach ((BalancerCase row, BalancerResult result) in group.Zip(BalancerMeasurement.Of([.. group], torch, options.Threads, seconds)))
            {
                results.Add(result);
                Say(Line(row, result));
            }
        }

        List<SolverResult> solvers = [];
        string[] names = [.. options.Only.Where(n => BalancerWorkload.Names.Contains(n))];
        foreach (BalancerResult exact in results.Where(r => r is { Model: SolverTime.Model, Tasks: 8 or 40, Gradients: "exact" } && r.Balancer != "equal").DistinctBy(r => r.Tasks))
        {
            Say("");
            Say($"{"solver",-14} {"model",-16} {"tasks",5} {"us",9} {"of exact step",14} {"bytes",6}");
            foreach (SolverResult s in SolverTime.All(exact, names))
            {
                solvers.Add(s);
                Say(string.Create(CultureInfo.InvariantCulture, $"{s.Balancer,-14} {s.Model,-16} {s.Tasks,5} {s.SolveUs,9:F2} {s.ShareOfExactStep,14:P2} {s.Bytes,6:F0}"));
            }
        }

        ToyResult? toy = options.Only.Count == 0 || options.Only.Contains("nash-mtl") ? ToyTime.Measure(100) : null;
        if (toy is not null)
        {
            Say("");
            Say(string.Create(CultureInfo.InvariantCulture, $"two-task toy: Adam {toy.AdamUs:F2} us, Nash-MTL {toy.NashMtlUs:F2} us, {toy.Relative:F2} x"));
        }

        if (options.IsJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { balancers = results, solvers, toy }));
        }

        return 0;

        // The object is the last line; the table stands before it.
        static void Say(string line) => Console.WriteLine(line);
    }

    private static string Line(BalancerCase row, BalancerResult r)
    {
        string bar = row.Bar == 0 ? "" : row.Bar.ToString("F2", CultureInfo.InvariantCulture);
        string torch = r.TorchMs is { } ms
            ? string.Create(CultureInfo.InvariantCulture, $"{ms,9:F3} {r.TorchRelativeToEqual,8:F2} {ms / r.StepMs,7:F1}")
            : $"{"",9} {"",8} {"",7}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{r.Balancer,-14} {r.Gradients,-14} {r.Model,-16} {r.Tasks,5} {r.StepMs,10:F4} {r.RelativeToEqual,8:F2} {r.Floor,6:F2} {bar,6} {torch} {r.PeakMb,8:F0} {r.BytesPerStep,6:F0}");
    }
}
