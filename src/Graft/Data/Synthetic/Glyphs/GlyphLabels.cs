namespace Graft.Data.Synthetic.Glyphs;

/// <summary>What the label of a drawing says.</summary>
public enum GlyphLabels
{
    /// <summary>What was drawn.</summary>
    Character,

    /// <summary>Nothing: a class drawn at random, for a source from which nothing can be learned.</summary>
    Random,
}
