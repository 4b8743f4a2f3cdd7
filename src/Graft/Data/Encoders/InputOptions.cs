namespace Graft.Data.Encoders;

/// <summary>Which columns a model sees, and how they become numbers.</summary>
/// <param name="Columns">Names of the input columns; null for all but <paramref name="Exclude"/>.</param>
/// <param name="Exclude">Columns left out, such as targets, groups and identities.</param>
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
/// <param name="Crop">Share of each side of a picture that its middle keeps, in (0, 1], such as 0.875 for 224 pixels out of 256: it is scaled in proportion and what is over is cut off. 0: the whole picture, its sides stretched.</param>
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
    int MaxSteps = 0);
