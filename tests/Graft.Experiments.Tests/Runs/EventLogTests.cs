using Graft.Experiments.Runs;

namespace Graft.Experiments.Tests.Runs;

public sealed class EventLogTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_line_holds_what_is_there_in_lower_camel_and_nothing_else()
    {
        Append(0, new RunEvent
        {
            Event = "epoch",
            Job = "new-full-s1",
            Epoch = 2,
            Step = 64,
            Rate = 0.01,
            Losses = new Dictionary<string, double> { ["digits"] = 0.25, ["letters"] = double.NaN },
        });

        Assert.Equal(
            """{"event":"epoch","job":"new-full-s1","epoch":2,"step":64,"losses":{"digits":0.25,"letters":null},"rate":0.01}""" + "\n",
            File.ReadAllText(_path));
        RunEvent read = Assert.Single(EventLog.Read(_path));
        Assert.Equal(double.NaN, read.Losses!["letters"]);
    }

    [Fact]
    public void A_resumed_log_is_cut_back_to_the_checkpoint_and_ends_with_the_same_bytes()
    {
        long kept = Append(0, Epoch(1), Epoch(2));
        Append(kept, Epoch(3), Epoch(4));
        byte[] whole = File.ReadAllBytes(_path);

        Append(kept, Epoch(3));
        File.AppendAllText(_path, "{\"event\":\"epo");
        Append(kept, Epoch(3), Epoch(4));

        Assert.Equal(whole, File.ReadAllBytes(_path));
    }

    [Fact]
    public void A_last_line_that_was_cut_off_is_left_out()
    {
        Append(0, Epoch(1));
        File.AppendAllText(_path, "{\"event\":\"epo");

        Assert.Equal(1, Assert.Single(EventLog.Read(_path)).Epoch);
    }

    [Fact]
    public void A_broken_line_is_named_by_its_number()
    {
        Append(0, Epoch(1));
        File.AppendAllText(_path, "{\"job\":3}\n");

        var e = Assert.Throws<GraftInputException>(() => EventLog.Read(_path).ToArray());

        Assert.Equal(2, e.Findings[0].Line);
        Assert.StartsWith($"{_path}(2): expected", e.Message);
    }

    [Fact]
    public void A_log_shorter_than_the_checkpoint_knows_is_refused()
    {
        Append(0, Epoch(1));

        var e = Assert.Throws<GraftInputException>(() => EventLog.Open(_path, keep: 1000));

        Assert.Contains("expected at least the 1000 bytes", e.Message);
    }

    [Fact]
    public void Random_changes_of_the_file_end_in_events_or_a_clear_error()
    {
        Append(0, Epoch(1), Epoch(2), Epoch(3));
        byte[] whole = File.ReadAllBytes(_path);
        var random = new Random(1);
        for (int i = 0; i < 500; i++)
        {
            byte[] changed = [.. whole[..random.Next(whole.Length + 1)]];
            for (int k = 0; k < Math.Min(3, changed.Length); k++)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(_path, changed);
            try
            {
                Assert.True(EventLog.Read(_path).Count() <= changed.Length);
            }
            catch (GraftInputException e)
            {
                Assert.InRange(e.Findings[0].Line, 1, changed.Length);
            }
        }
    }

    private static RunEvent Epoch(int epoch) => new() { Event = "epoch", Job = "j", Epoch = epoch, Step = 10 * epoch };

    private long Append(long keep, params RunEvent[] events)
    {
        using EventLog log = EventLog.Open(_path, keep);
        Array.ForEach(events, log.Append);
        log.Sync();
        return log.Length;
    }
}
