using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Sources;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Runner;
using Graft.Experiments.Spec;
using Graft.Tasks;
using Graft.Tasks.Metrics;
using Spectre.Console;

namespace Graft.Cli.Commands;

/// <summary>`graft evaluate`: how good a model is on rows whose answers are known.</summary>
internal sealed class EvaluateCommand : GraftCommand
{
    private readonly Argument<string> _model = new("model") { Description = "A model file, such as runs/quickstart/models/new-full-s1.graft." };
    private readonly Argument<string> _data = new("data") { Description = "A CSV file with the target columns, or a folder of pictures with a sub-folder a class." };

    public EvaluateCommand(CommandContext context)
        : base("evaluate", "Measure a model on a table or on pictures whose answers are known.", context)
    {
        Arguments.Add(_model);
        Arguments.Add(_data);
    }

    protected override int Execute(ParseResult parsed)
    {
        var model = TrainedModel.Open(parsed.GetRequiredValue(_model));
        string path = parsed.GetRequiredValue(_data);
        var context = new DataContext(Directory.GetCurrentDirectory(), null, 1);
        DataSource source = Directory.Exists(path) ? new FolderSource(path) : new CsvSource(path, header: true);
        Dataset rows = source.Read(context);
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
                json.Add(new JsonObject { ["task"] = model.Model.Tasks[t].Name, ["metric"] = metric.Name, ["value"] = double.IsFinite(value) ? value : null, ["rows"] = input.Count });
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
}
