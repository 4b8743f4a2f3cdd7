using System.Globalization;
using System.Text;
using Graft.Models.Graphs;

namespace Graft.Tasks.Export;

/// <summary>The card of an exported model: what it is, what goes in, what comes out and how to run it, in Markdown.</summary>
internal sealed class ModelCard(ModelExport export, string file)
{
    private const int MostNames = 20;

    private readonly StringBuilder _text = new();

    public string Write()
    {
        TaskModel model = export.Model.Model;
        Line($"# {export.Options.Name ?? Path.GetFileNameWithoutExtension(file)}");
        Line();
        Line($"`{file}`: {Tasks()} by {(model.Sharing is null ? "" : $"{model.Sharing} around ")}{model.Sharing?.MakeTrunk() ?? model.Trunk}, {model.ParameterCount.ToString("N0", CultureInfo.InvariantCulture)} parameters. ONNX, operators of version 17; any number of rows at once.");
        Outputs();
        Inputs();
        Results();
        Section("How to run it");
        Python();
        JavaScript();
        CSharp();
        Sources();
        return _text.ToString();
    }

    private string Tasks() => export.Tasks.Count == 1 ? $"one task, {export.Model.Model.Tasks[export.Tasks[0]].Name}," : FormattableString.Invariant($"{export.Tasks.Count} tasks");

    private void Outputs()
    {
        Section("What comes out");
        Line("| output | what | shape | of |");
        Line("|---|---|---|---|");
        foreach ((int task, GraphValue value) in export.Tasks.Zip(export.Graph.Outputs))
        {
            TaskSpec spec = export.Model.Model.Tasks[task];
            string names = string.Join(", ", spec.Classes.Take(MostNames).Select(Listed)) + (spec.Classes.Count > MostNames ? FormattableString.Invariant($", ... ({spec.Classes.Count})") : "");
            string what = ModelExport.ValuesOf(spec, export.Options) + spec.Kind switch
            {
                TaskKind.Binary => $" of {Cell(spec.Classes.Count > 1 ? spec.Classes[1] : "yes")}",
                TaskKind.MultiClass => " of each class",
                TaskKind.MultiLabel => " of each label",
                _ => "",
            };
            Line($"| `{Cell(value.Name)}` | {what} | {Sizes(value)} | {names} |");
        }
    }

    private void Inputs()
    {
        Section("What goes in");
        Line("| input | type | shape | what |");
        Line("|---|---|---|---|");
        for (int i = 0; i < export.Graph.Inputs.Count; i++)
        {
            GraphValue value = export.Graph.Inputs[i];
            Line($"| `{value.Name}` | {(value.IsInteger ? "int64" : "float32")} | {Sizes(value)} | {(i == 0 ? Cell(export.Input.What) : "how many steps of each row count")} |");
        }

        Line();
        Line("The metadata of the file holds the same for programs, as JSON: `inputs` and `tasks` with every name in order, `encoders` with what was learned on training rows"
            + (export.Graph.Metadata.ContainsKey("labels") ? ", and `labels`." : "."));
        if (export.Input.Description["mean"] is { } mean)
        {
            Line();
            Line($"Pixels: {(export.Options.Normalize ? "the graph scales them" : "scale them")} by channel, (p / 255 - mean) / deviation, with mean {mean.ToJsonString()} and deviation {export.Input.Description["deviation"]!.ToJsonString()}. "
                + (export.Input.Description["keeps"]!.GetValue<double>() is > 0 and var share
                    ? FormattableString.Invariant($"In training pictures were scaled in proportion and their middle was taken: {share:0.###} of the side that is cut least.")
                    : "In training pictures of other sizes were scaled, their sides stretched."));
        }
    }

    private void Results()
    {
        Section("How well it does");
        if (export.Options.Metrics.Count == 0)
        {
            Line("Not known here.");
            return;
        }

        Line("| task | rows | metric | value |");
        Line("|---|---|---|---|");
        foreach (ExportedMetric metric in export.Options.Metrics)
        {
            Line($"| {Cell(metric.Task)} | {Cell(metric.Split)} | {Cell(metric.Metric)} | {metric.Value.ToString("G5", CultureInfo.InvariantCulture)} |");
        }
    }

