using System.Text.Json.Nodes;
using Graft.Experiments.Runner;
using Graft.Experiments.Spec;
using Graft.Experiments.Tests.Cli;

namespace Graft.Experiments.Tests.Runner;

/// <summary>Experiments with graphs of several inputs.</summary>
public sealed class GraphRunTests : IDisposable
{
    private static readonly string[] Good = ["fine", "lovely", "great", "best"], Bad = ["dull", "awful", "poor", "worst"], Things = ["film", "book", "song", "dinner", "game"];

    private const string Vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\nwas\nvery\nfine\nlove\n##ly\ngreat\nbest\ndull\naw\n##ful\npoor\nworst\nfilm\nbook\nsong\ndinner\ngame\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // input_ids come from the tokenizer, attention_mask from the lengths, token_type_ids are zeros.
    [Fact]
    public void A_transformer_from_a_file_learns_sentences_and_answers_alone()
    {
        string[] rows = [.. from thing in Things from good in new[] { true, false } from word in good ? Good : Bad from very in (string[])["", "very very "] select $"The {thing} was {very}{word}.,{(good ? "yes" : "no")}"];
        _ = _folder.Write("reviews.csv", "review,good\n" + string.Join('\n', rows) + "\n");
        _ = _folder.Write("vocab.txt", Vocabulary);
        Copy("onnx_bert.onnx");
        string file = _folder.Write("e.yaml", """
            data: { d: { source: csv, path: reviews.csv, inputs: { columns: [review], text: tokens, tokenizer: vocab.txt }, split: { validation: 0.2, test: 0.2 } } }
            tasks: { good: { type: binary, target: good, positive: "yes" } }
            model: { name: graph, file: onnx_bert.onnx }
            epochs: 12
            batch: 8
            optimizer: { name: adam, rate: 0.01 }
            """);

        string run = ExperimentRunner.Run(ExperimentFile.Read(file, ["seeds=1"]), new RunOptions(_folder.Path, null));
        File.Delete(Path.Combine(_folder.Path, "onnx_bert.onnx"));
        string trained = Assert.Single(Directory.GetFiles(Path.Combine(run, "models"), "*.graft"));
        (int code, string lines, string error) = Tool.Run("predict", trained, _folder.Write("new.txt", "The song was great!\nthe book was very very awful\n"));

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(["yes", "no"], lines.TrimEnd().Split('\n').Select(l => (string?)JsonNode.Parse(l)!["good"]!["class"]));
    }

    [Fact]
    public void Inputs_that_are_left_are_named_before_anything_is_trained()
    {
        Copy("onnx_two.onnx");
        string file = _folder.Write("e.yaml", """
            data: { t: { source: make-classification, rows: 40, features: 4, informative: 2, classes: 2, inputs: { numbers: none } } }
            tasks: { yes: { type: binary, target: label, positive: "1" } }
            model: { name: graph, file: onnx_two.onnx }
            """);

        var e = Assert.Throws<GraftInputException>(() => ExperimentRunner.Run(ExperimentFile.Read(file, ["seeds=1"]), new RunOptions(_folder.Path, null)));
        string run = ExperimentRunner.Run(ExperimentFile.Read(file, ["seeds=1", "epochs=1", "model.inputs=[right=ones]"]), new RunOptions(_folder.Path, null));

        Assert.Contains("graph: expected to know what goes into every input, got rows for 'left' and nothing for 'right' [?, 2]. Say it, such as inputs: [right=zeros]", e.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.Combine(run, "models"), "*.graft"));
    }

    private void Copy(string name) => File.Copy(Path.Combine(AppContext.BaseDirectory, "Golden", name), Path.Combine(_folder.Path, name));
}
