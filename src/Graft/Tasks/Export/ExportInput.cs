using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models.Graphs;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tasks.Export;

/// <summary>What goes into an exported graph, and what the graph makes of it before the network sees it.</summary>
/// <param name="Samples">Example rows of every input.</param>
/// <param name="Take">Makes of them what the network takes: inputs and lengths.</param>
/// <param name="What">One line on what the first input holds.</param>
/// <param name="Description">The same for programs.</param>
internal sealed record ExportInput(IReadOnlyList<GraphSample> Samples, Func<IReadOnlyList<Tensor>, (Tensor Input, Tensor? Lengths)> Take, string What, JsonObject Description)
{
    /// <summary>What a row looks like where the samples are those of any such rows; else null.</summary>
    public InputShape? Rows { get; init; }

    /// <summary>The inputs of rows that an encoder makes.</summary>
    /// <exception cref="GraftInputException">The encoder's work cannot be done in a graph, or there is nothing to crop.</exception>
    public static ExportInput Of(InputEncoder encoder, ExportOptions options)
    {
        InputShape shape = encoder.Shape;
        if (encoder.Picture is { } picture)
        {
            return OfPictures(picture, options);
        }

        if (options.Crop is not null)
        {
            throw new GraftInputException("", $"crop: expected a model for pictures, got one for {shape}.");
        }

        return encoder.Columns[0] switch
        {
            TokenEncoder => new ExportInput(
                GraphSamples.Of(shape), GraphSamples.Taken,
                Texts(shape, isOpen: false),
                new JsonObject { ["kind"] = "tokens", ["vocabulary"] = shape.Vocabulary }) { Rows = shape },
            SequenceEncoder sequence => OfSequences(sequence, options.Normalize),
            _ when options.Normalize => ExportTable.Of(encoder),
            _ => new ExportInput(
                GraphSamples.Of(shape), GraphSamples.Taken, "features as the model's encoder makes them, in the order of the metadata",
                new JsonObject { ["kind"] = "features", ["features"] = new JsonArray([.. encoder.Features.Select(f => (JsonNode)f.Name)]) }),
        };
    }

    /// <summary>The same, said of a graph that was made of it: whether texts have to be filled up to all steps is seen there.</summary>
    public ExportInput For(Graph graph) => Rows is { Kind: InputKind.Tokens } shape ? this with { What = Texts(shape, isOpen: graph.Inputs[0].Sizes is [_, < 0]) } : this;

    private static string Texts(InputShape shape, bool isOpen) =>
        FormattableString.Invariant($"numbers of tokens from 0 to {shape.Vocabulary - 1}, {(isOpen ? "at most " : "")}{shape.Sizes[0]} a text, filled up behind its end as the tokenizer says");

    private static ExportInput OfPictures(PictureEncoder encoder, ExportOptions options)
    {
        (int high, int wide, int channels) = (encoder.Height, encoder.Width, encoder.Channels);
        Pair outer = options.Crop ?? (high, wide);
        if (outer.Height < high || outer.Width < wide)
        {
            throw new GraftInputException("", FormattableString.Invariant($"crop: expected pictures of at least {high} x {wide}, of which the middle is taken, got {outer.Height} x {outer.Width}."));
        }

        // Color channels that the network takes in another order change places where the graph scales them.
        bool turns = options.Normalize && channels == 3 && encoder.Order == PixelOrder.Bgr;
        Shape vector = [1, channels, 1, 1];
        var scale = Tensor.From([.. encoder.Deviation.Select(d => (float)(1 / (255 * d)))], vector);
        var shift = Tensor.From([.. encoder.Mean.Select((m, c) => (float)(-m / encoder.Deviation[c]))], vector);
        (Tensor, Tensor?) Take(IReadOnlyList<Tensor> given)
        {
            Tensor x = given[0];
            x = outer.Height == high ? x : x.Slice(2, (outer.Height - high) / 2, high);
            x = outer.Width == wide ? x : x.Slice(3, (outer.Width - wide) / 2, wide);
            x = turns ? Tensor.Concat([x.Slice(1, 2, 1), x.Slice(1, 1, 1), x.Slice(1, 0, 1)], 1) : x;
            return (options.Normalize ? (x * scale) + shift : x, null);
        }

        string order = channels == 1 ? "grey" : options.Normalize || encoder.Order == PixelOrder.Rgb ? "red, green, blue" : "blue, green, red";
        string what = FormattableString.Invariant($"pictures of {outer.Height} x {outer.Width} pixels, channels first ({order})")
            + (outer == (high, wide) ? "" : FormattableString.Invariant($", of which the middle {high} x {wide} is taken"))
            + (options.Normalize ? ", pixels from 0 to 255" : ", pixels scaled: (p / 255 - mean) / deviation of their channel");
        return new ExportInput(GraphSamples.Of(new InputShape(InputKind.Picture, [outer.Height, outer.Width, channels])), Take, what, new JsonObject
        {
            ["kind"] = "picture",
            ["order"] = order,
            ["pixels"] = options.Normalize ? "0..255" : "scaled",
            ["keeps"] = encoder.Crop,
            ["mean"] = new JsonArray([.. encoder.Mean.Select(m => (JsonNode)m)]),
            ["deviation"] = new JsonArray([.. encoder.Deviation.Select(d => (JsonNode)d)]),
        });
    }

    private static ExportInput OfSequences(SequenceEncoder encoder, bool normalize)
    {
        int width = encoder.Scalers.Count;
        (Tensor, Tensor?) Take(IReadOnlyList<Tensor> given)
        {
            (Tensor x, Tensor? lengths) = GraphSamples.Taken(given);
            return (normalize ? Steps.Masked(ExportTable.Scale(x, encoder.Scalers, out _), lengths) : x, lengths);
        }

        return new ExportInput(
            GraphSamples.Of(encoder.Shape), Take,
            FormattableString.Invariant($"sequences of at most {encoder.Steps} steps of {width} numbers each{(normalize ? " in their own units" : ", scaled")}; steps behind the end of a row count nothing"),
            new JsonObject { ["kind"] = "sequence", ["values"] = normalize ? "raw" : "scaled" }) { Rows = encoder.Shape };
    }
}
