namespace Graft.Cli;

/// <summary>Lines on standard error, and a last one that is drawn over while something goes on.</summary>
/// <remarks>Not safe to use from several threads: whoever shows progress holds its own lock.</remarks>
internal sealed class StatusLine(Terminal terminal)
{
    private const int LeastWidth = 20;

    private bool _isOpen;

    private int Width => Math.Max(LeastWidth, terminal.MessageWidth - 1);

    /// <summary>A bar of progress, such as "###.....".</summary>
    /// <param name="done">How much is done; at most <paramref name="total"/>.</param>
    /// <param name="total">How much there is; 0 where that is not known, for an empty bar.</param>
    public static string Bar(long done, long total)
    {
        const int Marks = 24;
        int full = total > 0 ? (int)(Marks * done / total) : 0;
        return new string('#', full) + new string('.', Marks - full);
    }

    /// <summary>Writes a line that stays.</summary>
    public void Say(string text)
    {
        Erase();
        terminal.Error.WriteLine(text);
    }

    /// <summary>Draws the line that is drawn over; what does not fit is cut off.</summary>
    public void Draw(string text)
    {
        terminal.Error.Write("\r" + (text.Length > Width ? text[..Width] : text.PadRight(Width)));
        _isOpen = true;
    }

    /// <summary>Takes that line away, where one is drawn.</summary>
    public void Erase()
    {
        if (_isOpen)
        {
            terminal.Error.Write("\r" + new string(' ', Width) + "\r");
            _isOpen = false;
        }
    }
}
