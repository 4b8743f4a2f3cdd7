using System.Globalization;
using System.Text;

namespace Graft.Experiments.Runs;

/// <summary>The folder of one run: everything that people look at is read from it, so that it can be copied and opened elsewhere.</summary>
/// <remarks>
/// run.json, experiment.yaml, environment.json, data.json, events.jsonl, comparison.json, report.html;
/// jobs/&lt;job&gt;/ with events.jsonl, checkpoint.bin, result.json; models/. Each file is replaced whole or not at all; event logs only grow.
/// </remarks>
public sealed class RunFolder : IDisposable
{
    internal const int MaxJobs = 100_000;

    private readonly RunLock? _lock;

    private RunFolder(string directory, RunLock? held)
    {
        DirectoryPath = directory;
        Name = Path.GetFileName(directory);
        _lock = held;
    }

    /// <summary>Where the folder is, as a full path.</summary>
    public string DirectoryPath { get; }

    /// <summary>The folder's own name, which is the run's.</summary>
    public string Name { get; }

    /// <summary>Whether this object may write: it made the folder or opened it to continue.</summary>
    public bool IsWritable => _lock is not null;

    /// <summary>What was planned, and how it ended: run.json.</summary>
    public string RunFile => At("run.json");

    /// <summary>The experiment with every default filled in: experiment.yaml.</summary>
    public string ExperimentFile => At("experiment.yaml");

    /// <summary>Where and with what it ran: environment.json.</summary>
    public string EnvironmentFile => At("environment.json");

    /// <summary>What the data look like: data.json.</summary>
    public string DataFile => At("data.json");

    /// <summary>The events of all jobs in the order of the plan: events.jsonl.</summary>
    public string EventsFile => At("events.jsonl");

    /// <summary>The arms against each other: comparison.json.</summary>
    public string ComparisonFile => At("comparison.json");

    /// <summary>What people read: report.html.</summary>
    public string ReportFile => At("report.html");

    /// <summary>Where model files go: models/.</summary>
    public string ModelsDirectory => At("models");

    /// <summary>Makes the folder of a new run. Where the name is taken the run gets a number: "name-2", "name-3".</summary>
    /// <param name="outDirectory">Holds the folders of runs; made where it does not exist.</param>
    /// <param name="name">The run's name: one file name, at most 100 characters.</param>
    /// <exception cref="GraftInputException">The name cannot be a folder, or the folder cannot be made.</exception>
    public static RunFolder Create(string outDirectory, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(outDirectory);
        if (!IsJobName(name))
        {
            throw new GraftInputException("", $"run name: expected letters, digits, spaces, dots, hyphens or underscores, at most 100, got '{name}'.");
        }

        for (int number = 1; ; number++)
        {
            string taken = number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
            string path = Path.GetFullPath(Path.Combine(outDirectory, taken));
            if (TryMake(path) is { } held)
            {
                return new RunFolder(path, held);
            }
        }
    }

    /// <summary>Opens a run to read it, also while it is running.</summary>
    /// <param name="path">The folder, or a file in it.</param>
    /// <exception cref="GraftInputException">There is no run folder.</exception>
    public static RunFolder Open(string path) => new(Find(path), null);

    /// <summary>Opens a run to continue it.</summary>
    /// <param name="path">The folder, or a file in it.</param>
    /// <exception cref="GraftInputException">There is no run folder, or another process is writing it.</exception>
    public static RunFolder OpenToWrite(string path)
    {
        string directory = Find(path);
        return new RunFolder(directory, RunLock.Take(directory));
    }

    /// <summary>The folder of a job; made where this object may write.</summary>
    /// <param name="job">The job's name: small letters, digits, dots, hyphens, underscores.</param>
    /// <exception cref="ArgumentException">The name cannot be a folder.</exception>
    public string JobDirectory(string job)
    {
        if (!IsJobName(job))
        {
            throw new ArgumentException($"job: expected letters, digits, dots, hyphens or underscores, at most 100, got '{job}'.", nameof(job));
        }

        string path = Path.Combine(At("jobs"), job);
        return IsWritable ? Directory.CreateDirectory(path).FullName : path;
    }

