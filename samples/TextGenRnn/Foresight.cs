using System.Text;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace TextGenRnn;

/// <summary>How well a network foresees the letters of texts.</summary>
/// <param name="Nats">Mean of minus the logarithm of what it gave the letter that came.</param>
/// <param name="Share">Share of letters that it held for the likeliest.</param>
/// <param name="Count">How many letters, the ends of texts among them.</param>
internal sealed record Foresight(double Nats, double Share, int Count)
{
    private const int Batch = 256;

    public static Foresight Measure(LetterNetwork network, Letters letters, IReadOnlyList<string> texts)
    {
        (int[] Before, int Next)[] places =
        [
            .. from text in texts
               let all = letters.Of(text)
               from i in Enumerable.Range(1, all.Length - 1)
               select (Last(all.AsSpan(0, i)), all[i]),
        ];
        double nats = 0;
        int right = 0;
        foreach ((int[] Before, int Next)[] batch in places.Chunk(Batch))
        {
            using var scope = new TensorScope();
            using var silence = new NoGrad();
            Tensor logits = network.Forward(Tensor.From([.. batch.SelectMany(p => p.Before)], [batch.Length, LetterNetwork.Steps])).LogSoftmax();
            int[] likeliest = logits.ArgMax().ToIntArray();
            float[] given = logits.Gather(Tensor.From([.. batch.Select(p => p.Next)], [batch.Length, 1])).ToArray();
            nats -= given.Sum(v => (double)v);
            right += likeliest.Zip(batch).Count(p => p.First == p.Second.Next);
        }

        return new Foresight(nats / places.Length, (double)right / places.Length, places.Length);
    }

    /// <summary>A text with the letters that are likeliest to follow, up to an end.</summary>
    public static string GoOn(LetterNetwork network, Letters letters, string text, int most)
    {
        var whole = new StringBuilder(text);
        List<int> numbers = [.. letters.Of(text)[..^1]];
        for (int i = 0; i < most; i++)
        {
            using var scope = new TensorScope();
            using var silence = new NoGrad();
            int next = network.Forward(Tensor.From(Last([.. numbers]), [1, LetterNetwork.Steps])).ArgMax().ToIntArray()[0];
            if (next == letters.End)
            {
                break;
            }

            numbers.Add(next);
            whole.Append(letters.At(next));
        }

        return whole.ToString();
    }

    // The last 40 letters, filled up with 0 in front.
    private static int[] Last(ReadOnlySpan<int> numbers)
    {
        var last = new int[LetterNetwork.Steps];
        ReadOnlySpan<int> kept = numbers[Math.Max(0, numbers.Length - last.Length)..];
        kept.CopyTo(last.AsSpan(last.Length - kept.Length));
        return last;
    }
}
