using Graft.Tensors.Autograd;
using Graft.Tensors.Random;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
[Collection(WholeTeam.Name)]
public sealed class TeamTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(4), InlineData(9)]
    public void Every_task_runs_exactly_once(int threads)
    {
        using var team = new TeamOf(threads);

        for (int round = 0; round < 300; round++)
        {
            var job = new CountJob { Runs = new int[round % 37] };
            Team.For(job.Runs.Length, ref job);

            Assert.All(job.Runs, runs => Assert.Equal(1, runs));
        }
    }

    [Fact]
    public void A_sleeping_worker_is_woken()
    {
        using var team = new TeamOf(2);

        for (int round = 0; round < 5; round++)
        {
            Thread.Sleep(3);
            var job = new RendezvousJob { Meeting = new Barrier(2) };
            Team.For(2, ref job);

            Assert.Equal(1, job.Meeting.CurrentPhaseNumber);
            job.Meeting.Dispose();
        }
    }

    [Fact]
    public void An_exception_in_a_task_reaches_the_caller_and_the_team_works_on()
    {
        using var team = new TeamOf(3);

        for (int round = 0; round < 50; round++)
        {
            var bad = new ThrowJob();
            var e = Assert.Throws<InvalidOperationException>(() => Team.For(20, ref bad));
            var good = new CountJob { Runs = new int[8] };
            Team.For(8, ref good);

            Assert.Equal("task 7", e.Message);
            Assert.All(good.Runs, runs => Assert.Equal(1, runs));
        }
    }

    [Fact]
    public void A_job_that_forks_again_runs_its_inner_tasks_itself()
    {
        using var team = new TeamOf(4);
        var job = new NestedJob { Runs = new int[6 * 5] };

        Team.For(6, ref job);

        Assert.All(job.Runs, runs => Assert.Equal(1, runs));
    }

    [Fact]
    public void Several_callers_at_once_all_get_their_work_done()
    {
        using var team = new TeamOf(3);
        var failures = 0;
        Thread[] callers = [.. Enumerable.Range(0, 4).Select(seed => new Thread(() =>
        {
            for (int round = 0; round < 2000; round++)
            {
                var job = new CountJob { Runs = new int[1 + ((round + seed) % 9)] };
                Team.For(job.Runs.Length, ref job);
                if (job.Runs.Any(runs => runs != 1))
                {
                    Interlocked.Increment(ref failures);
                }
            }
        }))];

        foreach (Thread t in callers)
        {
            t.Start();
        }

        foreach (Thread t in callers)
        {
            t.Join();
        }

        Assert.Equal(0, failures);
    }

    // Each job needs two threads at the same time: its caller and a worker.
    [Fact]
    public void Two_callers_at_once_share_the_workers()
    {
        using var team = new TeamOf(4);
        using var begin = new Barrier(2);
        long met = 0;

        Together(2, _ =>
        {
            for (int round = 0; round < 20; round++)
            {
                begin.SignalAndWait();
                using var meeting = new Barrier(2);
                var job = new RendezvousJob { Meeting = meeting };
                Team.For(2, ref job);
                Interlocked.Add(ref met, meeting.CurrentPhaseNumber);
            }
        });

        Assert.Equal(40, met);
    }

    [Fact]
    public void A_caller_does_not_wait_for_a_worker_that_is_held_up_elsewhere()
    {
        using var team = new TeamOf(3);
        using var held = new ManualResetEventSlim();
        using var inside = new CountdownEvent(2);
        var slow = new Thread(() =>
        {
            var stuck = new HeldJob { Inside = inside, Release = held };
            Team.For(2, ref stuck);
        });
        slow.Start();
        Assert.True(inside.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));

        for (int round = 0; round < 100; round++)
        {
            var job = new CountJob { Runs = new int[7] };
            Team.For(7, ref job);
            Assert.All(job.Runs, runs => Assert.Equal(1, runs));
        }

        Assert.False(held.IsSet);
        held.Set();
        slow.Join();
    }

    [Fact]
    public void More_callers_than_desks_each_get_their_own_errors()
    {
        using var team = new TeamOf(4);
        int wrong = 0;

        Together(12, caller =>
        {
            for (int round = 0; round < 200; round++)
            {
                var bad = new FailJob { At = (caller + round) % 9, Caller = caller };
                try
                {
                    Team.For(9, ref bad);
                    Interlocked.Increment(ref wrong);
                }
                catch (InvalidOperationException e) when (e.Message == $"{caller}: {bad.At}")
                {
                }

                var good = new CountJob { Runs = new int[5] };
                Team.For(5, ref good);
                Interlocked.Add(ref wrong, good.Runs.Count(runs => runs != 1));
            }
        });

        Assert.Equal(0, wrong);
    }

    [Fact]
    public void The_number_of_threads_may_change_from_job_to_job()
    {
        using var team = new TeamOf(1);

        for (int round = 0; round < 300; round++)
        {
            Team.Threads = 1 + (round * 5 % 8);
            var job = new CountJob { Runs = new int[13] };
            Team.For(13, ref job);

            Assert.All(job.Runs, runs => Assert.Equal(1, runs));
        }
    }

    // Convolutions, products and sums of two trainings that share the team; partitions are by shape, so nothing shows.
    [Fact]
    public void Two_trainings_at_once_end_with_the_bits_of_each_alone()
    {
        using var team = new TeamOf(3);
        float[][] alone = [Train(1), Train(2)], together = new float[2][];

        Together(2, seed => together[seed] = Train(seed + 1));

        Assert.Equal(alone[0], together[0]);
        Assert.Equal(alone[1], together[1]);
        Assert.NotEqual(alone[0], alone[1]);
    }

    [Theory, InlineData(0), InlineData(65)]
    public void A_number_of_threads_out_of_range_is_refused(int threads)
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Team.Threads = threads);

        Assert.Contains("expected a number from 1 to 64", e.Message, StringComparison.Ordinal);
    }

    private static void Together(int callers, Action<int> work)
    {
        Exception? error = null;
        Thread[] threads = [.. Enumerable.Range(0, callers).Select(i => new Thread(() =>
        {
            try
            {
                work(i);
            }
            catch (Exception e)
            {
                error = e;
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.Null(error);
    }

    private static float[] Train(int seed)
    {
        Tensor kernel = Leaf(seed, 16, 3, 3, 3), weight = Leaf(seed + 10, 10, 16 * 8 * 8);
        Tensor x = Leaf(seed + 20, 16, 3, 16, 16).Detach().Keep(), classes = Tensor.From([.. Enumerable.Range(0, 16).Select(i => i % 10)], [16]);
        for (int step = 0; step < 15; step++)
        {
            kernel.ClearGrad();
            weight.ClearGrad();
            x.Conv2d(kernel, padding: 1, relu: true).MaxPool2d(2).Flatten().Linear(weight).CrossEntropy(classes).Backward();
            Follow(kernel);
            Follow(weight);
            Tape.Current.EndStep();
        }

        return [.. kernel.ToArray(), .. weight.ToArray()];
    }

    private static void Follow(Tensor leaf) => leaf.Assign([.. leaf.ToArray().Zip(leaf.Grad!.Value.ToArray(), (w, g) => w - (0.1f * g))]);

    private static Tensor Leaf(int seed, params int[] sizes)
    {
        var values = new float[Shape.Create(sizes).Count];
        RandomStream.For((ulong)seed, "team").FillNormal(values, 0, 0.1f);
        return Tensor.Variable(Tensor.From(values, Shape.Create(sizes)));
    }

    private struct HeldJob : IJob
    {
        public CountdownEvent Inside;
        public ManualResetEventSlim Release;

        public readonly void Run(int index)
        {
            Inside.Signal();
            Release.Wait(TimeSpan.FromSeconds(20));
        }
    }

    private struct FailJob : IJob
    {
        public int At;
        public int Caller;

        public readonly void Run(int index)
        {
            if (index == At)
            {
                throw new InvalidOperationException($"{Caller}: {index}");
            }
        }
    }

    private struct CountJob : IJob
    {
        public int[] Runs;

        public readonly void Run(int index) => Interlocked.Increment(ref Runs[index]);
    }

    private struct RendezvousJob : IJob
    {
        public Barrier Meeting;

        // Both tasks must be under way at the same time, or this waits in vain.
        public readonly void Run(int index) => Meeting.SignalAndWait(TimeSpan.FromSeconds(20));
    }

    private struct ThrowJob : IJob
    {
        public readonly void Run(int index)
        {
            if (index == 7)
            {
                throw new InvalidOperationException("task 7");
            }
        }
    }

    private struct NestedJob : IJob
    {
        public int[] Runs;

        public readonly void Run(int index)
        {
            var inner = new CountJob { Runs = new int[5] };
            Team.For(5, ref inner);
            inner.Runs.CopyTo(Runs, index * 5);
        }
    }
}
