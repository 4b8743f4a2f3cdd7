using System.Globalization;
using System.Text;

namespace Graft.Experiments.Spec;

/// <summary>Text from outside, made fit for a one-line message.</summary>
internal static class Ascii
{
    /// <summary>The text in single quotes, cut to a length, with control and other unprintable characters escaped.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="most">Longest text shown, in characters.</param>
    public static string Quote(string text, int most = 40)
    {
        var quoted = new StringBuilder("'");
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, most)))
        {
            _ = char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029'
                ? quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")
                : quoted.Append(c);
        }

        return quoted.Append(text.Length > most ? "...'" : "'").ToString();
    }

    /// <summary>The text on one line: line ends and tabs become spaces.</summary>
    /// <param name="text">Any text.</param>
    public static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
