using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>Reads the patterns of a tokenizer.json: any text, and the expressions that published tokenizers use.</summary>
internal static class PatternReader
{
    private const int MostCharacters = 1000;

    public static TextPattern Read(JsonFields fields, string name)
    {
        JsonFields pattern = fields.Object(name);
        return pattern.Has("String") ? new LiteralPattern(Bounded(pattern, "String")) : Expression(pattern, Bounded(pattern, "Regex"));
    }

    private static TextPattern Expression(JsonFields pattern, string expression) => expression switch
    {
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+" => LanguagePattern.Gpt2,
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+" => LanguagePattern.Later(3),
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+" => LanguagePattern.Later(1),
        @"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+" or @"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+" => LanguagePattern.Clip,
        @"\w+|[^\w\s]+" => new WordPattern(),
        @"\s+" => new RunPattern(CharKinds.IsSpace),
        @"\s" => new RunPattern(CharKinds.IsSpace, most: 1),
        @"\S+" => new RunPattern(c => !CharKinds.IsSpace(c)),
        @"\w+" => new RunPattern(CharKinds.IsWord),
        @"\p{L}+" => new RunPattern(CharKinds.IsLetter),
        @"\p{N}" => new RunPattern(CharKinds.IsNumber, most: 1),
        @"\p{N}+" => new RunPattern(CharKinds.IsNumber),
        @"\p{N}{1,3}" => new RunPattern(CharKinds.IsNumber, most: 3),
        @"\d" => new RunPattern(CharKinds.IsDigit, most: 1),
        @"\d+" => new RunPattern(CharKinds.IsDigit),
        " +" => new RunPattern(c => c == ' '),
        " {2,}" => new RunPattern(c => c == ' ', least: 2),
        @"\n+" => new RunPattern(c => c == '\n'),
        @"\p{P}" => new RunPattern(CharKinds.IsUnicodePunctuation, most: 1),
        _ => throw pattern.Refuse("Regex", "a text or an expression that is known, such as those of GPT-2 and Llama 3", $"'{JsonFields.Short(expression)}'"),
    };

    private static string Bounded(JsonFields pattern, string name) => pattern.Text(name) is { Length: > 0 and <= MostCharacters } text
        ? text
        : throw pattern.Refuse(name, $"1 to {MostCharacters} characters", $"{pattern.Text(name).Length}");
}
