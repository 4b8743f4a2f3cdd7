using System.Text;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text.Finishing;

/// <summary>Makes bytes of characters again, and text of bytes; a token with a character that stands for no byte is text as it is.</summary>
internal sealed class ByteLevelDecoder : Decoder
{
    public override List<string> Apply(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (string token in tokens)
        {
            if (token.All(c => ByteLevel.ByteOf(c) >= 0))
            {
                bytes.AddRange(token.Select(c => (byte)ByteLevel.ByteOf(c)));
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
            }
        }

        return [Encoding.UTF8.GetString([.. bytes])];
    }
}
