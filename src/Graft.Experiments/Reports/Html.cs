using System.Text;

namespace Graft.Experiments.Reports;

/// <summary>Collects a page; everything that is not markup of the report itself goes in escaped.</summary>
internal sealed class Html
{
    private readonly StringBuilder _text = new();

    /// <summary>Text that is safe between tags and in quoted attributes: markup is escaped, characters that hide or reorder text are made visible.</summary>
    public static string Escape(string text)
    {
        var safe = new StringBuilder(text.Length + 16);
        foreach (Rune rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '<':
                    safe.Append("&lt;");
                    break;
                case '>':
                    safe.Append("&gt;");
                    break;
                case '&':
                    safe.Append("&amp;");
                    break;
                case '"':
                    safe.Append("&quot;");
                    break;
                case '\'':
                    safe.Append("&#39;");
                    break;
                case '\n' or '\t':
                    safe.Append((char)rune.Value);
                    break;
                case < 0x20 or (>= 0x7f and < 0xa0) or (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069) or 0xfffe or 0xffff:
                    safe.Append('\ufffd');
                    break;
                default:
                    safe.Append(rune.ToString());
                    break;
            }
        }

        return safe.ToString();
    }

    /// <summary>At most so many characters, the last an ellipsis where something was cut.</summary>
    public static string Cut(string text, int length)
    {
        string line = text.ReplaceLineEndings(" ");
        if (line.Length <= length)
        {
            return line;
        }

        int end = char.IsHighSurrogate(line[length - 2]) ? length - 2 : length - 1;
        return line[..end] + "\u2026";
    }

    /// <summary>Adds markup as it stands.</summary>
    public Html Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <summary>Adds an element with escaped text in it.</summary>
    public Html Element(string tag, string text, string? css = null) => Open(tag, css).Raw(Escape(text)).Close(tag);

    /// <summary>Adds an opening tag.</summary>
    public Html Open(string tag, string? css = null) => Raw(css is null ? $"<{tag}>" : $"<{tag} class=\"{css}\">");

    /// <summary>Adds a closing tag.</summary>
    public Html Close(string tag) => Raw($"</{tag}>\n");

    /// <summary>Adds a part that the reader unfolds.</summary>
    public Html Fold(string summary, Action content, bool open = false)
    {
        Raw(open ? "<details open>" : "<details>").Element("summary", summary);
        content();
        return Close("details");
    }

    /// <summary>Adds a table; the first cell of each row names the row.</summary>
    /// <param name="caption">Says what the table shows.</param>
    /// <param name="heads">Column heads; a head that begins with '#' heads a column of numbers, the '#' is not shown.</param>
    /// <param name="rows">Cells of each row.</param>
    public Html Table(string caption, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<Cell>> rows)
    {
        Raw("<div class=\"scroll\"><table>").Element("caption", caption).Raw("<thead><tr>");
        foreach (string head in heads)
        {
            bool number = head.StartsWith('#');
            Raw(number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">").Raw(Escape(number ? head[1..] : head)).Raw("</th>");
        }

        Raw("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<Cell> row in rows)
        {
            Raw("<tr>");
            for (int i = 0; i < row.Count; i++)
            {
                Add(row[i], i == 0, i < heads.Count && heads[i].StartsWith('#'));
            }

            Raw("</tr>\n");
        }

        return Raw("</tbody></table></div>\n");
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Add(Cell cell, bool names, bool number)
    {
        string css = number ? " class=\"n\"" : "";
        string content = cell.IsBest
            ? $"<strong>{Escape(cell.Text)}</strong><span class=\"star\" title=\"best mean\">\u2605</span>"
            : Escape(cell.Text);
        Raw(names ? $"<th scope=\"row\"{css}>{content}</th>" : $"<td{css}>{content}</td>");
    }
}

/// <summary>A cell of a table.</summary>
/// <param name="Text">What it says.</param>
/// <param name="IsBest">Whether it is emphasized and starred.</param>
internal readonly record struct Cell(string Text, bool IsBest = false)
{
    public static implicit operator Cell(string text) => new(text);
}
