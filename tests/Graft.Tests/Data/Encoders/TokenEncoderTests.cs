using System.Text;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Data.Encoders;

public sealed class TokenEncoderTests
{
    private static readonly Dataset Train = new("train.txt", [new TextColumn("text", ["The fish, the pond", "a fish", null, "the end"]), new CategoryColumn("label", [0, 1, 0, 1], ["no", "yes"])]);

    private static readonly InputOptions Options = new(["text"], Text: TextWeighting.Tokens);

    // Counts: the 3, fish 2, then of those that occur once the comma, a, end and pond in ordinal order; 0 is padding, 1 unknown.
    [Fact]
    public void Texts_become_the_numbers_of_their_words_filled_up_with_padding()
    {
        EncodedRows rows = InputEncoder.Fit(Train, Options).Bind(Train);

        Assert.Equal(new InputShape(InputKind.Tokens, [5]) { Vocabulary = 8 }, rows.Shape);
        Assert.Equal([2, 3, 4, 2, 7, 5, 3, 0, 0, 0, 0, 0, 0, 0, 0, 2, 6, 0, 0, 0], rows.EncodeAll());
        Assert.Equal([5, 2, 1, 2], Enumerable.Range(0, 4).Select(rows.Steps));
        Assert.Empty(rows.Notices);
    }

    [Fact]
    public void Words_that_training_rows_lack_are_unknown_and_long_texts_lose_their_end()
    {
        var encoder = InputEncoder.Fit(Train, Options with { MaxTokens = 3, MaxWords = 2 });
        var test = new Dataset("test.txt", [new TextColumn("text", ["THE cat sat on the mat", "fish"])]);

        EncodedRows rows = encoder.Bind(test);

        Assert.Equal([2, 1, 1, 3, 0, 0], rows.EncodeAll());
        Assert.Equal(["test.txt: column 'text': 1 of 2 texts have more than 3 tokens and lose their end."], rows.Notices);
    }

    [Fact]
    public void What_was_written_and_read_again_encodes_the_same()
    {
        var encoder = InputEncoder.Fit(Train, Options with { Lowercase = false, Tokenizer = "spaces", MinCount = 1 });

        var again = InputEncoder.FromJson(encoder.ToJson());

        Assert.Equal(encoder.Shape, again.Shape);
        Assert.Equal(encoder.ToJson(), again.ToJson());
        Assert.Equal(encoder.Bind(Train).EncodeAll(), again.Bind(Train).EncodeAll());
    }

    [Fact]
    public void Batches_hold_as_many_tokens_as_their_longest_text()
    {
        var encoder = InputEncoder.Fit(Train, Options);
        var batches = new SequentialBatches(new LabeledRows(Train, encoder, []), 3);

        Batch first = batches.Next()!;
        Assert.Equal([3, 5], first.Input.Shape.Sizes.ToArray());
        Batch second = batches.Next()!;

        Assert.Equal([1, 2], second.Input.Shape.Sizes.ToArray());
        Assert.Equal([2f, 6], second.Input.ToArray());
        Assert.Equal([2], second.Lengths!.Value.ToIntArray());
    }

    [Fact]
    public void Rows_without_a_word_are_refused()
    {
        var rows = new Dataset("t", [new TextColumn("text", ["", null])]);

        var e = Assert.Throws<GraftInputException>(() => InputEncoder.Fit(rows, Options));

        Assert.Equal("t: column 'text': expected a word in the training rows, got none.", e.Message);
    }

    [Fact]
    public void Tokens_beside_other_inputs_are_refused()
    {
        var e = Assert.Throws<GraftInputException>(() => InputEncoder.Fit(Train, new InputOptions(Text: TextWeighting.Tokens)));

        Assert.Equal("train.txt: inputs: expected one column where it is a picture, a sequence or tokens, got text, label. Name 'text' as the only input.", e.Message);
    }

    [Fact]
    public void A_table_without_texts_has_no_tokens()
    {
        var rows = new Dataset("t", [new NumberColumn("a", [1]), new NumberColumn("b", [2])]);

        var e = Assert.Throws<GraftInputException>(() => InputEncoder.Fit(rows, new InputOptions(Text: TextWeighting.Tokens)));

        Assert.Equal("t: inputs.text: expected a column of texts to make tokens of, got a (number), b (number). Name it as the only input.", e.Message);
    }

    [Fact]
    public void Texts_that_were_read_as_categories_are_texts_where_they_are_the_only_input()
    {
        var rows = new Dataset("t", [new CategoryColumn("c", [0, 1, 0, -1], ["a b", "b"])]);

        EncodedRows encoded = InputEncoder.Fit(rows, new InputOptions(Text: TextWeighting.Tokens)).Bind(rows);

        Assert.Equal([3, 2, 2, 0, 3, 2, 0, 0], encoded.EncodeAll());
    }

    [Fact]
    public void A_damaged_encoder_is_refused_with_one_kind_of_error()
    {
        byte[] valid = Encoding.UTF8.GetBytes(InputEncoder.Fit(Train, Options).ToJson());

        Fuzz.Bytes(valid, damaged => InputEncoder.FromJson(Encoding.UTF8.GetString(damaged), "model.json").Bind(Train).EncodeAll(), variants: 500);
    }
}
