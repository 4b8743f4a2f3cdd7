using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Sources;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Imports;
using Graft.Experiments.Runner;
using Graft.Experiments.Spec;
using Graft.Tasks;
using Graft.Tasks.Metrics;
using Spectre.Console;

namespace Graft.Cli.Commands;

/// <summary>`graft evaluate`: how good a model is on rows whose answers are known.</summary>
internal sealed class EvaluateCommand : GraftCommand
{
    private readonly ModelOpening _model = new();
    private readonly Argument<string?> _data = new("data")
    {
        Description = "A CSV file with the target columns, or a folder of pictures with a sub-folder a class; may be left out where the model's description names its data.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public EvaluateCommand(CommandContext context)
        : base("evaluate", "Measure a model on a table or on pictures whose answers are known.", context)
    {
        _model.AddTo(this);
        Arguments.Add(_data);
    }

    protected override int Execute(ParseResult parsed)
    {
        TrainedModel model = _model.Open(parsed, out ImportedModel? imported);
        Dataset rows = Rows(parsed.GetValue(_data), imported);
        Predictions predictions = model.Predict(rows);
        var json = new JsonArray();
        var table = new Table().Border(TableBorder.Simple).AddColumns("task", "metric", "value", "rows");
        for (int t = 0; t < model.Model.Tasks.Count; t++)
        {
            Targets truths = model.Targets[t].Bind(rows);
            MetricInput input = ModelMetrics.Against(truths, predictions.Tasks[t].Values);
            foreach (Metric metric in ModelMetrics.Usual(truths.Encoder.Kind))
            {
                double value = metric.Compute(input);
                table.AddRow(Markup.Escape(model.Model.Tasks[t].Name), metric.Name, value.ToString("F4", CultureInfo.InvariantCulture), input.Count.ToString(CultureInfo.InvariantCulture));
                json.Add((JsonNode)new JsonObject { ["task"] = model.Model.Tasks[t].Name, ["metric"] = metric.Name, ["value"] = double.IsFinite(value) ? value : null, ["rows"] = input.Count });
            }
        }

        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject { ["status"] = "done", ["metrics"] = json });
        }
        else
        {
            Context.Terminal.Show(table);
        }

        return ExitCode.Done;
    }

    private static Dataset Rows(string? path, ImportedModel? imported)
    {
        if (path is null)
        {
            return imported is { HasData: true } ? imported.ReadData() : throw new UsageException("expected data to measure the model on: a CSV file or a folder of pictures.");
        }

        DataSource source = Directory.Exists(path) ? new FolderSource(path) : new CsvSource(path, header: true);
        return source.Read(new DataContext(Directory.GetCurrentDirectory(), null, 1));
    }
}
