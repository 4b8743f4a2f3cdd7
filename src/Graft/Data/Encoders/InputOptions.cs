namespace Graft.Data.Encoders;

/// <summary>Which columns a model sees, and how they become numbers.</summary>
/// <param name="Columns">Names of the input columns; null for all but <paramref name="Exclude"/>.</param>
/// <param name="Exclude">Columns left out, such as targets, groups and identities.</param>
/// <param name="Numbers">Scale of numbers, vectors and sequences.</param>
/// <param name="Impute">What stands in for a missing number.</param>
/// <param name="MissingIndicator">Whether numbers and categories that training rows lack get a 0/1 feature "is missing".</param>
/// <param name="MaxLevels">Most levels of a category to keep, the most frequent ones; at least 1.</param>
/// <param name="Text">What the feature of a word holds.</param>
/// <param name="MaxWords">Most words of a text column to keep; at least 1.</param>
/// <param name="Pixels">Scale of pixels.</param>
/// <param name="Mean">A mean a channel of pixels / 255, as a pretrained model expects it; null to learn it.</param>
/// <param name="Deviation">A standard deviation a channel of pixels / 255; null to learn it.</param>
/// <param name="Height">Pixels down; 0 for those of the first picture.</param>
/// <param name="Width">Pixels across; 0 for those of the first picture.</param>
/// <param name="Channels">1 or 3; 0 for those of the first picture.</param>
/// <param name="Order">The order in which the model takes the channels of a color picture; means and deviations stand in it too.</param>
/// <param name="MaxSteps">Steps of an encoded sequence; 0 for the longest training row.</param>
public sealed record InputOptions(
    [Shorthand] IReadOnlyList<string>? Columns = null,
    IReadOnlyList<string>? Exclude = null,
    NumberScaling Numbers = NumberScaling.Standard,
    Imputation Impute = Imputation.Mean,
    bool MissingIndicator = true,
    int MaxLevels = 256,
    TextWeighting Text = TextWeighting.TfIdf,
    int MaxWords = 2000,
    PixelScaling Pixels = PixelScaling.Standard,
    IReadOnlyList<double>? Mean = null,
    IReadOnlyList<double>? Deviation = null,
    int Height = 0,
    int Width = 0,
    int Channels = 0,
    PixelOrder Order = PixelOrder.Rgb,
    int MaxSteps = 0);
