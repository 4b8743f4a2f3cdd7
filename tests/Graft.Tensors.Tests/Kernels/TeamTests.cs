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

    [Theory, InlineData(0), InlineData(65)]
    public void A_number_of_threads_out_of_range_is_refused(int threads)
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Team.Threads = threads);

        Assert.Contains("expected a number from 1 to 64", e.Message, StringComparison.Ordinal);
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
