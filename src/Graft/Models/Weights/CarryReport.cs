using System.Globalization;
using System.Text;

namespace Graft.Models.Weights;

/// <summary>A parameter path with its shape, or with both shapes where they differ.</summary>
/// <param name="Path">As the state dictionary names it.</param>
/// <param name="Shape">The model's shape; the source's where the model has none.</param>
/// <param name="SourceShape">The source's shape where it differs, else null.</param>
public sealed record CarriedPath(string Path, string Shape, string? SourceShape = null)
{
    /// <summary>What else is to be said of it, such as how many words have a vector; null for nothing.</summary>
    public string? Note { get; init; }

    /// <inheritdoc/>
    public override string ToString() => (SourceShape is null ? $"{Path} {Shape}" : $"{Path}: source {SourceShape}, model {Shape}") + (Note is null ? "" : $", {Note}");
}

/// <summary>What became of every weight when a source model's weights were carried into another model: never silent.</summary>
/// <param name="Source">Where the weights came from.</param>
/// <param name="Carried">Taken from the source.</param>
/// <param name="Reset">In the source, but made anew because that was asked for.</param>
/// <param name="Missing">In the model only: made anew.</param>
/// <param name="Unexpected">In the source only: not used.</param>
/// <param name="WrongShape">In both with different shapes: made anew.</param>
public sealed record CarryReport(
    string Source,
    IReadOnlyList<CarriedPath> Carried,
    IReadOnlyList<CarriedPath> Reset,
    IReadOnlyList<CarriedPath> Missing,
    IReadOnlyList<CarriedPath> Unexpected,
    IReadOnlyList<CarriedPath> WrongShape)
{
    /// <summary>"source: 4 of 6 tensors carried", then a line for each that was not, and for those of which there is more to say.</summary>
    public override string ToString()
    {
        int all = Carried.Count + Reset.Count + Missing.Count + WrongShape.Count;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Source}: {Carried.Count} of {all} tensors carried");
        Lines("carried", [.. Carried.Where(c => c.Note is not null)]);
        Lines("made anew as asked", Reset);
        Lines("only in the model, made anew", Missing);
        Lines("only in the source, not used", Unexpected);
        Lines("of another shape, made anew", WrongShape);
        return text.ToString();

        void Lines(string what, IReadOnlyList<CarriedPath> paths)
        {
            foreach (CarriedPath path in paths)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n  {what}: {path}");
            }
        }
    }
}
