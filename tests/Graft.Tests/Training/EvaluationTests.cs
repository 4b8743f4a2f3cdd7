using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Models;
using Graft.Tasks;
using Graft.Tasks.Metrics;
using Graft.Tests.Data.Loading;
using Graft.Training;

namespace Graft.Tests.Training;

public sealed class EvaluationTests
{
    private const int Count = 10;

    private static readonly float NaN = float.NaN;

    // The inputs of Rows.Table, scaled down: r / 10, r / 10 + 0.025, r / 10 + 0.05.
    private static readonly float[] Inputs = [.. Enumerable.Range(0, Count).SelectMany(r => new[] { r / 10f, (r + 0.25f) / 10, (r + 0.5f) / 10 })];

    private static readonly int[] Classes = [0, 1, 2, -1, 0, 1, 2, 0, -1, 1];

    private static readonly float[] Flags = [0, 1, NaN, 1, 0, NaN, NaN, NaN, NaN, 1];

    // In the unit of training; metrics are in that of the truths, 10 x + 5.
    private static readonly float[] Numbers = [0.1f, NaN, 0.3f, 0.4f, NaN, NaN, 0.7f, 0.8f, 0.9f, 1];

    private static readonly TargetEncoder ClassEncoder = new(TaskKind.MultiClass, ["c"], ["x", "y", "z"]);

    private static readonly TargetEncoder FlagEncoder = new(TaskKind.Binary, ["f"], ["no", "yes"]);

    private static readonly TargetEncoder NumberEncoder = new(TaskKind.Regression, ["n"], ["n"], [new NumberScaler(NumberScaling.Standard, 5, 10, 0)]);

    private static TaskModel Model()
    {
        var model = new TaskModel(new LinearModel(), new InputShape(InputKind.Table, [3]),
            [TaskSpec.From("class", ClassEncoder) with { ClassWeights = [1, 2, 3] }, TaskSpec.From("flag", FlagEncoder), TaskSpec.From("number", NumberEncoder)]);
        model.Initialize(3);
        return model;
    }

    private static LabeledRows Labeled() => new("t", new InputShape(InputKind.Table, [3]), Inputs,
        [TargetValues.OfClasses(Classes), TargetValues.OfNumbers(Flags), TargetValues.OfNumbers(Numbers)]);

    private static EvaluatedRows Part(LabeledRows rows) => new(rows,
        [new(0, ClassEncoder, [new Accuracy()]), new(1, FlagEncoder, [new LogLoss(), new RocAuc()]), new(2, NumberEncoder, [new MeanAbsoluteError()])]);

    // The heads' outputs in plain double precision; the trunk of a linear model gives its input.
    private static double[] Outputs(TaskModel model, int task, int row)
    {
        float[] w = model.HeadOf(task).Weight!.Value.ToArray(), b = model.HeadOf(task).Bias!.Value.ToArray();
        return [.. b.Select((bias, o) => bias + Enumerable.Range(0, 3).Sum(i => (double)w[(o * 3) + i] * Inputs[(row * 3) + i]))];
    }

    [Theory, InlineData(256), InlineData(4), InlineData(1)]
    public void Losses_metrics_and_predictions_are_those_of_all_labeled_rows_whatever_the_batch(int batchSize)
    {
        TaskModel model = Model();

        IReadOnlyList<TaskEvaluation> results = new Evaluation(model, [Part(Labeled())], batchSize).Measure();

        double classLoss = 0, weights = 0, flagLoss = 0, squares = 0, absolute = 0;
        int right = 0;
        for (int r = 0; r < Count; r++)
        {
            double[] z = Outputs(model, 0, r);
            double[] e = [.. z.Select(Math.Exp)];
            if (Classes[r] >= 0)
            {
                classLoss -= (Classes[r] + 1) * Math.Log(e[Classes[r]] / e.Sum());
                weights += Classes[r] + 1;
                right += Array.IndexOf(z, z.Max()) == Classes[r] ? 1 : 0;
                Assert.Equal(e[1] / e.Sum(), results[0].Predictions[(3 * r) + 1], 1e-6);
            }

            double p = 1 / (1 + Math.Exp(-Outputs(model, 1, r)[0]));
            flagLoss -= float.IsNaN(Flags[r]) ? 0 : Math.Log(Flags[r] == 1 ? p : 1 - p);
            Assert.Equal(float.IsNaN(Flags[r]) ? double.NaN : p, results[1].Predictions[r], 1e-6);

            double distance = float.IsNaN(Numbers[r]) ? 0 : Outputs(model, 2, r)[0] - Numbers[r];
            squares += distance * distance;
            absolute += 10 * Math.Abs(distance);
            Assert.Equal(float.IsNaN(Numbers[r]) ? double.NaN : (10 * Outputs(model, 2, r)[0]) + 5, results[2].Predictions[r], 1e-4);
        }

        Assert.Equal(["class", "flag", "number"], results.Select(r => r.Scores.Task));
        Assert.Equal(classLoss / weights, results[0].Scores.Loss, 1e-5);
        Assert.Equal(right / 8.0, results[0].Scores.Metrics["accuracy"], 1e-9);
        Assert.Equal(flagLoss / 5, results[1].Scores.Loss, 1e-5);
        Assert.Equal(flagLoss / 5, results[1].Scores.Metrics["log-loss"], 1e-5);
        Assert.Equal(squares / 7, results[2].Scores.Loss, 1e-5);
        Assert.Equal(absolute / 7, results[2].Scores.Metrics["mae"], 1e-4);
    }

