using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;

namespace Graft.Data.Synthetic.Glyphs;

/// <summary>The letters A to Z and the digits 0 to 9 as strokes.</summary>
/// <remarks>
/// Coordinates have their origin in the middle of a character, x to the right, y down; characters are 1 high. A stroke is a run of points and arcs; an arc is
/// center x, center y, radius x, radius y, first angle, last angle, in degrees clockwise from the right. Zero is slashed, and I and 1 have feet,
/// so that no two characters look alike.
/// </remarks>
internal static class GlyphStrokes
{
    public const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Digits = "0123456789";

    private const double ArcStep = 15;      // degrees between the points of an arc

    private static readonly FrozenDictionary<char, string> Paths = new Dictionary<char, string>
    {
        ['A'] = "-.36,.5 0,-.5 .36,.5; -.24,.16 .24,.16",
        ['B'] = "-.28,.5 -.28,-.5 .04,-.5 .04,-.26,.24,.24,-90,90 -.28,-.02; .04,-.02 .04,.24,.27,.26,-90,90 -.28,.5",
        ['C'] = "0,0,.37,.5,-48,-312",
        ['D'] = "-.3,-.5 -.04,-.5 -.04,0,.36,.5,-90,90 -.3,.5 -.3,-.5",
        ['E'] = ".3,-.5 -.28,-.5 -.28,.5 .3,.5; -.28,0 .2,0",
        ['F'] = ".3,-.5 -.28,-.5 -.28,.5; -.28,0 .2,0",
        ['G'] = "0,0,.37,.5,-46,-350 .37,.06 .06,.06",
        ['H'] = "-.32,-.5 -.32,.5; .32,-.5 .32,.5; -.32,0 .32,0",
        ['I'] = "-.17,-.5 .17,-.5; 0,-.5 0,.5; -.17,.5 .17,.5",
        ['J'] = ".2,-.5 .2,.22 -.04,.22,.24,.28,0,170",
        ['K'] = "-.28,-.5 -.28,.5; .3,-.5 -.28,.06; -.1,-.11 .33,.5",
        ['L'] = "-.26,-.5 -.26,.5 .3,.5",
        ['M'] = "-.4,.5 -.4,-.5 0,.2 .4,-.5 .4,.5",
        ['N'] = "-.33,.5 -.33,-.5 .33,.5 .33,-.5",
        ['O'] = "0,0,.43,.5,-90,270",
        ['P'] = "-.27,.5 -.27,-.5 .05,-.5 .05,-.23,.27,.27,-90,90 -.27,.04",
        ['Q'] = "0,0,.43,.5,-90,270; .1,.2 .42,.56",
        ['R'] = "-.28,.5 -.28,-.5 .04,-.5 .04,-.24,.26,.26,-90,90 -.28,.02; .02,.02 .32,.5",
        ['S'] = "0,-.25,.28,.25,-28,-270 0,.25,.3,.25,-90,155",
        ['T'] = "-.36,-.5 .36,-.5; 0,-.5 0,.5",
        ['U'] = "-.32,-.5 -.32,.16 0,.16,.32,.34,180,0 .32,-.5",
        ['V'] = "-.36,-.5 0,.5 .36,-.5",
        ['W'] = "-.46,-.5 -.24,.5 0,-.2 .24,.5 .46,-.5",
        ['X'] = "-.33,-.5 .33,.5; .33,-.5 -.33,.5",
        ['Y'] = "-.35,-.5 0,.02 .35,-.5; 0,.02 0,.5",
        ['Z'] = "-.32,-.5 .32,-.5 -.32,.5 .32,.5",
        ['0'] = "0,0,.29,.5,-90,270; .13,-.24 -.13,.24",
        ['1'] = "-.2,-.28 .03,-.5 .03,.5; -.18,.5 .24,.5",
        ['2'] = "0,-.22,.28,.28,-170,35 -.3,.5 .32,.5",
        ['3'] = "-.02,-.25,.27,.25,-150,90 -.02,.24,.31,.26,-90,150",
        ['4'] = ".15,.5 .15,-.5 -.34,.2 .34,.2",
        ['5'] = ".27,-.5 -.21,-.5 -.25,-.05 -.01,.17,.3,.33,-141,145",
        ['6'] = ".25,.2,.54,.7,-97,-180 0,.2,.29,.3,180,-180",
        ['7'] = "-.32,-.5 .32,-.5 -.08,.5",
        ['8'] = "0,-.26,.25,.24,90,450; 0,.24,.31,.26,-90,270",
        ['9'] = "-.25,-.2,.54,.7,83,0 0,-.2,.29,.3,0,-360",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<char, Vector2[][]> Points = Paths.ToFrozenDictionary(p => p.Key, p => Parse(p.Value));

    /// <summary>Whether a character can be drawn.</summary>
    public static bool Has(char character) => Points.ContainsKey(character);

    /// <summary>The strokes of a character, each a line through at least two points.</summary>
    public static Vector2[][] Of(char character) => Points[character];

    private static Vector2[][] Parse(string path) => [.. path.Split(';', StringSplitOptions.TrimEntries).Select(stroke =>
        stroke.Split(' ').SelectMany(item => Items([.. item.Split(',').Select(n => double.Parse(n, CultureInfo.InvariantCulture))])).ToArray())];

    private static IEnumerable<Vector2> Items(double[] n)
    {
        if (n.Length == 2)
        {
            return [new Vector2((float)n[0], (float)n[1])];
        }

        int steps = Math.Max(1, (int)Math.Ceiling(Math.Abs(n[5] - n[4]) / ArcStep));
        return Enumerable.Range(0, steps + 1).Select(i =>
        {
            (double sine, double cosine) = Math.SinCos((n[4] + ((n[5] - n[4]) * i / steps)) * Math.PI / 180);
            return new Vector2((float)(n[0] + (n[2] * cosine)), (float)(n[1] + (n[3] * sine)));
        });
    }
}
