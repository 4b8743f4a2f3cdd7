namespace Graft.Data.Synthetic.Glyphs;

/// <summary>What is drawn.</summary>
public enum GlyphKind
{
    /// <summary>The capital letters A to Z.</summary>
    Letters,

    /// <summary>The digits 0 to 9.</summary>
    Digits,

    /// <summary>Digits and letters: 36 classes.</summary>
    Both,

    /// <summary>No characters but eight kinds of texture: a source that fits no task of characters.</summary>
    Textures,
}
