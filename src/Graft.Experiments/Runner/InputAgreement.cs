using Graft.Data.Encoders;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Runner;

/// <summary>Whether the numbers that two data sets give a model mean the same.</summary>
internal static class InputAgreement
{
    /// <summary>What is different, as the end of a sentence, or null: other words behind the numbers of tokens, or other features in the places of a table.</summary>
    /// <param name="known">What the model was, or is, learned from.</param>
    /// <param name="own">What it gets besides.</param>
    public static string? Difference(InputEncoder known, InputEncoder own)
    {
        if (known.Shape.Words.Count > 0 && own.Shape.Words.Count > 0 && !known.Shape.Words.SequenceEqual(own.Shape.Words, StringComparer.Ordinal))
        {
            return "numbers its words otherwise";
        }

        (InputFeature Known, InputFeature Own)? first = known.Features.Zip(own.Features).Where(f => f.First.Name != f.Second.Name).Select(f => ((InputFeature, InputFeature)?)f).FirstOrDefault();
        return first is { } other ? $"has the feature {Ascii.Quote(other.Own.Name)} in the place of {Ascii.Quote(other.Known.Name)}" : null;
    }
}
