using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Tasks;

namespace Graft.Cli.Commands;

/// <summary>`graft predict`: what a model says about rows of a table, texts or pictures.</summary>
internal sealed class PredictCommand : GraftCommand
{
    private readonly ModelOpening _model = new();
    private readonly ModelInputs _rows = new();
    private readonly TaskChoice _tasks = new();
    private readonly Argument<string[]> _inputs = new("inputs") { Description = "CSV files with a header, or texts, one a line (.txt), or sequences (.csv, .jsonl), or pictures (.png, .jpg), or folders of pictures.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int?> _top = WholeNumber.Option("--top", 1, 1_000_000, "Only so many classes of each task, the most probable ones; not with --csv, whose columns are all classes.");
    private readonly Option<bool> _csv = new("--csv") { Description = "Write CSV instead of a line of JSON for each row." };

    public PredictCommand(CommandContext context)
        : base("predict", "Say what a model makes of rows, texts or pictures: a line of JSON for each, its number or file under \"input\".", context)
    {
        _model.AddTo(this);
        Arguments.Add(_inputs);
        _tasks.AddTo(this);
        _rows.AddTo(this);
        Options.Add(_top);
        Options.Add(_csv);
    }

    protected override int Execute(ParseResult parsed)
    {
        if (parsed.GetValue(_csv) && parsed.GetValue(_top) is not null)
        {
            throw new UsageException("--top: expected it without --csv, whose columns are all classes, got both.");
        }

        TrainedModel model = _model.Open(parsed, out _);
        IReadOnlyList<int> tasks = _tasks.Of(parsed, model);
        (Dataset rows, IReadOnlyList<string> names) = _rows.Read(parsed, model, parsed.GetRequiredValue(_inputs), hasAnswers: false, Context.Catalogue);
        Predictions predictions = _tasks.Try(parsed, model, () => model.Predict(rows, [.. tasks.Select(t => model.Model.Tasks[t].Name)]));
        foreach (string notice in predictions.Notices.Concat(Levels(model, tasks)).Concat(rows.Notices))
        {
            Context.Terminal.Error.WriteLine(notice);
        }

        string input = InputKey(predictions);
        if (parsed.GetValue(_csv))
        {
            WriteCsv(predictions, names, input);
            return ExitCode.Done;
        }

        for (int row = 0; row < predictions.Count; row++)
        {
            Context.Cancel.ThrowIfCancellationRequested();
            var line = new JsonObject { [input] = names[row] };
            foreach (Prediction prediction in predictions.Row(row))
            {
                line[prediction.Task] = Describe(prediction, parsed.GetValue(_top));
            }

            Context.Terminal.Show(line);
        }

        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject { ["status"] = "done", ["rows"] = predictions.Count, ["tasks"] = new JsonArray([.. predictions.Tasks.Select(t => (JsonNode)t.Task.Name)]) });
        }

        return ExitCode.Done;
    }

    // "input", or with so many hyphens before it that no task is called so.
    private static string InputKey(Predictions predictions)
    {
        string key = "input";
        while (predictions.Tasks.Any(t => t.Task.Name == key))
        {
            key = "-" + key;
        }

        return key;
    }

    // What such a task says about other rows, nobody has measured.
    private static IEnumerable<string> Levels(TrainedModel model, IReadOnlyList<int> tasks) => tasks.Where(t => model.Targets[t].Only is not null)
        .GroupBy(t => model.Targets[t].Only!.Column, StringComparer.Ordinal)
        .Select(g => $"{string.Join(", ", g.Select(t => model.Model.Tasks[t].Name).Take(5))}{(g.Count() > 5 ? ", ..." : "")}: each was trained on the rows with one value of '{g.Key}' and answers for every row.");

    private static JsonObject Describe(Prediction prediction, int? top)
    {
        var json = new JsonObject();
        if (prediction.Class is { } label)
        {
            json["class"] = label;
        }

        if (prediction.Labels is { } labels)
        {
            json["labels"] = new JsonArray([.. labels.Select(l => (JsonNode)l)]);
        }

        if (prediction.Probabilities is { } probabilities)
        {
            json["probabilities"] = Numbers(top is { } most ? probabilities.OrderByDescending(p => p.Value ?? -1).Take(most) : probabilities);
        }

        if (prediction.Quantities is { } quantities)
        {
            json["quantities"] = Numbers(quantities);
        }

        return json;
    }

    private static JsonObject Numbers(IEnumerable<KeyValuePair<string, float?>> numbers)
    {
        var json = new JsonObject();
        foreach ((string name, float? number) in numbers)
        {
            json[name] = number;
        }

        return json;
    }

    private void WriteCsv(Predictions predictions, IReadOnlyList<string> names, string input)
    {
        var header = new List<string> { input };
        foreach (TaskPredictions task in predictions.Tasks)
        {
            header.Add(task.Task.Name);
            header.AddRange(Columns(task[0]).Select(c => $"{task.Task.Name}:{c.Key}"));
        }

        Context.Terminal.Output.WriteLine(string.Join(',', header.Select(Cell)));
        for (int row = 0; row < predictions.Count; row++)
        {
            var cells = new List<string> { names[row] };
            foreach (Prediction prediction in predictions.Row(row))
            {
                cells.Add(prediction.Class ?? (prediction.Labels is { } labels ? string.Join(' ', labels) : ""));
                cells.AddRange(Columns(prediction).Select(c => c.Value?.ToString("R", CultureInfo.InvariantCulture) ?? ""));
            }

            Context.Terminal.Output.WriteLine(string.Join(',', cells.Select(Cell)));
        }
    }

    private static IEnumerable<KeyValuePair<string, float?>> Columns(Prediction prediction) =>
        (prediction.Probabilities ?? new Dictionary<string, float?>()).Concat(prediction.Quantities ?? new Dictionary<string, float?>());

    private static string Cell(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : new StringBuilder("\"").Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"').ToString();
}
