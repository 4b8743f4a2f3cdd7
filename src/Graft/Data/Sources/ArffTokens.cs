using System.Text;

namespace Graft.Data.Sources;

/// <summary>Cuts a line of an ARFF file into words, which may stand in single or double quotes, with backslashes inside.</summary>
internal ref struct ArffTokens(ReadOnlySpan<char> text)
{
    private bool _hasMore = true;

    /// <summary>What is left of the line.</summary>
    public ReadOnlySpan<char> Rest { readonly get; private set; } = text;

    /// <summary>Whether a quote does not close or something else than the delimiter follows a word.</summary>
    public bool IsBroken { readonly get; private set; }

    /// <summary>Takes the next word.</summary>
    /// <param name="word">The word, without quotes and trimmed where it had none.</param>
    /// <param name="isQuoted">Whether it had quotes.</param>
    /// <param name="delimiter">What ends a word: a comma, or a blank for any white space.</param>
    /// <returns>False at the end of the line, or where the line is broken.</returns>
    public bool Next(out string word, out bool isQuoted, char delimiter = ' ')
    {
        word = "";
        isQuoted = false;
        Rest = Rest.TrimStart();
        if (IsBroken || !_hasMore || (Rest.IsEmpty && delimiter == ' '))
        {
            return false;
        }

        if (!Rest.IsEmpty && Rest[0] is '\'' or '"')
        {
            isQuoted = true;
            return Quoted(out word) && End(delimiter);
        }

        int end = delimiter == ' ' ? Rest.IndexOfAny(' ', '\t') : Rest.IndexOf(delimiter);
        word = (end < 0 ? Rest : Rest[..end]).Trim().ToString();
        Rest = Rest[(end < 0 ? Rest.Length : end)..];
        return End(delimiter);
    }

    private bool Quoted(out string word)
    {
        char quote = Rest[0];
        var letters = new StringBuilder();
        for (int i = 1; i < Rest.Length; i++)
        {
            if (Rest[i] == quote)
            {
                Rest = Rest[(i + 1)..];
                word = letters.ToString();
                return true;
            }

            i += Rest[i] == '\\' && i + 1 < Rest.Length ? 1 : 0;
            letters.Append(Rest[i]);
        }

        IsBroken = true;
        word = "";
        return false;
    }

    // Passes over the delimiter; a comma promises another word.
    private bool End(char delimiter)
    {
        Rest = Rest.TrimStart();
        if (delimiter == ' ')
        {
            return true;
        }

        _hasMore = !Rest.IsEmpty && Rest[0] == delimiter;
        IsBroken = !Rest.IsEmpty && !_hasMore;
        Rest = _hasMore ? Rest[1..] : Rest;
        return !IsBroken;
    }
}
