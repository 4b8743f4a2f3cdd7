using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Experiments.Imports;
using Graft.Experiments.Runs;
using Graft.Hub;
using Graft.Tasks;
using Graft.Tasks.Export;
using Graft.Tensors;

namespace Graft.Cli.Commands;

/// <summary>`graft export`: writes a model as ONNX, for programs that are not ours, with a card beside it.</summary>
internal sealed class ExportCommand : GraftCommand
{
    private readonly ModelOpening _model = new();
    private readonly Argument<string> _to = new("to") { Description = "The ONNX file to write, such as flowers.onnx; its card is written beside it, flowers.md." };
    private readonly Option<bool> _logits = new("--logits") { Description = "Classes come out as logits, what stands before softmax or sigmoid, instead of probabilities." };
    private readonly Option<bool> _normalize = new("--normalize") { Description = "Inputs go in as they are outside, and the graph scales them: pixels from 0 to 255, numbers in their own units, categories by the places of their levels." };
    private readonly Option<string?> _crop = new("--crop") { Description = "Size of the pictures that go in, such as 256 or 256x320; the graph takes the middle, of the model's own size." };
    private readonly Option<string[]> _tasks = new("--tasks") { Description = "Names of the tasks that come out, in this order; left out: all.", AllowMultipleArgumentsPerToken = true };

    public ExportCommand(CommandContext context)
        : base("export", "Write a model as ONNX, for onnxruntime and other programs: an output for each task, labels in the metadata, and a model card.", context)
    {
        _model.AddTo(this);
        Arguments.Add(_to);
        foreach (Option option in (Option[])[_logits, _normalize, _crop, _tasks, Force])
        {
            Options.Add(option);
        }
    }

    protected override int Execute(ParseResult parsed)
    {
        string to = parsed.GetRequiredValue(_to), card = ModelExport.CardOf(to);
        if (to == card)
        {
            throw new UsageException($"{to}: expected the name of an ONNX file, such as model.onnx, got that of a card.");
        }

        string from = parsed.GetRequiredValue(_model.Model);
        if (Path.GetFullPath(to) == Path.GetFullPath(from))
        {
            throw new UsageException($"{to}: expected another file than the model itself, got the model. Such as {Path.ChangeExtension(Path.GetFileName(from), ".onnx")}.");
        }

        string[] named = parsed.GetValue(_tasks) ?? [];
        if (named.Distinct(StringComparer.Ordinal).Count() != named.Length)
        {
            throw new UsageException($"--tasks: expected each task once, got {string.Join(", ", named)}.");
        }

        CheckReplaces(parsed, to, card);
        TrainedModel model = _model.Open(parsed, out ImportedModel? imported);
        ModelOrigin? origin = ModelOrigin.Find(from);
        ModelExport export = model.ExportOnnx(to, new ExportOptions(parsed.GetValue(_logits), parsed.GetValue(_normalize), Crop(parsed.GetValue(_crop)), named.Length > 0 ? named : null)
        {
            Metrics = origin is null ? [] : [.. Metrics(origin)],
            Sources = origin is not null ? [.. Sources(origin)] : imported is not null ? [Beginning(imported.Weights.Source)] : [],
        });
        string[] inputs = [.. export.Graph.Inputs.Select(i => i.Name)], outputs = [.. export.Graph.Outputs.Select(o => o.Name)];
        if (parsed.GetValue(Json))
        {
            Context.Terminal.Show(new JsonObject
            {
                ["file"] = to,
                ["card"] = card,
                ["inputs"] = new JsonArray([.. inputs.Select(i => (JsonNode)i)]),
                ["outputs"] = new JsonArray([.. outputs.Select(o => (JsonNode)o)]),
                ["operators"] = export.Graph.Nodes.Count,
                ["parameters"] = model.Model.ParameterCount,
            });
        }
        else
        {
            Context.Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{to}: {string.Join(", ", inputs)} -> {string.Join(", ", outputs)}; {export.Graph.Nodes.Count} operators, {model.Model.ParameterCount:N0} parameters. Card: {card}"));
        }

        return ExitCode.Done;
    }

    private static Pair? Crop(string? size)
    {
        if (size is null)
        {
            return null;
        }

        string[] parts = size.Split('x');
        int[] numbers = [.. parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0)];
        return numbers.Length is 1 or 2 && numbers.All(n => n is > 0 and <= 1 << 16)
            ? new Pair(numbers[0], numbers[^1])
            : throw new UsageException($"--crop: expected a size such as 256 or 256x320, got '{size}'.");
    }

    private static IEnumerable<ExportedMetric> Metrics(ModelOrigin origin) =>
        from result in origin.Job.Results
        from metric in result.Test.Count > 0 ? result.Test : result.Validation
        select new ExportedMetric(result.Task, result.Test.Count > 0 ? "test" : "validation", metric.Key, metric.Value);

    private string Beginning(string weights) => Context.Hub.Find(weights) is { } entry
        ? $"Weights began from `{entry.Name}` of the hub: {entry.What} License: {entry.License}."
        : $"Weights began from `{Path.GetFileName(weights)}`, whose license is not known here.";

    private IEnumerable<string> Sources(ModelOrigin origin)
    {
        yield return $"Trained by the run `{origin.Run.Name}`, job `{origin.Job.Id}`{(origin.Run.Description.Length > 0 ? $": {origin.Run.Description.ReplaceLineEndings(" ")}" : ".")}";
        foreach (string weights in origin.Weights)
        {
            yield return Beginning(weights);
        }

        yield return origin.Weights.Count == 0
            ? "Weights began from random numbers. The license of the data is not known here."
            : "The license of the data is not known here.";
    }
}
