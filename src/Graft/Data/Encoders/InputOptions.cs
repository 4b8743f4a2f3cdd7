using Graft.Tensors;

namespace Graft.Data.Encoders;

/// <summary>Which columns a model sees, and how they become numbers.</summary>
/// <param name="Columns">Names of the input columns, all different; null for all but <paramref name="Exclude"/>.</param>
/// <param name="Exclude">Columns left out, such as targets, groups and identities; where no columns are named.</param>
/// <param name="Numbers">Scale of numbers, vectors and sequences.</param>
/// <param name="Impute">What stands in for a missing number.</param>
/// <param name="MissingIndicator">Whether numbers and categories that training rows lack get a 0/1 feature "is missing".</param>
/// <param name="MaxLevels">Most levels of a category to keep, the most frequent ones; at least 1.</param>
/// <param name="Text">What a text becomes: a bag of words beside other features, or tokens in their order, for models that read texts.</param>
/// <param name="MaxWords">Most words of a text column to keep, the most frequent ones; at least 1. Left out, 2000 as a bag and 20000 as tokens.</param>
/// <param name="MinCount">Training texts that must have a word, or as tokens how often they must; at least 1.</param>
/// <param name="Lowercase">Whether words as tokens are told apart by their letters alone, not by their case.</param>
/// <param name="Tokenizer">
/// What makes tokens of a text. words: runs of letters and digits, and runs of other signs; spaces: what stands between spaces; both learn their vocabulary from
/// the training rows. Otherwise the path of a tokenizer.json (WordPiece, byte-level BPE, Unigram) or of BERT's vocab.txt, which brings its vocabulary.
/// </param>
/// <param name="MaxTokens">Tokens of an encoded text, those at the ends included; longer ones lose their end. 0 for those of the longest training row, at most 512.</param>
/// <param name="Pixels">Scale of pixels.</param>
/// <param name="Mean">A mean a channel of pixels / 255, as a pretrained model expects it; null to learn it.</param>
/// <param name="Deviation">A standard deviation a channel of pixels / 255; null to learn it.</param>
/// <param name="Height">Pixels down; 0 for those of the first picture.</param>
/// <param name="Width">Pixels across; 0 for those of the first picture.</param>
/// <param name="Channels">1 or 3; 0 for those of the first picture.</param>
/// <param name="Order">The order in which the model takes the channels of a color picture; means and deviations stand in it too.</param>
/// <param name="Crop">Share of each side of a picture that its middle keeps, from 0.05 to 1, such as 0.875 for 224 pixels out of 256: it is scaled in proportion and what is over is cut off. 0: the whole picture, its sides stretched.</param>
/// <param name="MaxSteps">Steps of an encoded sequence; 0 for the longest training row.</param>
public sealed record InputOptions(
    [Shorthand] IReadOnlyList<string>? Columns = null,
    IReadOnlyList<string>? Exclude = null,
    NumberScaling Numbers = NumberScaling.Standard,
    Imputation Impute = Imputation.Mean,
    bool MissingIndicator = true,
    int MaxLevels = 256,
    TextWeighting Text = TextWeighting.TfIdf,
    int? MaxWords = null,
    int MinCount = 1,
    bool Lowercase = true,
    string Tokenizer = "words",
    int MaxTokens = 0,
    PixelScaling Pixels = PixelScaling.Standard,
    IReadOnlyList<double>? Mean = null,
    IReadOnlyList<double>? Deviation = null,
    int Height = 0,
    int Width = 0,
    int Channels = 0,
    PixelOrder Order = PixelOrder.Rgb,
    double Crop = 0,
    int MaxSteps = 0)
{
    private const int MostPixels = 1 << 16;

    /// <summary>Names of the input columns, all different.</summary>
    public IReadOnlyList<string>? Columns { get; init; } = Columns is null || (Columns.Count > 0 && Columns.Distinct(StringComparer.Ordinal).Count() == Columns.Count)
        ? Columns
        : throw new ArgumentException($"Columns: expected at least one column, all different, got [{string.Join(", ", Columns)}].", nameof(Columns));

    /// <summary>Columns left out.</summary>
    public IReadOnlyList<string>? Exclude { get; init; } = Columns is null || Exclude is null
        ? Exclude
        : throw new ArgumentException("Exclude: expected either columns or exclude, got both.", nameof(Exclude));

    /// <summary>Most levels of a category to keep.</summary>
    public int MaxLevels { get; init; } = Check.AtLeast(1, MaxLevels);

    /// <summary>Most words of a text column to keep.</summary>
    public int? MaxWords { get; init; } = MaxWords is { } words ? Check.AtLeast(1, words, nameof(MaxWords)) : null;

    /// <summary>Training texts that must have a word.</summary>
    public int MinCount { get; init; } = Check.AtLeast(1, MinCount);

    /// <summary>Tokens of an encoded text, or 0.</summary>
    public int MaxTokens { get; init; } = Check.Within(0, TokenEncoder.MostTokens, MaxTokens);

    /// <summary>A mean a channel, finite.</summary>
    public IReadOnlyList<double>? Mean { get; init; } = Mean is null || (Mean.Count is 1 or 3 && Mean.All(double.IsFinite))
        ? Mean
        : throw new ArgumentException(FormattableString.Invariant($"Mean: expected a number for each channel, 1 or 3, got {Mean.Count}."), nameof(Mean));

    /// <summary>A standard deviation a channel, greater than 0.</summary>
    public IReadOnlyList<double>? Deviation { get; init; } = Deviation is null || (Deviation.Count is 1 or 3 && Deviation.All(d => double.IsFinite(d) && d > 0))
        ? Deviation
        : throw new ArgumentException($"Deviation: expected a number greater than 0 for each channel, 1 or 3, got [{string.Join(", ", Deviation)}].", nameof(Deviation));

    /// <summary>Pixels down, or 0.</summary>
    public int Height { get; init; } = Check.Within(0, MostPixels, Height);

    /// <summary>Pixels across, or 0.</summary>
    public int Width { get; init; } = Check.Within(0, MostPixels, Width);

    /// <summary>1, 3 or 0.</summary>
    public int Channels { get; init; } = Channels is 0 or 1 or 3
        ? Channels
        : throw new ArgumentException(FormattableString.Invariant($"Channels: expected 1, 3, or 0 for those of the first picture, got {Channels}."), nameof(Channels));

    /// <summary>Share of each side of a picture that its middle keeps, or 0.</summary>
    public double Crop { get; init; } = Crop is 0 or (>= 0.05 and <= 1)
        ? Crop
        : throw new ArgumentOutOfRangeException(nameof(Crop), Crop, FormattableString.Invariant($"Crop: expected 0 or a number from 0.05 to 1, got {Crop}."));

    /// <summary>Steps of an encoded sequence, or 0.</summary>
    public int MaxSteps { get; init; } = Check.AtLeast(0, MaxSteps);
}
