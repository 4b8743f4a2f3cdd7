using Graft.Tasks;

namespace Graft.Experiments.Runner;

/// <summary>Weights that make rare classes count as much as frequent ones.</summary>
internal static class ClassBalance
{
    /// <summary>n / (k n_c) for each class c of k; null for tasks without classes. A class without rows gets 0.</summary>
    public static float[]? Weights(TargetEncoder target, Targets train)
    {
        if (target.Kind is not (TaskKind.Binary or TaskKind.MultiClass))
        {
            return null;
        }

        var counts = new int[target.Names.Count];
        foreach (int label in train.Labels)
        {
            if (label >= 0)
            {
                counts[label]++;
            }
        }

        double all = counts.Sum();
        return [.. counts.Select(c => c == 0 ? 0 : (float)(all / (counts.Length * (double)c)))];
    }
}
