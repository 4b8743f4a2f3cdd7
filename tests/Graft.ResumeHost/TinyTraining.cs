using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Data.Transforms;
using Graft.MultiTask;
using Graft.Nn.Optimizers;
using Graft.Nn.Schedules;
using Graft.Tasks;
using Graft.Tasks.Metrics;
using Graft.Tensors.Random;
using Graft.Training;

namespace Graft.ResumeHost;

/// <summary>A small training with everything that could go wrong at a resume: pictures that are changed in the background, dropout, momentum, a schedule
/// that listens to validation, and early stopping.</summary>
public sealed class TinyTraining
{
    private const int Side = 8, Classes = 4;

    private static readonly TargetEncoder Target = new(TaskKind.MultiClass, ["label"], ["top", "bottom", "left", "right"]);

    public TinyTraining(ulong seed = 1, Action<int>? updated = null, int classes = Classes)
    {
        TargetEncoder target = classes == Classes ? Target : new TargetEncoder(TaskKind.MultiClass, ["label"], [.. Enumerable.Range(0, classes).Select(c => $"{c}")]);
        LabeledRows train = Pictures(50, seed);
        Model = new TaskModel(new TinyNet(), train.Shape, [TaskSpec.From("bar", target)]);
        Model.Initialize(seed);
        var stream = new TaskStream(new Loader(train, 8, seed, augmentation: new Speckles()), [0]);
        Step = new WatchedStep(new JointStep(Model, [stream], new ModelUpdate(Model, new Adam(0.003f), clipNorm: 1)), updated);
        Validation = new Evaluation(Model, [new EvaluatedRows(Pictures(40, seed + 100), [new EvaluatedTask(0, target, [new Accuracy()])])], batchSize: 16);
    }

    public TaskModel Model { get; }

    public TrainingStep Step { get; }

    public Evaluation Validation { get; }

    public static TrainingPlan Plan => new()
    {
        Epochs = 20,
        CheckpointEvery = 5,
        TellEvery = 1,
        Schedule = new ReduceOnPlateauSchedule(factor: 0.5, patience: 1),
        EarlyStopping = new EarlyStopping(new Accuracy(), patience: 6),
    };

    /// <summary>Bars: a bright row or column in a class of its own, on noise.</summary>
    public static LabeledRows Pictures(int count, ulong seed)
    {
        int[] labels = [.. Enumerable.Range(0, count).Select(r => r % Classes)];
        Picture Read(int row)
        {
            RandomStream random = RandomStream.For(seed, "pictures", (ulong)row);
            var pixels = new byte[Side * Side];
            for (int i = 0; i < pixels.Length; i++)
            {
                bool bright = (labels[row] < 2 ? i / Side : i % Side) == 2 + (3 * (labels[row] % 2));
                pixels[i] = (byte)(random.NextInt(190) + (bright ? 65 : 0));
            }

            return new Picture(Side, Side, 1, pixels);
        }

        var rows = new Dataset("bars", [new PictureColumn("picture", count, Read)]);
        return new LabeledRows(rows, InputEncoder.Fit(rows, new InputOptions()), [TargetValues.OfClasses(labels)], cacheBytes: 0);
    }

    // Draws a different number of times for every picture.
    private sealed class Speckles : PictureTransform
    {
        public override bool IsRandom => true;

        public override Picture Apply(Picture picture, ref RandomStream random)
        {
            byte[] pixels = [.. picture.Pixels];
            int speckles = random.NextInt(8);
            for (int i = 0; i < speckles; i++)
            {
                pixels[random.NextInt(pixels.Length)] = (byte)random.NextInt(256);
            }

            return picture with { Pixels = pixels };
        }
    }
}
