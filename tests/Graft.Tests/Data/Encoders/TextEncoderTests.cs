using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Encoders;

namespace Graft.Tests.Data.Encoders;

public sealed class TextEncoderTests
{
    [Theory, InlineData(TextWeighting.Tf, "tf"), InlineData(TextWeighting.TfIdf, "tf-idf")]
    public void Words_and_weights_are_those_of_scikit_learn(TextWeighting weighting, string name)
    {
        JsonNode golden = Golden.Read("encoders.json");
        string[] texts = [.. golden["texts"]!.AsArray().Select(t => t!.GetValue<string>())];
        var rows = new Dataset("texts", [new TextColumn("text", texts)]);

        var encoder = InputEncoder.Fit(rows, new InputOptions(Text: weighting));
        EncodedRows encoded = encoder.Bind(rows);

        Assert.Equal(golden["words"]!.AsArray().Select(w => $"text:{w!.GetValue<string>()}"), encoder.Features.Select(f => f.Name));
        float[] all = encoded.EncodeAll();
        double[] expected = [.. golden[name]!.AsArray().SelectMany(r => r.Doubles())];
        Assert.Equal(expected.Length, all.Length);
        Assert.All(expected, (e, i) => Assert.Equal(e, all[i], tolerance: 1e-6));
    }

    [Fact]
    public void The_vocabulary_keeps_the_words_of_most_texts()
    {
        var encoder = TextEncoder.Fit(new TextColumn("t", ["bb aa", "bb cc aa", "bb dd", null]), TextWeighting.Tf, maxWords: 2)!;

        Assert.Equal(["aa", "bb"], encoder.Words);
        Assert.Null(TextEncoder.Fit(new TextColumn("t", ["a b c", null])));
    }
}