    [Fact]
    public void Prediction_covers_every_row_and_gives_the_same_numbers()
    {
        TaskModel model = Model();
        var unlabeled = new LabeledRows("t", new InputShape(InputKind.Table, [3]), Inputs, []);

        IReadOnlyList<float[]> predictions = Evaluation.Predict(model, unlabeled, [(0, ClassEncoder), (1, FlagEncoder), (2, NumberEncoder)], batchSize: 4);
        IReadOnlyList<TaskEvaluation> measured = new Evaluation(model, [Part(Labeled())]).Measure();

        for (int task = 0; task < 3; task++)
        {
            Assert.DoesNotContain(predictions[task], float.IsNaN);
            for (int i = 0; i < predictions[task].Length; i++)
            {
                Assert.True(float.IsNaN(measured[task].Predictions[i]) || Math.Abs(measured[task].Predictions[i] - predictions[task][i]) < 1e-5);
            }
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void The_model_is_left_as_it_was_and_the_same_comes_out_again(bool training)
    {
        TaskModel model = Model();
        model.Train(training);
        var evaluation = new Evaluation(model, [Part(Labeled())], batchSize: 3);

        IReadOnlyList<TaskScores> first = evaluation.Run();

        Assert.Equal(first.SelectMany(s => s.Metrics.Values.Append(s.Loss)), evaluation.Run().SelectMany(s => s.Metrics.Values.Append(s.Loss)));
        Assert.Equal(training, model.IsTraining);
        Assert.Null(model.Trunk.Parameters().FirstOrDefault()?.Grad);
    }

    [Fact]
    public void Tasks_with_data_sets_of_their_own_are_measured_one_after_the_other()
    {
        TaskModel model = Model();
        LabeledRows Own(TargetValues target) => new("t", new InputShape(InputKind.Table, [3]), Inputs, [target]);
        var evaluation = new Evaluation(model,
            [new(Own(TargetValues.OfNumbers(Numbers)), [new(2, NumberEncoder, [])]), new(Own(TargetValues.OfClasses(new int[Count])), [new(0, ClassEncoder, [])])]);

        Assert.Equal(["number", "class"], evaluation.Run().Select(s => s.Task));
    }

    [Fact]
    public void A_task_without_any_truth_has_no_numbers()
    {
        var rows = new LabeledRows("t", new InputShape(InputKind.Table, [3]), Inputs, [TargetValues.OfNumbers([.. Enumerable.Repeat(NaN, Count)])]);

        TaskScores scores = new Evaluation(Model(), [new(rows, [new(1, FlagEncoder, [new LogLoss()])])]).Run()[0];

        Assert.True(double.IsNaN(scores.Loss));
        Assert.True(double.IsNaN(scores.Metrics["log-loss"]));
    }

    [Fact]
    public void Rows_that_are_encoded_ahead_give_the_same_batches()
    {
        foreach (long cache in new long[] { 0, 1 << 20 })
        {
            var batches = new SequentialBatches(Rows.Pictures(7, cache), 3);
            for (int turn = 0; turn < 2; turn++)
            {
                var seen = new List<float>();
                while (batches.Next() is { } batch)
                {
                    Assert.Equal(batch.Rows.Length, batch.Input.Shape[0]);
                    seen.AddRange(batch.Input.ToArray().Where((_, i) => i % 6 == 0));
                }

                Assert.Equal([0, 1, 2, 3, 4, 5, 6], seen);
                batches.Restart();
                batches.Next();
                batches.Restart();
            }
        }
    }
}
