using System.Text.Json;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Runs;
using Graft.Models;
using Graft.MultiTask;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tensors.Threading;
using Graft.Training;

namespace Graft.Experiments.Runner;

/// <summary>Makes ready on another core what a run needs soon, while its file and its data are being read.</summary>
/// <remarks>
/// .NET compiles a method when it is first called, which is most of the time before the first step of a small experiment. So the catalogue is made, a small
/// network takes one step on blank pictures, and records are written to nowhere. No result depends on it, not in one bit.
/// </remarks>
public static class WarmUp
{
    private const int Side = 28, Rows = 16, Classes = 10;

    /// <summary>Begins, and returns at once; does nothing where there is one core.</summary>
    public static void Begin()
    {
        if (Environment.ProcessorCount > 1)
        {
            _ = Task.Run(Run);
        }
    }

    /// <summary>Does it on this thread.</summary>
    internal static void Run()
    {
        _ = PartCatalogue.Default;
        using var alone = new SoloThread(true);
        Train();
        Record();
    }

    private static void Train()
    {
        var task = new TaskSpec { Name = "blank", Kind = Graft.Tasks.TaskKind.MultiClass, Outputs = Classes };
        var shape = new InputShape(InputKind.Picture, [Side, Side, 1]);
        var rows = new LabeledRows("blank", shape, new float[Rows * shape.Length], [TargetValues.OfClasses(new int[Rows])]);
        var model = new TaskModel(new Cnn([16, 32], 64), shape, [task]);
        model.Initialize(1);
        var step = new JointStep(model, [new TaskStream(new Loader(rows, Rows, 1), [0])], new ModelUpdate(model, new Adam()));
        _ = new Trainer(new TrainingPlan { Steps = 1 }).Fit(step);
    }

    private static void Record()
    {
        _ = JsonSerializer.SerializeToUtf8Bytes(new RunRecord { Name = "blank" }, RunJson.Default.RunRecord);
        _ = JsonSerializer.SerializeToUtf8Bytes(new EnvironmentRecord { Graft = "" }, RunJson.Default.EnvironmentRecord);
        _ = JsonSerializer.SerializeToUtf8Bytes(new RunEvent { Event = "started", Job = "blank" }, RunJson.Default.RunEvent);
    }
}
