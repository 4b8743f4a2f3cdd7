using System.Text.RegularExpressions;

namespace Graft.Tests.House;

/// <summary>What no source may say. Comments and texts are not looked at, but for unfinished work.</summary>
public sealed partial class ForbiddenTests
{
    private static IEnumerable<string> Libraries => Repository.Sources("src").Where(f => !f.StartsWith("src/Graft.Cli/", StringComparison.Ordinal));

    [Fact]
    public void Libraries_do_not_write_to_the_console() => Assert.Empty(Libraries.SelectMany(f => Repository.Matches(f, Console())));

    [Fact]
    public void Nothing_is_ambient() => Assert.Empty(Repository.Sources("src").SelectMany(f => Repository.Matches(f, Ambient())));

    [Fact]
    public void The_environment_is_read_by_the_command_line_alone() => Assert.Empty(Libraries.SelectMany(f => Repository.Matches(f, Variables())));

    [Fact]
    public void All_exceptions_are_caught_only_where_they_are_passed_on_or_told()
    {
        string[] allowed =
        [
            "src/Graft.Cli/CommandLine.cs",                 // tells the person and ends with 1
            "src/Graft/AtomicFile.cs",                      // removes the temporary file and throws again
            "src/Graft.Tensors/Threading/Desk.cs",          // carries them from a worker to the caller
        ];

        Assert.Empty(Repository.Sources("src").Except(allowed).SelectMany(f => Repository.Matches(f, CatchAll())));
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        string[] wrong =
        [
            .. from file in Repository.Sources("src").Concat(Repository.Sources("tests")).Concat(Repository.Sources("benchmarks"))
               where !file.EndsWith("/ForbiddenTests.cs", StringComparison.Ordinal)
               let text = Repository.Read(file)
               where Unfinished().IsMatch(text)
               select $"{file}: {Unfinished().Match(text).Value}",
        ];

        Assert.Empty(wrong);
    }

    [Fact]
    public void Tests_are_skipped_only_with_a_reason_found_at_run_time() =>
        Assert.Empty(Repository.Sources("tests").SelectMany(f => Repository.Matches(f, Skipped())));

    [GeneratedRegex(@"\bConsole\.")]
    private static partial Regex Console();

    [GeneratedRegex(@"DateTime(Offset)?\.(Now|UtcNow|Today)|Random\.Shared|new (System\.)?Random\(|Guid\.NewGuid|Environment\.TickCount|CultureInfo\.Current|Thread\.CurrentThread\.Current|RandomNumberGenerator\.")]
    private static partial Regex Ambient();

    [GeneratedRegex(@"Environment\.GetEnvironmentVariable|Environment\.Exit")]
    private static partial Regex Variables();

    [GeneratedRegex(@"catch\s*(\(Exception( \w+)?\))?\s*$")]
    private static partial Regex CatchAll();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\bSkip\s*=")]
    private static partial Regex Skipped();
}
