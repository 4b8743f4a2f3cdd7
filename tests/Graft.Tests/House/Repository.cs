using System.Text.RegularExpressions;

namespace Graft.Tests.House;

/// <summary>The files of the repository, found by walking up from the test program to the solution.</summary>
internal static partial class Repository
{
    private static readonly string[] Skipped = ["bin", "obj", "runs", ".git", ".vs", ".vscode", ".idea", "TestResults", "BenchmarkDotNet.Artifacts"];

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>C# files under a folder, by paths from the root with forward slashes.</summary>
    public static IEnumerable<string> Sources(string folder) => Files(folder).Where(f => f.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>All files under a folder that people write, by paths from the root with forward slashes.</summary>
    public static IEnumerable<string> Files(string folder = "")
    {
        var open = new Stack<DirectoryInfo>([new DirectoryInfo(Path.Combine(Root, folder))]);
        while (open.TryPop(out DirectoryInfo? directory))
        {
            foreach (DirectoryInfo inner in directory.EnumerateDirectories().Where(d => !Skipped.Contains(d.Name)))
            {
                open.Push(inner);
            }

            foreach (FileInfo file in directory.EnumerateFiles())
            {
                yield return Path.GetRelativePath(Root, file.FullName).Replace('\\', '/');
            }
        }
    }

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>A source without comments and without what stands between quotation marks, line for line.</summary>
    public static string[] Code(string file)
    {
        string code = Quoted().Replace(Read(file), m => m.Value[0] == '/' ? Newlines(m.Value) : "\"\"" + Newlines(m.Value));
        return code.Split('\n');
    }

    /// <summary>Lines of code that a pattern is found in, as "file:line: text".</summary>
    public static IEnumerable<string> Matches(string file, Regex pattern) => Code(file)
        .Select((line, i) => (Line: line.Trim(), Number: i + 1))
        .Where(l => pattern.IsMatch(l.Line))
        .Select(l => $"{file}:{l.Number}: {l.Line}");

    private static string Newlines(string text) => new('\n', text.Count(c => c == '\n'));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Graft.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"House: expected Graft.slnx above {AppContext.BaseDirectory}, got none.");
    }

    // Characters come before texts, so that '"' begins none; holes of interpolated texts are taken for text.
    [GeneratedRegex("""
        '(\\.[^']*|[^'\\\n])'|//[^\n]*|/\*.*?\*/|\"{3,}.*?\"{3,}|@\$?"([^"]|"")*"|"(\\.|[^"\\\n])*"
        """, RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Quoted();
}
