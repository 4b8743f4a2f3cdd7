using System.Globalization;
using Graft.MultiTask.Balancing;

namespace Graft.Benchmarks.Balancers;

/// <summary>One row of the table: what is measured.</summary>
/// <param name="Balancer">Its name.</param>
/// <param name="Gradients">exact, representation, every-10 or sketched.</param>
/// <param name="Model">One of <see cref="BalancerModel.Names"/>.</param>
/// <param name="Tasks">K.</param>
internal sealed record BalancerCase(string Balancer, string Gradients, string Model, int Tasks)
{
    public static IReadOnlyList<string> AllGradients { get; } = ["exact", "representation", "every-10", "sketched"];

    /// <summary>Backward passes of an exact Gramian over one: forward, gradients of data and of weights cost the same.</summary>
    public double Floor => IsEqual ? 1 : (1 + (2.0 * Tasks)) / 3;

    /// <summary>Whether PyTorch does the same.</summary>
    public bool HasPeer => Gradients == "exact";

    public bool IsEqual => Balancer == "equal";

    /// <summary>The most that the step may cost over that of equal weights; 0 where nothing was promised.</summary>
    public double Bar => (Balancer, Gradients, Tasks, Model) switch
    {
        ("equal", _, _, _) => 0,
        (_, "exact", 2, _) => 1.45 * Floor,
        (_, "exact", 40, "mlp-20-64-64") => 1.6 * Floor,
        (_, "exact", _, _) => 1.2 * Floor,
        (_, "representation", 8, _) => 1.25,
        (_, "every-10", 8, _) => 1.6,
        (_, "sketched", _, _) => 2,
        _ => 0,
    };

    public BalancingOptions Options => Gradients switch
    {
        "representation" => new(MultiTask.Balancing.GradientSource.Representation),
        "sketched" => new(MultiTask.Balancing.GradientSource.Sketched),
        "every-10" => new(IsEqual ? MultiTask.Balancing.GradientSource.Paper : MultiTask.Balancing.GradientSource.Exact, Every: 10),
        _ => new(IsEqual ? MultiTask.Balancing.GradientSource.Paper : MultiTask.Balancing.GradientSource.Exact),
    };

    /// <summary>The table's rows: those that names choose. Names of one kind add up, kinds narrow each other down.</summary>
    /// <param name="only">Names of balancers, gradients, models, numbers of tasks; none: equal and nash-mtl.</param>
    /// <exception cref="ArgumentException">A name is none of these.</exception>
    public static IReadOnlyList<BalancerCase> Choose(IReadOnlyList<string> only)
    {
        int[] allTasks = [2, 8, 16, 40];
        List<string> balancers = [], gradients = [], models = [];
        List<int> tasks = [];
        foreach (string name in only)
        {
            if (BalancerWorkload.Names.Contains(name))
            {
                balancers.Add(name);
            }
            else if (AllGradients.Contains(name))
            {
                gradients.Add(name);
            }
            else if (BalancerModel.Names.Contains(name))
            {
                models.Add(name);
            }
            else if (int.TryParse(name, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= 64)
            {
                tasks.Add(count);
            }
            else
            {
                throw new ArgumentException(
                    $"--only: expected a balancer ({string.Join(", ", BalancerWorkload.Names)}), gradients ({string.Join(", ", AllGradients)}), a model ({string.Join(", ", BalancerModel.Names)}) or a number of tasks from 1 to 64, got '{name}'.");
            }
        }

        var rows = new List<BalancerCase>();
        foreach (string model in models.Count > 0 ? models : BalancerModel.Names)
        {
            foreach (int count in tasks.Count > 0 ? tasks : [.. allTasks])
            {
                rows.Add(new BalancerCase("equal", "exact", model, count));
                foreach (string balancer in (balancers.Count > 0 ? balancers : ["nash-mtl"]).Where(b => b != "equal"))
                {
                    rows.AddRange((gradients.Count > 0 ? gradients : AllGradients).Where(g => Works(balancer, g)).Select(g => new BalancerCase(balancer, g, model, count)));
                }
            }
        }

        return rows;
    }

    // Methods by losses have one way; those by rows cannot keep weights, nor make do with an estimate.
    private static bool Works(string balancer, string gradients) => BalancerWorkload.Make(balancer) switch
    {
        WeightBalancer { IsPerLayer: true } => gradients is "exact" or "representation",
        GramianBalancer => true,
        GradientBalancer or CrossGramianBalancer => gradients is "exact" or "representation",
        _ => gradients == "exact",
    };
}
