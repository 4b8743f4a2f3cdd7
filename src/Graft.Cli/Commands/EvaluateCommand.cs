using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Experiments.Imports;
using Graft.Experiments.Runner;
using Graft.Tasks;
using Graft.Tasks.Metrics;
using Spectre.Console;

namespace Graft.Cli.Commands;

/// <summary>`graft evaluate`: how good a model is on rows whose answers are known.</summary>
internal sealed class EvaluateCommand : GraftCommand
{
    private readonly ModelOpening _model = new();
    private readonly ModelInputs _rows = new();
    private readonly TaskChoice _tasks = new();
    private readonly Argument<string?> _data = new("data")
    {
        Description = "A CSV file with the target columns, or labeled texts, one a line (.txt), or sequences (.csv, .jsonl), or a folder of pictures with a sub-folder a class; may be left out where the model's description names its data.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public EvaluateCommand(CommandContext context)
        : base("evaluate", "Measure a model on rows, texts or pictures whose answers are known, each task on the rows that it is about.", context)
    {
        _model.AddTo(this);
        Arguments.Add(_data);
        _tasks.AddTo(this);
        _rows.AddTo(this);
    }

    protected override int Execute(ParseResult parsed)
    {
        TrainedModel model = _model.Open(parsed, out ImportedModel? imported);
        IReadOnlyList<int> tasks = _tasks.Of(parsed, model);
        Dataset rows = Rows(parsed, model, imported);
        Targets[] answers = _tasks.Try(parsed, model, () => (Targets[])[.. tasks.Select(t => model.Targets[t].Bind(rows))]);
        Predictions predictions = _tasks.Try(parsed, model, () => model.Predict(rows, [.. tasks.Select(t => model.Model.Tasks[t].Name)]));
        string[] notices = [.. rows.Notices.Concat(predictions.Notices).Concat(answers.SelectMany(a => a.Notices)).Concat(RowLevel.Notices(rows, tasks.Select(t => model.Targets[t]))).Distinct(StringComparer.Ordinal)];
        var json = new JsonArray();
        var table = new Table().Border(TableBorder.Simple).AddColumns("task", "metric", "value", "rows");
        foreach ((Targets truths, TaskPredictions predicted) in answers.Zip(predictions.Tasks))
        {
            MetricInput input = ModelMetrics.Against(truths, predicted.Values);
            foreach (Metric metric in ModelMetrics.Usual(truths.Encoder.Kind))
            {
                double value = metric.Compute(input);
                table.AddRow(Markup.Escape(predicted.Task.Name), metric.Name, value.ToString("F4", CultureInfo.InvariantCulture), input.Count.ToString(CultureInfo.InvariantCulture));
                json.Add((JsonNode)new JsonObject { ["task"] = predicted.Task.Name, ["metric"] = metric.Name, ["value"] = double.IsFinite(value) ? value : null, ["rows"] = input.Count });
            }
        }

        foreach (string notice in notices)
        {
            Context.Terminal.Error.WriteLine(notice);
        }

        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject { ["status"] = "done", ["metrics"] = json, ["notices"] = new JsonArray([.. notices.Select(n => (JsonNode)n)]) });
        }
        else
        {
            Context.Terminal.Show(table);
        }

        return ExitCode.Done;
    }

    private Dataset Rows(ParseResult parsed, TrainedModel model, ImportedModel? imported) => parsed.GetValue(_data) is { } path
        ? _rows.Read(parsed, model, [path], hasAnswers: true, Context.Catalogue).Rows
        : imported is { HasData: true } ? imported.ReadData() : throw new UsageException("expected data to measure the model on: a CSV file, lines of text, sequences or a folder of pictures.");
}
