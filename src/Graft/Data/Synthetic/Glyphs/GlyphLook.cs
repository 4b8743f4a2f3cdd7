namespace Graft.Data.Synthetic.Glyphs;

/// <summary>How far single drawings may differ from the strokes as they are written down.</summary>
/// <param name="Rotation">Largest turn either way, in degrees.</param>
/// <param name="Scale">Largest change of size either way, as a share; of both axes, and half of it of the width alone.</param>
/// <param name="Shear">Largest slant either way: sideways steps for a step down.</param>
/// <param name="Slant">Slant that every drawing has.</param>
/// <param name="Move">Largest move either way, as a share of the picture.</param>
/// <param name="MinThickness">Thinnest stroke, as a share of the picture.</param>
/// <param name="MaxThickness">Thickest stroke, as a share of the picture.</param>
/// <param name="Jitter">How far strokes are bent and moved, as a share of the character's height.</param>
/// <param name="Noise">Standard deviation of the noise of single pixels; 1 is white.</param>
/// <param name="Blur">Strongest blur, as the share of a pixel that goes to its neighbors on either side, 0..1/3.</param>
/// <param name="Fade">Largest loss of contrast, as a share.</param>
/// <param name="Texture">Brightest stripes behind the character; 1 is white.</param>
internal sealed record GlyphLook(
    double Rotation, double Scale, double Shear, double Slant, double Move, double MinThickness, double MaxThickness,
    double Jitter, double Noise, double Blur, double Fade, double Texture)
{
    /// <summary>The look of another domain.</summary>
    /// <param name="shift">0 for this one, 1 for the farthest.</param>
    public GlyphLook Shifted(double shift) => this with
    {
        Slant = Slant + (0.45 * shift),
        MinThickness = MinThickness * (1 + (0.8 * shift)),
        MaxThickness = MaxThickness * (1 + (0.8 * shift)),
        Noise = Noise + (0.1 * shift),
        Fade = Fade + (0.25 * shift),
        Texture = Texture + (0.4 * shift),
    };
}
