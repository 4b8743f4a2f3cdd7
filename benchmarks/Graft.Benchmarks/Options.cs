using System.Globalization;
using System.Text.RegularExpressions;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>What a command line asks for. The syntax that a command prints as its usage is the grammar as well: "[--only NAME]... [--json]".</summary>
internal sealed partial class Options
{
    private readonly Dictionary<string, List<string>> _given = [];

    private Options()
    {
    }

    /// <summary>Names of what shall be measured; none: all.</summary>
    public IReadOnlyList<string> Only => Texts("--only");

    /// <summary>Threads of the worker team, and of a peer's.</summary>
    public int Threads => Integer("--threads", Engine.Threads, 1, 64);

    /// <summary>Whether the last line is one JSON object.</summary>
    public bool IsJson => Has("--json");

    /// <summary>Reads arguments.</summary>
    /// <param name="syntax">Which options there are, and which of them have a value: those with a name in capitals behind them.</param>
    /// <param name="arguments">What was given.</param>
    /// <exception cref="ArgumentException">An argument is no option, or its value is missing.</exception>
    public static Options Parse(string syntax, ReadOnlySpan<string> arguments)
    {
        var known = Option().Matches(syntax).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Success);
        var options = new Options();
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (!known.TryGetValue(name, out bool hasValue))
            {
                throw new ArgumentException($"expected {syntax}, got '{name}'.");
            }

            if (hasValue && ++i == arguments.Length)
            {
                throw new ArgumentException($"{name}: expected a value, got none.");
            }

            if (!options._given.TryGetValue(name, out List<string>? values))
            {
                options._given[name] = values = [];
            }

            values.Add(hasValue ? arguments[i] : "");
        }

        return options;
    }

    public bool Has(string name) => _given.ContainsKey(name);

    /// <summary>All values of an option that may come several times.</summary>
    public IReadOnlyList<string> Texts(string name) => _given.TryGetValue(name, out List<string>? values) ? values : [];

    /// <summary>The last value of an option, or null.</summary>
    public string? Text(string name) => Texts(name) is [.., var last] ? last : null;

    /// <exception cref="ArgumentException">The value is no integer of that range.</exception>
    public int Integer(string name, int otherwise, int least, int most) => Text(name) is not { } text ? otherwise
        : int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most ? value
        : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{name}: expected an integer from {least} to {most}, got '{text}'."));

    /// <summary>How long each thing is measured.</summary>
    /// <exception cref="ArgumentException">The value is no number greater than 0.</exception>
    public double Seconds(double otherwise) => Text("--seconds") is not { } text ? otherwise
        : double.TryParse(text, CultureInfo.InvariantCulture, out double value) && value is > 0 and < 1e6 ? value
        : throw new ArgumentException($"--seconds: expected a number > 0, got '{text}'.");

    [GeneratedRegex("(--[a-z-]+)( [A-Z]+)?")]
    private static partial Regex Option();
}
