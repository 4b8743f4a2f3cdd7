namespace Graft.Benchmarks;

/// <summary>Something that this program can be told to do.</summary>
/// <param name="Name">One word or two; empty for what it does without a name.</param>
/// <param name="Syntax">Its options.</param>
/// <param name="Run">Does it; gives the exit code.</param>
/// <param name="IsInner">Whether it is there for processes that the program itself starts.</param>
internal sealed record Command(string Name, string Syntax, Func<Options, int> Run, bool IsInner = false)
{
    private string[] Words => Name.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public int Length => Words.Length;

    public bool Leads(ReadOnlySpan<string> arguments) => arguments.StartsWith(Words);
}
