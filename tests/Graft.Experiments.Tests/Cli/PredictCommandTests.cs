using System.Text.Json.Nodes;

namespace Graft.Experiments.Tests.Cli;

public sealed class PredictCommandTests
{
    [Fact]
    public void A_task_called_input_leaves_the_name_of_the_row_alone()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("all.csv", "a,answer\n" + string.Concat(Enumerable.Repeat("1,k\n5,l\n", 20)));
        string model = EvaluateCommandTests.Train(folder, """
            data: { t: { source: csv, path: all.csv, split: { test: 0.25, validation: 0 } } }
            tasks: { input: { type: binary, target: answer } }
            model: { name: mlp, hidden: [4] }
            epochs: 30
            optimizer: { name: adam, rate: 0.05 }
            """, out _);

        JsonNode row = JsonNode.Parse(Tool.Run("predict", model, table).Output.Split('\n')[1])!;
        string header = Tool.Run("predict", model, table, "--csv").Output.Split('\n')[0];

        Assert.Equal(("2", "l"), ((string?)row["-input"], (string?)row["input"]!["class"]));
        Assert.Equal("-input,input,input:k,input:l", header);
    }

    [Fact]
    public void Texts_are_called_by_the_lines_that_they_stand_on()
    {
        using var folder = new TemporaryFolder();
        _ = folder.Write("all.txt", string.Concat(Enumerable.Repeat("yes the fine film\nno the dull film\n", 20)));
        string model = EvaluateCommandTests.Train(folder, """
            data: { d: { source: text-lines, path: all.txt, inputs: { text: tokens }, split: { test: 0.25, validation: 0 } } }
            tasks: { good: { type: binary, target: label, positive: "yes" } }
            model: { name: text-cnn, width: 4, maps: 4, windows: [1], dropout: 0 }
            epochs: 1
            """, out _);
        string lines = folder.Write("new.txt", "fine film\n\n  \ndull film\n");

        Assert.Equal(["1", "4"], Tool.Run("predict", model, lines).Output.TrimEnd().Split('\n').Select(l => (string?)JsonNode.Parse(l)!["input"]));
    }

    [Fact]
    public void A_model_with_a_task_for_every_value_of_a_column_says_that_all_of_them_answer()
    {
        using var folder = new TemporaryFolder();
        string table = folder.Write("all.csv", "school,a,y\n" + string.Concat(Enumerable.Repeat("north,1,1\nsouth,1,2\nnorth,2,2\nsouth,2,1\n", 10)));
        string model = EvaluateCommandTests.Train(folder, """
            data: { t: { source: csv, path: all.csv, split: { test: 0.25, validation: 0 }, inputs: { columns: [a] } } }
            tasks: { y: { type: regression, target: y, each: school } }
            model: { name: mlp, hidden: [4] }
            epochs: 1
            compare: [joint]
            """, out _);

        (int code, string output, string error) = Tool.Run("predict", model, folder.Write("new.csv", "a\n1\n"));
        string one = Tool.Run("predict", model, table, "--tasks", "y-south").Output;

        Assert.Equal((0, "y-north, y-south: each was trained on the rows with one value of 'school' and answers for every row.\n"), (code, error));
        Assert.Equal(["input", "y-north", "y-south"], JsonNode.Parse(output)!.AsObject().Select(p => p.Key));
        Assert.Equal(["input", "y-south"], JsonNode.Parse(one.Split('\n')[0])!.AsObject().Select(p => p.Key));
    }
}
