using System.Text;
using System.Text.Json;
using Graft.Experiments.Runs;

namespace Graft.Experiments.Tests.Runs;

public sealed class RunJsonTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    private readonly JobRecord _job = new()
    {
        Id = "new-full-s1",
        Stage = "new",
        Arm = "full",
        Seed = 1,
        Tasks = ["digits"],
        Compared = true,
        Status = RunStatus.Interrupted,
        Seconds = 1.5,
        Weights = new WeightsRecord { Source = "known-s1", WrongShape = [new WeightPath("head.weight", [10, 64], [26, 64])] },
        Results =
        [
            new TaskRecord
            {
                Task = "digits",
                Kind = TaskKind.MultiClass,
                Classes = ["0", "\u00e9<script>"],
                PrimaryMetric = "accuracy",
                Test = new Dictionary<string, double> { ["accuracy"] = 0.9, ["roc-auc"] = double.NaN },
                Confusion = [[3, 1], [0, 4]],
                Worst = [new ExampleRecord("row 7", "0", "1", 0.99, [137, 80, 78, 71], null)],
            },
        ],
    };

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_result_comes_back_as_it_was_written()
    {
        RunJson.Write(_path, _job, RunJson.Default.JobRecord);

        JobRecord read = RunJson.Read(_path, RunJson.Default.JobRecord);

        Assert.Equal(JsonSerializer.Serialize(_job, RunJson.Default.JobRecord), JsonSerializer.Serialize(read, RunJson.Default.JobRecord));
        Assert.Equal(double.NaN, read.Results[0].Test["roc-auc"]);
        Assert.Equal([137, 80, 78, 71], read.Results[0].Worst[0].Png!);
        Assert.Equal(4, read.Results[0].Confusion![1][1]);
    }

    [Fact]
    public void Names_are_lower_camel_and_words_stand_for_states()
    {
        RunJson.Write(_path, _job, RunJson.Default.JobRecord);

        string text = File.ReadAllText(_path);

        Assert.Contains("\"trainableParameters\": 0", text);
        Assert.Contains("\"status\": \"interrupted\"", text);
        Assert.Contains("\"kind\": \"multiclass\"", text);
        Assert.Contains("\"roc-auc\": null", text);
        Assert.DoesNotContain("<script>", text);
        Assert.EndsWith("}\n", text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"id\":null}")]
    [InlineData("{\"id\":\"a\",\"tasks\":null}")]
    [InlineData("{\"id\":\"a\",\"tasks\":[null]}")]
    [InlineData("{\"id\":\"a\",\"results\":[{\"task\":\"t\",\"worst\":[{\"row\":\"1\"}]}]}")]
    [InlineData("{\"id\":\"a\",\"status\":\"asleep\"}")]
    [InlineData("{\"id\":\"a\",\"results\":[{\"task\":\"t\",\"confusion\":[[1.5]]}]}")]
    public void What_is_no_result_is_refused_with_the_file_named(string text)
    {
        File.WriteAllText(_path, text);

        var e = Assert.Throws<GraftInputException>(() => RunJson.Read(_path, RunJson.Default.JobRecord));

        Assert.StartsWith(_path, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Random_changes_of_the_file_end_in_a_result_or_a_clear_error()
    {
        RunJson.Write(_path, _job, RunJson.Default.JobRecord);
        byte[] whole = File.ReadAllBytes(_path);
        var random = new Random(1);
        for (int i = 0; i < 500; i++)
        {
            byte[] changed = [.. whole[..random.Next(whole.Length + 1)], .. Encoding.UTF8.GetBytes(i % 3 == 0 ? "}" : "")];
            for (int k = 0; k < Math.Min(2, changed.Length); k++)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(_path, changed);
            try
            {
                Assert.NotNull(RunJson.Read(_path, RunJson.Default.JobRecord).Id);
            }
            catch (GraftInputException e)
            {
                Assert.StartsWith(_path, e.Message);
            }
        }
    }
}
