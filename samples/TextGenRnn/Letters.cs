using System.Text.Json;

namespace TextGenRnn;

/// <summary>The numbers of letters; 0 stands for none and for those that are not known.</summary>
internal sealed class Letters(IReadOnlyDictionary<string, int> numbers)
{
    /// <summary>What stands before and behind every text.</summary>
    public int End { get; } = numbers["<s>"];

    public static Letters Read(string path) => new(JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(path))!);

    /// <summary>A text with its beginning and its end.</summary>
    public int[] Of(string text) => [End, .. text.EnumerateRunes().Select(r => numbers.GetValueOrDefault(r.ToString())), End];

    public string At(int number) => numbers.FirstOrDefault(n => n.Value == number).Key ?? "";
}
