using System.Diagnostics;

namespace Graft.Benchmarks.Peers;

/// <summary>Measures several sides in turns, so that what disturbs one disturbs all.</summary>
internal static class Turns
{
    private const int LeastRounds = 3;
    private const int MostRounds = 1000;

    // A setting that is that far behind another after two rounds will not be the best.
    private const double Hopeless = 1.25;

    /// <summary>Takes samples.</summary>
    /// <param name="always">Sides that are measured to the end.</param>
    /// <param name="settings">Sides of which only the best matters.</param>
    /// <param name="seconds">How long each is measured.</param>
    /// <param name="processor">Whether processor time decides.</param>
    public static void Take(IReadOnlyList<Side> always, IReadOnlyList<Side> settings, double seconds, bool processor)
    {
        List<Side> sides = [.. always, .. settings];
        sides.ForEach(s => s.WarmUp());
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round < MostRounds && (round < LeastRounds || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds * sides.Count); round++)
        {
            sides.ForEach(s => s.Sample());
            if (round == 1 && settings.Count > 0)
            {
                double best = settings.Min(s => s.Median(processor));
                sides.RemoveAll(s => settings.Contains(s) && s.Median(processor) > Hopeless * best);
            }
        }
    }
}
