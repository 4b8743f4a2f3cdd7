using System.Globalization;
using System.Text;

namespace Graft.Data.Text.Finishing;

/// <summary>Makes text of runs of tokens such as &lt;0xE2&gt;; a run that is no UTF-8 becomes a U+FFFD for each of its bytes.</summary>
internal sealed class ByteFallbackDecoder : Decoder
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public override List<string> Apply(List<string> tokens)
    {
        var parts = new List<string>(tokens.Count);
        var bytes = new List<byte>();
        foreach (string token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.Add(value);
                continue;
            }

            Flush(bytes, parts);
            parts.Add(token);
        }

        Flush(bytes, parts);
        return parts;
    }

    private static void Flush(List<byte> bytes, List<string> parts)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        try
        {
            parts.Add(Strict.GetString([.. bytes]));
        }
        catch (DecoderFallbackException)
        {
            parts.Add(new string('\uFFFD', bytes.Count));
        }

        bytes.Clear();
    }
}
