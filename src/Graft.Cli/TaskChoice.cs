using System.CommandLine;
using Graft.Tasks;

namespace Graft.Cli;

/// <summary>Which tasks of a model a command is about.</summary>
internal sealed class TaskChoice
{
    private readonly Option<string[]> _tasks = new("--tasks") { Description = "Only these tasks of the model, for rows that have no inputs or answers for the others.", AllowMultipleArgumentsPerToken = true };

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(_tasks);

    /// <summary>The places of the chosen tasks in a model; all where none is named.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="UsageException">The model has no task of a name.</exception>
    public IReadOnlyList<int> Of(ParseResult parsed, TrainedModel model) => parsed.GetValue(_tasks) is not { Length: > 0 } names
        ? [.. Enumerable.Range(0, model.Model.Tasks.Count)]
        : [.. names.Distinct(StringComparer.Ordinal).Select(n => model.Model.IndexOf(n) is >= 0 and int place ? place : throw new UsageException($"--tasks: expected tasks of the model ({Names(model)}), got '{n}'."))];

    /// <summary>Does something that fails where rows are not for all tasks; then the error says how to choose some.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="model">The model.</param>
    /// <param name="run">What is to be done.</param>
    /// <exception cref="GraftInputException">Rows do not fit.</exception>
    public T Try<T>(ParseResult parsed, TrainedModel model, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (GraftInputException e) when (model.Model.Tasks.Count > 1 && Of(parsed, model).Count == model.Model.Tasks.Count)
        {
            throw new GraftInputException([.. e.Findings, new Finding("", 0, 0, $"Where rows are not for all tasks of the model, --tasks names those that they are for: {Names(model)}.")], e);
        }
    }

    private static string Names(TrainedModel model) => string.Join(", ", model.Model.Tasks.Select(t => t.Name).Take(20)) + (model.Model.Tasks.Count > 20 ? ", ..." : "");
}
