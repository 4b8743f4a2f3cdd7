using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Which vectors of words a model learns.</summary>
public enum WordChannels
{
    /// <summary>One table, which is learned.</summary>
    Learned,

    /// <summary>One table, which stays as it is: for vectors from a file.</summary>
    Static,

    /// <summary>Two tables that begin with the same vectors from a file, of which one is learned; a word is the sum of both.</summary>
    Both,
}

/// <summary>A vector for each token of a vocabulary.</summary>
/// <remarks>V tokens, vectors of D numbers; the first layer of models for texts. Learned vectors are a parameter, static ones part of the state alone.</remarks>
public sealed class WordTable : Module
{
    /// <param name="count">Tokens of the vocabulary, V; at least 1.</param>
    /// <param name="width">Length of a vector, D; at least 1.</param>
    /// <param name="channels">Which vectors are learned.</param>
    /// <param name="initializer">First values. Left out: uniform in ±0.25, as words without a vector have them in Kim (EMNLP 2014).</param>
    public WordTable(int count, int width, WordChannels channels = WordChannels.Learned, Initializer? initializer = null)
    {
        Count = Check.AtLeast(1, count);
        Width = Check.AtLeast(1, width);
        initializer ??= Init.Uniform(-0.25f, 0.25f);
        Weight = channels == WordChannels.Static ? null : new Parameter([count, width], initializer);
        Fixed = channels == WordChannels.Learned ? null : new BufferTensor([count, width], initializer);
    }

    /// <summary>Tokens of the vocabulary.</summary>
    public int Count { get; }

    /// <summary>Length of a vector.</summary>
    public int Width { get; }

    /// <summary>Learned vectors, shape [V, D]; null where there are none.</summary>
    public Parameter? Weight { get; }

    /// <summary>Static vectors, shape [V, D]; null where there are none.</summary>
    public BufferTensor? Fixed { get; }

    /// <summary>The table of a model for texts.</summary>
    /// <param name="model">Who asks, for messages.</param>
    /// <param name="input">What the model is built for.</param>
    /// <param name="width">Length of a vector.</param>
    /// <param name="channels">Which vectors are learned.</param>
    /// <exception cref="ShapeException">These are no tokens.</exception>
    public static WordTable For(string model, InputShape input, int width, WordChannels channels = WordChannels.Learned) =>
        new(Tokens(model, input).Vocabulary, width, channels);

    /// <summary>Numbers of tokens as integers.</summary>
    /// <param name="model">Who asks, for messages.</param>
    /// <param name="x">Shape [B, T], floating point numbers or integers.</param>
    /// <returns>Integers [B, T].</returns>
    /// <exception cref="ShapeException">The input has other axes.</exception>
    public static Tensor Numbers(Module model, Tensor x) => x.Rank == 2
        ? x.ToInt()
        : throw new ShapeException(model.ToString()!, "numbers of tokens [B, T]", x.Shape.ToString());

    /// <param name="x">Numbers of tokens, each from 0 to V - 1, shape [B, T].</param>
    /// <returns>Shape [B, T, D].</returns>
    public override Tensor Forward(Tensor x)
    {
        Tensor tokens = Numbers(this, x);
        Tensor? learned = Weight?.Value.IndexSelect(tokens), kept = Fixed?.Value.IndexSelect(tokens);
        return learned is { } a && kept is { } b ? a + b : (learned ?? kept)!.Value;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"WordTable({Count} x {Width})");

    /// <summary>A file's weights for a model with this table: those of a network as they are, vectors of words as the rows of the table.</summary>
    /// <param name="file">The file.</param>
    /// <param name="input">What the model is built for.</param>
    /// <param name="path">The table's path in the model.</param>
    /// <exception cref="GraftInputException">The vectors have another length, or none is of a word that the model knows.</exception>
    internal IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file, InputShape input, string path) =>
        file.Format == WordVectors.FormatName ? FromVectors(file, input.Words, path) : file.Tensors;

    /// <summary>What a model for texts is built for.</summary>
    internal static InputShape Tokens(string model, InputShape input) => input.Kind == InputKind.Tokens && input.Vocabulary > 0
        ? input
        : throw new ShapeException(model, "texts as tokens", input.ToString(), input.Kind switch
        {
            InputKind.Picture => "Use cnn for pictures.",
            InputKind.Sequence => "Use lstm or gru for sequences.",
            _ => "Texts become tokens with inputs: { text: tokens }; use mlp for tables.",
        });

    /// <summary>What a model is built for that reads numbers as amounts.</summary>
    internal static InputShape NoTokens(string model, InputShape input) => input.Kind == InputKind.Tokens
        ? throw new ShapeException(model, "numbers", input.ToString(), "Use text-cnn, text-lstm or a transformer for tokens, or inputs: { text: tf-idf }.")
        : input;

    // Words without a vector keep their first values.
    private Dictionary<string, NamedArray> FromVectors(WeightFile file, IReadOnlyList<string> words, string path)
    {
        if (words.Count == 0)
        {
            throw new GraftInputException(file.Path, "vectors of words: expected a model that knows the words of its inputs, got one that sees numbers alone. Use inputs: { text: tokens }.");
        }

        var vectors = WordVectors.Read(file.Path, words.ToHashSet(StringComparer.Ordinal));
        int[] rows = [.. words.Take(Count).Select(vectors.Find)];
        int all = words.Count(IsWord), found = rows.Count(r => r >= 0);
        if (found == 0)
        {
            throw new GraftInputException(file.Path, $"vectors of words: expected some of the {all} words that the model knows, got none of them.");
        }

        if (vectors.Size != Width)
        {
            throw new GraftInputException(file.Path, $"vectors of words: expected {Width} numbers a word, got {vectors.Size}. Set the model's width: {vectors.Size}.");
        }

        string lacking = string.Join(", ", words.Take(Count).Where((w, i) => rows[i] < 0 && IsWord(w)).Take(5));
        string note = string.Create(CultureInfo.InvariantCulture, $"{found} of {all} words have a vector{(lacking.Length > 0 ? $"; without one: {lacking}{(all - found > 5 ? ", ..." : "")}" : "")}");
        return new[] { ("weight", Weight?.Value), ("fixed", Fixed?.Value) }.Where(t => t.Item2 is not null).ToDictionary(
            t => $"{path}.{t.Item1}",
            t => new NamedArray([Count, Width], Filled(t.Item2!.Value.ToArray(), rows, vectors)) { Note = note });
    }

    // Not such as [PAD] and [UNK].
    private static bool IsWord(string token) => token.Length > 0 && !(token.Length > 2 && token[0] == '[' && token[^1] == ']');

    private static float[] Filled(float[] table, int[] rows, WordVectors vectors)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i] >= 0)
            {
                vectors.Row(rows[i]).CopyTo(table.AsSpan(i * vectors.Size));
            }
        }

        return table;
    }
}
