using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Graft.Experiments.Reports;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Tensors;
using Graft.Training;

namespace Graft.Experiments.Runner;

/// <summary>Runs an experiment: a run folder with models, comparison and report comes out.</summary>
public static class ExperimentRunner
{
    /// <summary>Runs an experiment in a new folder.</summary>
    /// <param name="file">The experiment.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="observer">Shows progress; null for nobody.</param>
    /// <param name="cancel">Ends it after a checkpoint.</param>
    /// <returns>The run's folder.</returns>
    /// <exception cref="GraftInputException">Data are missing, damaged or do not fit.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; it can be resumed.</exception>
    public static string Run(ExperimentFile file, RunOptions options, IRunObserver? observer = null, CancellationToken cancel = default)
    {
        var data = new DataPreparation(file.Spec, file.Folder, options.DataFolder, options.Home, options.RunsFrozenOnce);
        new StageTrials(file.Spec, data, observer).Run();
        using RunFolder folder = RunFolder.Create(options.OutDirectory, file.Name);
        folder.WriteExperiment(file.Resolved);
        folder.Write(EnvironmentOf(options, file.Folder));
        return new RunSession(file, data, folder, options, observer, resume: false).Run(cancel);
    }

    /// <summary>Goes on with a run that was interrupted; what is done is not done again, and the end is the same bit for bit.</summary>
    /// <param name="path">The run's folder.</param>
    /// <param name="options">How it is carried out.</param>
    /// <param name="observer">Shows progress; null for nobody.</param>
    /// <param name="cancel">Ends it after a checkpoint.</param>
    /// <returns>The run's folder.</returns>
    /// <exception cref="GraftInputException">The folder is in use, no run, or damaged, or the data are not those that the run began with.</exception>
    public static string Resume(string path, RunOptions options, IRunObserver? observer = null, CancellationToken cancel = default)
    {
        using RunFolder folder = RunFolder.OpenToWrite(path);
        EnvironmentRecord? environment = folder.ReadEnvironment();
        string home = environment?.Other.GetValueOrDefault("folder") ?? folder.DirectoryPath;
        ExperimentFile file = ExperimentFile.Parse(Path.Combine(home, folder.Name + ".yaml"), folder.ReadExperiment());
        string? dataFolder = options.DataFolder ?? environment?.Other.GetValueOrDefault("data");
        var data = new DataPreparation(file.Spec, home, dataFolder, options.Home, options.RunsFrozenOnce);
        data.CheckSame(folder.ReadData());
        return new RunSession(file, data, folder, options, observer, resume: true).Run(cancel);
    }

    private static EnvironmentRecord EnvironmentOf(RunOptions options, string home)
    {
        var other = new Dictionary<string, string> { ["folder"] = home, ["vectors"] = Engine.VectorWidth };
        if (options.DataFolder is not null)
        {
            other["data"] = options.DataFolder;
        }

        return new EnvironmentRecord
        {
            Graft = typeof(ExperimentRunner).Assembly.GetName().Version?.ToString(3) ?? "",
            Runtime = RuntimeInformation.FrameworkDescription,
            System = RuntimeInformation.OSDescription,
            Processor = RuntimeInformation.ProcessArchitecture.ToString(),
            Cores = Environment.ProcessorCount,
            Threads = options.Threads ?? Environment.ProcessorCount,
            Started = (options.Clock ?? TimeProvider.System).GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            Command = options.Command,
            Other = other,
        };
    }
}
