using System.Globalization;
using Graft.Tensors.Threading;

namespace Graft.Benchmarks;

/// <summary>What the command line asks for.</summary>
/// <param name="Only">Part of the names of the workloads to run, or null for all.</param>
/// <param name="Seconds">How long each workload is measured.</param>
/// <param name="Threads">Threads of the worker team.</param>
/// <param name="IsJson">Whether one JSON object a workload is printed instead of the table.</param>
internal sealed record Options(string? Only, double Seconds, int Threads, bool IsJson)
{
    public const string Usage = "usage: Graft.Benchmarks [--only NAME] [--seconds S] [--threads N] [--json]\n       Graft.Benchmarks balancers [--only NAME]... [--seconds S] [--threads N] [--no-torch] [--json]\n       Graft.Benchmarks loading [--pictures FOLDER] [--size PIXELS] [--seconds S]\n       Graft.Benchmarks start [--runs N] [--program PATH]... [--json]\n       Graft.Benchmarks weights [--megabytes N] [--json]";

    /// <summary>The options, or null where the arguments make no sense.</summary>
    public static Options? Parse(string[] arguments)
    {
        var options = new Options(null, 2, Team.Threads, false);
        for (int i = 0; i < arguments.Length; i++)
        {
            string value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            switch (arguments[i])
            {
                case "--json":
                    options = options with { IsJson = true };
                    continue;
                case "--only" when value.Length > 0:
                    options = options with { Only = value };
                    break;
                case "--seconds" when double.TryParse(value, CultureInfo.InvariantCulture, out double seconds) && seconds > 0:
                    options = options with { Seconds = seconds };
                    break;
                case "--threads" when int.TryParse(value, CultureInfo.InvariantCulture, out int threads) && threads is > 0 and <= 64:
                    options = options with { Threads = threads };
                    break;
                default:
                    return null;
            }

            i++;
        }

        return options;
    }
}
