using Graft.Data.Loading;
using Graft.Models;
using Graft.MultiTask;
using Graft.Nn.Optimizers;
using Graft.ResumeHost;
using Graft.Tasks;
using Graft.Tasks.Metrics;
using Graft.Tests.Data.Loading;
using Graft.Training;
using Graft.Training.Checkpoints;

namespace Graft.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-").FullName;

    private CheckpointSlot Slot => new(Path.Combine(_folder, "c.bin"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static byte[] Bits(TinyTraining training)
    {
        var state = new State();
        state.Set("model", training.Model);
        var stream = new MemoryStream();
        CheckpointFile.Write(stream, state);
        return stream.ToArray();
    }

    [Fact]
    public void What_happens_is_told_in_order_with_the_mean_of_each_epoch()
    {
        var step = new ScriptedStep(perEpoch: 2, objectives: [4, 2, 1, 3, 5]);
        var validation = new ScriptedValidation(step, [0.5, 0.4, 0.3]);
        var told = new Recorder();

        TrainingResult result = new Trainer(new TrainingPlan { Steps = 5, TellEvery = 2 }).Fit(step, validation, [told]);

        Assert.Equal(
            [
                "Started 5 2", "StepDone 1 2 2", "EpochDone 1 2 3 a=3 b=NaN", "Evaluated 1 2 0.5", "StepDone 2 4 3", "EpochDone 2 4 2 a=2 b=NaN",
                "Evaluated 2 4 0.4", "EpochDone 3 5 5 a=5 b=NaN", "Evaluated 3 5 0.3", "Stopped Finished 3 5 ",
            ],
            told.Lines);
        Assert.Equal((5, 3, StopReason.Finished, 5, 3), (result.Steps, result.Epochs, result.Reason, result.BestStep, result.BestEpoch));
        Assert.Equal(6, result.History.Count);
        Assert.False(step.Model.IsTraining);
    }

    [Fact]
    public void Early_stopping_ends_after_its_patience_and_restores_the_best_weights()
    {
        var step = new ScriptedStep(perEpoch: 1);
        var validation = new ScriptedValidation(step, [0.5, 0.3, 0.295, 0.4, 0.1]);

        TrainingResult result = new Trainer(new TrainingPlan { Epochs = 10, EarlyStopping = new EarlyStopping(patience: 2, minDelta: 0.01) }).Fit(step, validation);

        Assert.Equal((4, StopReason.EarlyStopped, 2, 2), (result.Steps, result.Reason, result.BestStep, result.BestEpoch));
        Assert.Equal(2, step.Weight);
    }

    [Fact]
    public void Without_patience_all_steps_are_made_and_the_best_weights_restored()
    {
        var step = new ScriptedStep(perEpoch: 1);
        var validation = new ScriptedValidation(step, [0.5, double.NaN, 0.9, 0.7]);
        var told = new Recorder();

        TrainingResult result = new Trainer(new TrainingPlan { Epochs = 4, EarlyStopping = new EarlyStopping(new Accuracy(), patience: null) }).Fit(step, validation, [told]);

        Assert.Equal((4, StopReason.Finished, 3), (result.Steps, result.Reason, result.BestStep));
        Assert.Equal(3, step.Weight);
        Assert.Contains("Notice EarlyStopping(metric: accuracy, patience: none, minDelta: 0): epoch 2 gave no number to compare; it counts as not better.", told.Lines);
        Assert.Equal("Stopped Finished 4 4 The weights are those of step 3, in epoch 3.", told.Lines[^1]);
    }

    [Fact]
    public void Validation_can_be_asked_for_between_epochs()
    {
        var step = new ScriptedStep(perEpoch: 4);
        var told = new Recorder();

        new Trainer(new TrainingPlan { Steps = 7, ValidateEvery = 3 }).Fit(step, new ScriptedValidation(step, [0.1, 0.2, 0.3]), [told]);

        Assert.Equal(["Evaluated 1 3 0.1", "Evaluated 2 6 0.2", "Evaluated 2 7 0.3"], told.Lines.Where(l => l.StartsWith("Evaluated", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_schedule_hears_the_metric_that_is_compared_turned_so_that_smaller_is_better_or_the_objective()
    {
        var step = new ScriptedStep(perEpoch: 2, objectives: [1, 3, 5, 7]);
        var schedule = new ListeningSchedule();
        var plan = new TrainingPlan { Epochs = 2, Schedule = schedule, EarlyStopping = new EarlyStopping(new Accuracy()) };

        new Trainer(plan).Fit(step, new ScriptedValidation(step, [0.5, 0.7]));
        Assert.Equal([-0.5, -0.7], schedule.Heard);

        new Trainer(plan with { EarlyStopping = null }).Fit(new ScriptedStep(perEpoch: 2, objectives: [1, 3, 5, 7]));
        Assert.Equal([-0.5, -0.7, 2, 6], schedule.Heard);
        Assert.Equal(0, schedule.Count);
    }

    [Fact]
    public void An_objective_that_is_no_number_ends_the_training_with_one_sentence()
    {
        var told = new Recorder();
        var step = new ScriptedStep(perEpoch: 2, objectives: [1, 1, 1, double.NaN]);

        var e = Assert.Throws<TrainingDivergedException>(() => new Trainer(new TrainingPlan()).Fit(step, observers: [told]));

        Assert.Equal(
            "training: expected a finite objective, got NaN in epoch 2 at step 4 (a = NaN, b = NaN). Lower the learning rate, clip gradients, or scale inputs and targets.",
            e.Message);
        Assert.Equal("Stopped Diverged 2 4 " + e.Message, told.Lines[^1]);
    }

    [Fact]
    public void A_time_budget_becomes_a_number_of_steps_once_and_the_trial_is_undone()
    {
        var clock = new HandClock();
        var step = new ScriptedStep(perEpoch: 10) { Clock = clock };
        var validation = new ScriptedValidation(step, []) { Clock = clock };
        var told = new Recorder();
        var plan = new TrainingPlan { Epochs = 1000, TimeBudget = TimeSpan.FromSeconds(2) };

        // A step takes 10 ms, and a validation of 100 ms comes every 10 steps: 20 ms a step. The trial makes 10 steps, 5 % of the time, and a validation;
        // the 1.8 s that are left are 90 steps.
        TrainingResult result = new Trainer(plan, clock).Fit(step, validation, [told], Slot);

        Assert.Equal(90, result.Steps);
        Assert.Equal(90, step.Weight);

        clock.Advance(100);
        var slower = new ScriptedStep(perEpoch: 10) { Clock = clock, Milliseconds = 50 };
        Assert.Equal(90, new Trainer(plan, clock).Fit(slower, validation, checkpoints: Slot, resume: true).Steps);
    }

    [Fact]
    public void Checkpoints_at_the_ends_of_epochs_keep_ten_seconds_apart_and_all_others_are_written()
    {
        var clock = new HandClock();
        int written = 0;
        var slot = new CheckpointSlot(Path.Combine(_folder, "c.bin"), stream =>
        {
            written++;
            return stream;
        });
        var plan = new TrainingPlan { Epochs = 10 };

        new Trainer(plan, clock).Fit(new ScriptedStep(perEpoch: 1) { Clock = clock, Milliseconds = 4000 }, checkpoints: slot);
        Assert.Equal(3, written);      // after 12, 24 and 36 seconds

        new Trainer(plan with { CheckpointEvery = 4 }, clock).Fit(new ScriptedStep(perEpoch: 1) { Clock = clock, Milliseconds = 1 }, checkpoints: slot);
        Assert.Equal(6, written);      // after 4, 8 and 10 steps
    }

    [Fact]
    public void A_canceled_training_leaves_a_checkpoint_and_goes_on_to_the_same_end()
    {
        var whole = new TinyTraining();
        var log = new Recorder();
        TrainingResult expected = new Trainer(TinyTraining.Plan).Fit(whole.Step, whole.Validation, [log]);

        for (int stop = 0; stop < expected.Steps; stop += 9)
        {
            using var cancel = new CancellationTokenSource();
            var told = new Recorder();
            TinyTraining first = new(updated: n => CancelAt(n, stop));
            void CancelAt(int n, int at)
            {
                if (n == at)
                {
                    cancel.Cancel();
                }
            }

            if (stop == 0)
            {
                cancel.Cancel();
            }

            Assert.Throws<OperationCanceledException>(() => new Trainer(TinyTraining.Plan).Fit(first.Step, first.Validation, [told], Slot, cancel: cancel.Token));
            var second = new TinyTraining(seed: 1);
            TrainingResult result = new Trainer(TinyTraining.Plan).Fit(second.Step, second.Validation, [told], Slot, resume: true);

            Assert.Equal(Bits(whole), Bits(second));
            Assert.Equal(log.Lines, told.Lines);
            Assert.Equal((expected.Steps, expected.BestStep, expected.Reason), (result.Steps, result.BestStep, result.Reason));
            Assert.Equal(expected.History.Select(Recorder.Line), result.History.Select(Recorder.Line));
        }
    }

    [Fact]
    public void A_checkpoint_that_was_damaged_falls_back_to_the_one_before_and_tells()
    {
        var whole = new TinyTraining();
        var told = new Recorder();
        new Trainer(TinyTraining.Plan).Fit(whole.Step, whole.Validation, [told], Slot);
        File.WriteAllBytes(Slot.Path, File.ReadAllBytes(Slot.Path)[..^100]);
        var again = new TinyTraining();

        new Trainer(TinyTraining.Plan).Fit(again.Step, again.Validation, [told], Slot, resume: true);

        Assert.Equal(Bits(whole), Bits(again));
        Assert.Contains(told.Lines, l => l.StartsWith($"Notice {Slot.Path}: expected a checkpoint, got a damaged file: its checksum is wrong.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_checkpoint_of_another_model_is_refused_by_its_first_path_and_nothing_is_changed()
    {
        var training = new TinyTraining();
        new Trainer(TinyTraining.Plan).Fit(training.Step, training.Validation, checkpoints: Slot);
        var other = new TinyTraining(seed: 3, classes: 5);
        byte[] before = Bits(other);

        var e = Assert.Throws<GraftInputException>(() => new Trainer(TinyTraining.Plan).Fit(other.Step, other.Validation, checkpoints: Slot, resume: true));

        Assert.Equal($"{Slot.Path}: checkpoint: expected for 'heads.bar.weight' 80 values, got 64 values. It belongs to another model.", e.Message);
        Assert.Equal(before, Bits(other));
    }

    // The file is whole, but each of its values in turn is a strange one.
    [Fact]
    public void A_hostile_checkpoint_is_refused_or_used_but_nothing_else_happens()
    {
        TrainingPlan plan = TinyTraining.Plan with { Epochs = 3 };
        var training = new TinyTraining();
        new Trainer(plan).Fit(training.Step, training.Validation, checkpoints: Slot);
        State state = new CheckpointSlot(Slot.PreviousPath).Load(out _);
        int tried = 0;
        foreach ((State parent, string name, object value) in Leaves(state))
        {
            foreach (Action<State, string> strange in Strange)
            {
                strange(parent, name);
                Slot.Save(state);
                var again = new TinyTraining();
                try
                {
                    new Trainer(plan).Fit(again.Step, again.Validation, checkpoints: Slot, resume: true);
                }
                catch (Exception e) when (e is GraftInputException or TrainingDivergedException)
                {
                    Assert.DoesNotContain('\n', e.Message);
                }

                tried++;
            }

            parent.Set(name, (dynamic)value);
        }

        Assert.InRange(tried, 200, 2000);
    }

    private static readonly Action<State, string>[] Strange =
    [
        (s, n) => s.Set(n, long.MaxValue), (s, n) => s.Set(n, -1L), (s, n) => s.Set(n, double.NaN), (s, n) => s.Set(n, "x"),
        (s, n) => s.Set(n, Array.Empty<float>()), (s, n) => s.Set(n, new long[] { long.MinValue }), (s, n) => s.Set(n, new State()),
    ];

    private static IEnumerable<(State Parent, string Name, object Value)> Leaves(State state) =>
        state.Values.ToArray().SelectMany(v => v.Value is State inner ? Leaves(inner) : [(state, v.Key, v.Value)]);

    [Fact]
    public void A_checkpoint_of_another_training_is_refused()
    {
        var training = new TinyTraining();
        new Trainer(TinyTraining.Plan).Fit(training.Step, training.Validation, checkpoints: Slot);

        var e = Assert.Throws<GraftInputException>(() => new Trainer(TinyTraining.Plan with { Epochs = 30 })
            .Fit(training.Step, training.Validation, checkpoints: Slot, resume: true));

        Assert.Contains("checkpoint: expected a training of 210 steps, 7 an epoch, got step ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Early_stopping_without_a_validation_or_its_metric_is_refused()
    {
        var step = new ScriptedStep(perEpoch: 1);
        var plan = new TrainingPlan { EarlyStopping = new EarlyStopping(new RocAuc()) };

        Assert.StartsWith("EarlyStopping(metric: roc-auc, patience: 5, minDelta: 0): expected a validation to judge by, got none.", Assert.Throws<ArgumentException>(() => new Trainer(plan).Fit(step)).Message, StringComparison.Ordinal);
        Assert.Equal(
            "EarlyStopping(metric: roc-auc, patience: 5, minDelta: 0): expected validation to give roc-auc, got accuracy. Add the metric to the task.",
            Assert.Throws<InvalidOperationException>(() => new Trainer(plan).Fit(step, new ScriptedValidation(step, [1]))).Message);
    }

    [Fact]
    public void A_steady_step_makes_almost_no_garbage()
    {
        LabeledRows rows = Rows.Table(3200);
        var model = new TaskModel(new LinearModel(), rows.Shape,
            [new TaskSpec { Name = "a", Kind = TaskKind.MultiClass, Outputs = 3 }, new TaskSpec { Name = "b", Kind = TaskKind.Regression, Outputs = 1 }]);
        model.Initialize(1);
        var joint = new JointStep(model, [new TaskStream(new Loader(rows, 32, seed: 1), [0, 1])], new ModelUpdate(model, new Adam(1e-9f)));
        long before = 0, after = 0;
        var step = new WatchedStep(joint, n =>
        {
            before = n == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            after = n == 300 ? GC.GetAllocatedBytesForCurrentThread() : after;
        });

        new Trainer(new TrainingPlan { Epochs = 3 }).Fit(step);

        Assert.InRange((after - before) / 200, 0, 1000);
    }
}