    /// <summary>The event log of a job.</summary>
    /// <param name="job">The job's name.</param>
    public string JobEventsFile(string job) => Path.Combine(JobDirectory(job), "events.jsonl");

    /// <summary>The checkpoint of a job, or of one of its trainings.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="training">What the training is called; null where the job is one.</param>
    public string CheckpointFile(string job, string? training = null) => Path.Combine(JobDirectory(job), training is null ? "checkpoint.bin" : $"checkpoint-{training}.bin");

    /// <summary>Removes all checkpoints of a job.</summary>
    /// <param name="job">The job's name.</param>
    public void DeleteCheckpoints(string job)
    {
        foreach (string file in Directory.GetFiles(JobDirectory(job), "checkpoint*.bin*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>The result of a job.</summary>
    /// <param name="job">The job's name.</param>
    public string ResultFile(string job) => Path.Combine(JobDirectory(job), "result.json");

    /// <summary>Writes run.json.</summary>
    /// <param name="run">What was planned, and how it stands.</param>
    public void Write(RunRecord run) => RunJson.Write(Writable(RunFile), run, RunJson.Default.RunRecord);

    /// <summary>Writes environment.json.</summary>
    /// <param name="environment">Where and with what it runs.</param>
    public void Write(EnvironmentRecord environment) =>
        RunJson.Write(Writable(EnvironmentFile), environment, RunJson.Default.EnvironmentRecord);

    /// <summary>Writes data.json.</summary>
    /// <param name="data">What the data look like.</param>
    public void Write(DataRecord data) => RunJson.Write(Writable(DataFile), data, RunJson.Default.DataRecord);

    /// <summary>Writes comparison.json.</summary>
    /// <param name="comparison">The arms against each other.</param>
    public void Write(ComparisonRecord comparison) =>
        RunJson.Write(Writable(ComparisonFile), comparison, RunJson.Default.ComparisonRecord);

    /// <summary>Writes the result of a job.</summary>
    /// <param name="job">What came out of it.</param>
    public void Write(JobRecord job) => RunJson.Write(Writable(ResultFile(job.Id)), job, RunJson.Default.JobRecord);

    /// <summary>Writes experiment.yaml.</summary>
    /// <param name="yaml">The experiment with every default filled in.</param>
    public void WriteExperiment(string yaml) => AtomicFile.Write(Writable(ExperimentFile), Encoding.UTF8.GetBytes(yaml));

    /// <summary>Opens the event log of a job to append to it.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="keep">Bytes to keep, as the checkpoint remembers them; 0 begins anew.</param>
    public EventLog OpenEvents(string job, long keep = 0) => EventLog.Open(Writable(JobEventsFile(job)), keep);

    /// <summary>Writes events.jsonl: the logs of all jobs one after the other, whatever order they ran in.</summary>
    /// <param name="jobs">The jobs in the order of the plan; those without a log are passed over.</param>
    public void JoinEvents(IEnumerable<string> jobs) => AtomicFile.Write(Writable(EventsFile), joined =>
    {
        foreach (string log in jobs.Select(JobEventsFile).Where(File.Exists))
        {
            using var part = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            part.CopyTo(joined);
        }
    });

    /// <summary>Reads run.json.</summary>
    /// <exception cref="GraftInputException">It is absent or broken.</exception>
    public RunRecord ReadRun() => RunJson.Read(RunFile, RunJson.Default.RunRecord);

    /// <summary>Reads environment.json, or null where it is not written yet.</summary>
    /// <exception cref="GraftInputException">It is broken.</exception>
    public EnvironmentRecord? ReadEnvironment() =>
        File.Exists(EnvironmentFile) ? RunJson.Read(EnvironmentFile, RunJson.Default.EnvironmentRecord) : null;

    /// <summary>Reads data.json, or null where it is not written yet.</summary>
    /// <exception cref="GraftInputException">It is broken.</exception>
    public DataRecord? ReadData() => File.Exists(DataFile) ? RunJson.Read(DataFile, RunJson.Default.DataRecord) : null;

    /// <summary>Reads comparison.json, or null where it is not written yet.</summary>
    /// <exception cref="GraftInputException">It is broken.</exception>
    public ComparisonRecord? ReadComparison() =>
        File.Exists(ComparisonFile) ? RunJson.Read(ComparisonFile, RunJson.Default.ComparisonRecord) : null;

    /// <summary>Reads experiment.yaml; empty where it is not written yet.</summary>
    public string ReadExperiment() => File.Exists(ExperimentFile) ? File.ReadAllText(ExperimentFile) : "";

    /// <summary>Reads the result of a job, or null where it has none yet.</summary>
    /// <param name="job">The job's name.</param>
    /// <exception cref="GraftInputException">It is broken.</exception>
    public JobRecord? ReadJob(string job)
    {
        string path = ResultFile(job);
        if (!File.Exists(path))
        {
            return null;
        }

        JobRecord record = RunJson.Read(path, RunJson.Default.JobRecord);
        return record.Id == job ? record : throw new GraftInputException(path, $"expected the result of '{job}', got that of '{record.Id}'.");
    }

    /// <summary>Reads the results of all jobs that have one, in the order of the plan.</summary>
    /// <param name="run">The plan.</param>
    /// <exception cref="GraftInputException">One is broken, or the plan names what cannot be a job.</exception>
    public IReadOnlyList<JobRecord> ReadJobs(RunRecord run)
    {
        if (run.Jobs.Count > MaxJobs)
        {
            throw new GraftInputException(RunFile, $"expected at most {MaxJobs} jobs, got {run.Jobs.Count}.");
        }

        if (run.Jobs.FirstOrDefault(j => !IsJobName(j.Id)) is { } strange)
        {
            throw new GraftInputException(RunFile, $"expected jobs named by letters, digits, dots, hyphens and underscores, got '{strange.Id}'.");
        }

        return [.. run.Jobs.Select(j => ReadJob(j.Id)).OfType<JobRecord>()];
    }

    /// <summary>Reads the events of a job, also of one that is running or was cut off.</summary>
    /// <param name="job">The job's name.</param>
    /// <exception cref="GraftInputException">A line is not an event.</exception>
    public IEnumerable<RunEvent> ReadEvents(string job) => EventLog.Read(JobEventsFile(job));

    /// <summary>Lets other processes write the folder.</summary>
    public void Dispose() => _lock?.Dispose();

    private static RunLock? TryMake(string path)
    {
        if (Path.Exists(path))
        {
            return null;
        }

        try
        {
            return RunLock.TryTakeNew(Directory.CreateDirectory(path).FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraftInputException(path, $"the run folder cannot be made. {e.Message}", inner: e);
        }
    }

    private static string Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string directory = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!Directory.Exists(directory))
        {
            throw new GraftInputException(path, "expected a run folder, got nothing there.");
        }

        return File.Exists(Path.Combine(directory, "run.json"))
            ? directory
            : throw new GraftInputException(path, "expected a run folder, got a folder without run.json.");
    }

    /// <summary>Whether a name can be a folder everywhere.</summary>
    internal static bool IsJobName(string name) =>
        name.Length is > 0 and <= 100
        && name[0] != '.'
        && name.All(c => char.IsLetterOrDigit(c) || c is ' ' or '.' or '-' or '_')
        && name[^1] is not ' ' and not '.';

    private string At(string file) => Path.Combine(DirectoryPath, file);

    private string Writable(string path) => IsWritable
        ? path
        : throw new InvalidOperationException($"RunFolder: expected a folder opened to write, got '{Name}' opened to read. Use OpenToWrite.");
}