    private void Python()
    {
        Code("Python: `pip install onnxruntime`", "python",
            "import numpy as np, onnxruntime as ort",
            $"session = ort.InferenceSession(\"{file}\")",
            $"feeds = {{{string.Join(", ", export.Graph.Inputs.Select(i => $"\"{i.Name}\": np.{(i.IsInteger ? i.Name == "lengths" ? "ones" : "zeros" : "zeros")}(({One(i)}), np.{(i.IsInteger ? "int64" : "float32")})"))}}}",
            "for output, values in zip(session.get_outputs(), session.run(None, feeds)):",
            "    print(output.name, values[0])");
    }

    private void JavaScript()
    {
        string Data(GraphValue i) => i.IsInteger ? $"new BigInt64Array({Count(i)}).fill({(i.Name == "lengths" ? 1 : 0)}n)" : $"new Float32Array({Count(i)})";
        Code("Node: `npm install onnxruntime-node`", "js",
            "import ort from 'onnxruntime-node';",
            $"const session = await ort.InferenceSession.create('{file}');",
            $"const feeds = {{ {string.Join(", ", export.Graph.Inputs.Select(i => $"'{i.Name}': new ort.Tensor('{(i.IsInteger ? "int64" : "float32")}', {Data(i)}, [{One(i).TrimEnd(',')}])"))} }};",
            "const outputs = await session.run(feeds);",
            "for (const name of session.outputNames) console.log(name, outputs[name].data);");
    }

    private void CSharp()
    {
        string Data(GraphValue i) => i.IsInteger
            ? $"DenseTensor<long>(Enumerable.Repeat({(i.Name == "lengths" ? 1 : 0)}L, {Count(i)}).ToArray(), [{One(i).TrimEnd(',')}])"
            : $"DenseTensor<float>([{One(i).TrimEnd(',')}])";
        Code("C#: `dotnet add package Microsoft.ML.OnnxRuntime`", "csharp",
        [
            "using Microsoft.ML.OnnxRuntime;",
            "using Microsoft.ML.OnnxRuntime.Tensors;",
            $"using var session = new InferenceSession(\"{file}\");",
            "NamedOnnxValue[] feeds =",
            "[",
            .. export.Graph.Inputs.Select(i => $"    NamedOnnxValue.CreateFromTensor(\"{i.Name}\", new {Data(i)}),"),
            "];",
            "foreach (DisposableNamedOnnxValue output in session.Run(feeds))",
            "{",
            "    Console.WriteLine($\"{output.Name}: {string.Join(\", \", output.AsEnumerable<float>())}\");",
            "}",
        ]);
    }

    private void Sources()
    {
        Section("Where it comes from");
        Line("Written by Graft.");
        foreach (string source in export.Options.Sources.DefaultIfEmpty("Source and license of data and weights are not known here."))
        {
            Line();
            Line(source);
        }
    }

    private static string One(GraphValue value) => string.Join(", ", value.Sizes!.Select(s => Math.Max(1, s).ToString(CultureInfo.InvariantCulture))) + (value.Sizes!.Count == 1 ? "," : "");

    private static string Count(GraphValue value) => value.Sizes!.Aggregate(1L, (n, s) => n * Math.Max(1, s)).ToString(CultureInfo.InvariantCulture);

    private static string Sizes(GraphValue value) => $"[{string.Join(", ", value.Sizes!.Select((s, axis) => s >= 0 ? s.ToString(CultureInfo.InvariantCulture) : axis == 0 ? "batch" : "steps"))}]";

    // A name with a comma in it would look like two.
    private static string Listed(string name) => name.Contains(',', StringComparison.Ordinal) ? $"\"{Cell(name)}\"" : Cell(name);

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);

    private void Section(string title)
    {
        if (!_text.ToString().EndsWith("\n\n", StringComparison.Ordinal))
        {
            Line();
        }

        Line($"## {title}");
        Line();
    }

    private void Code(string title, string language, params string[] lines)
    {
        Line(title);
        Line();
        Line("```" + language);
        foreach (string line in lines)
        {
            Line(line);
        }

        Line("```");
        Line();
    }

    private void Line(string text = "") => _text.Append(text).Append('\n');
}
