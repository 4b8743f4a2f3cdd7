using Graft.Models;
using Graft.MultiTask;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Tensors.Threading;
using Graft.Tests.Tasks;
using Graft.Training;

namespace Graft.Tests.MultiTask;

public sealed class IndependentTrainingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Results_come_in_order_and_no_more_run_at_a_time_than_there_are_workers(int workers)
    {
        int running = 0, most = 0;
        var gate = new Lock();
        Func<CancellationToken, int>[] work = [.. Enumerable.Range(0, 20).Select(i => new Func<CancellationToken, int>(_ =>
        {
            lock (gate)
            {
                most = Math.Max(most, ++running);
            }

            Thread.Sleep(1 + (i % 3));
            lock (gate)
            {
                running--;
            }

            return i * i;
        }))];

        IReadOnlyList<int> results = IndependentTraining.Run(work, workers);

        Assert.Equal(Enumerable.Range(0, 20).Select(i => i * i), results);
        Assert.InRange(most, 1, workers);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_first_failure_surfaces_after_the_others_have_ended(int workers)
    {
        int running = 0;
        var begun = new bool[10];
        Func<CancellationToken, int>[] work = [.. Enumerable.Range(0, 10).Select(i => new Func<CancellationToken, int>(_ =>
        {
            begun[i] = true;
            Interlocked.Increment(ref running);
            Thread.Sleep(i == 2 ? 50 : 5);      // 3 and 4 fail before 2 does
            Interlocked.Decrement(ref running);
            return i is >= 2 and <= 4 ? throw new InvalidDataException($"training {i}") : i;
        }))];

        var e = Assert.Throws<InvalidDataException>(() => IndependentTraining.Run(work, workers));

        Assert.Equal("training 2", e.Message);
        Assert.Equal(0, running);
        Assert.False(begun[9]);
    }

    [Fact]
    public void Canceled_the_running_ones_end_and_no_others_begin()
    {
        using var cancel = new CancellationTokenSource();
        int begun = 0;
        Func<CancellationToken, int>[] work = [.. Enumerable.Range(0, 10).Select(i => new Func<CancellationToken, int>(token =>
        {
            Interlocked.Increment(ref begun);
            if (i == 1)
            {
                cancel.Cancel();
            }

            token.WaitHandle.WaitOne();
            token.ThrowIfCancellationRequested();
            return i;
        }))];

        Assert.Throws<OperationCanceledException>(() => IndependentTraining.Run(work, 2, cancel.Token));

        Assert.Equal(2, begun);
        Assert.Throws<OperationCanceledException>(() => IndependentTraining.Run(work, 2, cancel.Token));
        Assert.Equal(2, begun);
    }

    [Fact]
    public void Trainings_that_fill_all_threads_keep_to_their_own_and_what_they_begin_runs_in_order()
    {
        int threads = Engine.Threads;
        IReadOnlyList<(bool IsSolo, bool InnerStays)> full = IndependentTraining.Run([.. Enumerable.Repeat((Func<CancellationToken, (bool, bool)>)One, 2 * threads)], Math.Max(2, threads));
        IReadOnlyList<(bool IsSolo, bool InnerStays)> alone = IndependentTraining.Run<(bool, bool)>([One], 8);

        Assert.All(full, t => Assert.Equal((true, true), t));
        Assert.False(alone[0].IsSolo);
        Assert.False(SoloThread.IsSolo);

        static (bool IsSolo, bool InnerStays) One(CancellationToken cancel)
        {
            int thread = Environment.CurrentManagedThreadId;
            return (SoloThread.IsSolo, IndependentTraining.Run<int>([_ => Environment.CurrentManagedThreadId, _ => Environment.CurrentManagedThreadId], 2, cancel).All(t => t == thread));
        }
    }

    [Fact]
    public void Nothing_gives_nothing_and_no_workers_are_refused()
    {
        Assert.Empty(IndependentTraining.Run(Array.Empty<Func<CancellationToken, int>>()));
        Assert.Throws<ArgumentOutOfRangeException>(() => IndependentTraining.Run<int>([_ => 1], workers: 0));
    }

    [Fact]
    public void Side_by_side_trainings_give_the_bits_of_those_one_after_the_other()
    {
        TaskSpec[] tasks = [Toy.Classes("a"), Toy.Yes("b"), Toy.Number("c"), Toy.Labels("d"), Toy.Classes("e")];
        Func<CancellationToken, float[]>[] work = [.. tasks.Select((task, i) => new Func<CancellationToken, float[]>(cancel =>
        {
            TaskModel model = Toy.Model((ulong)i, new Mlp([70, 40], dropout: 0.2f), task);
            var step = new JointStep(model, [Toy.Stream(Toy.Rows(200, [task], seed: (ulong)i), [0], batch: 64)], new ModelUpdate(model, new Adam(0.01f)));
            new Trainer(new TrainingPlan { Epochs = 10 }).Fit(step, cancel: cancel);
            return [.. Toy.Values(model).SelectMany(v => v.Value)];
        }))];

        IReadOnlyList<float[]> serial = IndependentTraining.Run(work, 1), parallel = IndependentTraining.Run(work, 3);

        Assert.Equal(serial, parallel);
    }
}
