using System.Text.Json.Nodes;
using Graft.Experiments.Runner;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Cli;

public sealed class TextModelTests
{
    private static readonly string[] Good = ["fine", "lovely", "great", "best"], Bad = ["dull", "awful", "poor", "worst"], Things = ["film", "book", "song", "dinner", "game"];

    // A small vocabulary of BERT: the tokenizer brings it, and the model file keeps it.
    private const string Vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\nwas\nvery\nfine\nlove\n##ly\ngreat\nbest\ndull\naw\n##ful\npoor\nworst\nfilm\nbook\nsong\ndinner\ngame\n";

    [Theory]
    [InlineData("text-cnn, width: 8, maps: 8, windows: [1, 2], dropout: 0", "")]
    [InlineData("text-lstm, width: 8, hidden: [8], dropout: 0", "")]
    [InlineData("text-cnn, width: 8, maps: 8, windows: [1, 2], dropout: 0", ", tokenizer: vocab.txt")]
    public void A_model_that_reads_texts_is_trained_and_answers_alone_for_tables_and_lines(string model, string tokenizer)
    {
        using var folder = new TemporaryFolder();
        string[] rows = [.. from thing in Things from good in new[] { true, false } from word in good ? Good : Bad select $"The {thing} was very {word}.,{(good ? "yes" : "no")}"];
        _ = folder.Write("reviews.csv", "review,good\n" + string.Join('\n', rows) + "\n");
        string vocabulary = folder.Write("vocab.txt", Vocabulary);
        string file = folder.Write("e.yaml", $$"""
            data: { d: { source: csv, path: reviews.csv, inputs: { columns: [review], text: tokens{{tokenizer}} }, split: { validation: 0.2, test: 0.2 } } }
            tasks: { good: { type: binary, target: good, positive: "yes" } }
            model: { name: {{model}} }
            epochs: 30
            batch: 8
            optimizer: { name: adam, rate: 0.02 }
            """);

        string run = ExperimentRunner.Run(ExperimentFile.Read(file, ["seeds=1"]), new RunOptions(folder.Path, null));
        File.Delete(vocabulary);
        string trained = Assert.Single(Directory.GetFiles(Path.Combine(run, "models"), "*.graft"));
        (int tableCode, string fromTable, string tableError) = Tool.Run("predict", trained, folder.Write("new.csv", "review\nThe song was great!\nthe awful book\n"));
        (int linesCode, string fromLines, _) = Tool.Run("predict", trained, folder.Write("new.txt", "The song was great!\nthe awful book\n"));

        Assert.Equal((0, 0, ""), (tableCode, linesCode, tableError));
        Assert.Equal(fromTable, fromLines);
        Assert.Equal(["yes", "no"], fromLines.TrimEnd().Split('\n').Select(l => (string?)JsonNode.Parse(l)!["good"]!["class"]));
    }

    [Fact]
    public void A_tokenizer_that_is_not_there_is_said_before_anything_is_trained()
    {
        using var folder = new TemporaryFolder();
        _ = folder.Write("reviews.txt", string.Concat(Enumerable.Repeat("yes\tthe fine film\nno\tthe dull film\n", 5)));
        string file = folder.Write("e.yaml", """
            data: { d: { source: text-lines, path: reviews.txt, inputs: { text: tokens, tokenizer: bert/tokenizer.json } } }
            tasks: { good: { type: binary, target: label, positive: "yes" } }
            model: { name: text-cnn }
            """);

        var e = Assert.Throws<GraftInputException>(() => ExperimentRunner.Run(ExperimentFile.Read(file, ["seeds=1"]), new RunOptions(folder.Path, null)));

        Assert.StartsWith("bert/tokenizer.json: expected a file or folder, found none at ", e.Message, StringComparison.Ordinal);
    }
}
