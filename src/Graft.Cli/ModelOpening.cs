using System.CommandLine;
using Graft.Experiments.Imports;
using Graft.Tasks;

namespace Graft.Cli;

/// <summary>Opens the model that a command is given: a model file of ours, or a network from elsewhere.</summary>
internal sealed class ModelOpening
{
    private readonly Option<string[]> _set = new("--set")
    {
        Description = "For networks from elsewhere: values that replace those of the description, or stand for one, such as inputs.order=bgr or task.labels=labels.txt.",
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>The argument that names the model.</summary>
    public Argument<string> Model { get; } = new("model")
    {
        Description = "A model file, such as runs/quickstart/models/new-full-s1.graft; or the description (.yaml) of a network from elsewhere, or its own file (.onnx, .tflite, .h5, .keras, .json).",
    };

    /// <summary>Adds argument and option to a command.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(Model);
        command.Options.Add(_set);
    }

    /// <summary>Opens it.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="imported">The network from elsewhere, or null.</param>
    /// <exception cref="GraftInputException">It cannot be read.</exception>
    public TrainedModel Open(ParseResult parsed, out ImportedModel? imported)
    {
        string path = parsed.GetRequiredValue(Model);
        string[] values = parsed.GetValue(_set) ?? [];
        imported = ImportedModel.IsFor(path) ? ImportedModel.Open(path, values, Environment.GetEnvironmentVariable("GRAFT_DATA"), home: HomeFolder.OfProcess()) : null;
        return imported is null && values.Length > 0
            ? throw new UsageException("--set is for networks from elsewhere: a model file has all it needs.")
            : imported?.Model ?? TrainedModel.Open(path);
    }
}
