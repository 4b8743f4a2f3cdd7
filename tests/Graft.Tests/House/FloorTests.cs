using System.Text.RegularExpressions;

namespace Graft.Tests.House;

/// <summary>A room uses only what lies below it; neighbours on one floor never see each other.</summary>
public sealed partial class FloorTests
{
    private static readonly Dictionary<string, string[]> Below = new()
    {
        ["Hub"] = [],
        ["Nn"] = [],
        ["Data"] = ["Hub"],
        ["Models"] = ["Hub", "Nn", "Data"],
        ["Tasks"] = ["Hub", "Nn", "Data", "Models"],
        ["Training"] = ["Hub", "Nn", "Data", "Models", "Tasks"],
        ["MultiTask"] = ["Hub", "Nn", "Data", "Models", "Tasks", "Training"],
        ["Transfer"] = ["Hub", "Nn", "Data", "Models", "Tasks", "Training"],
    };

    [Fact]
    public void Every_folder_of_the_library_has_a_floor() =>
        Assert.Equal(Below.Keys.Order(StringComparer.Ordinal), Repository.Sources("src/Graft").Select(Folder).Where(f => f.Length > 0).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void A_folder_of_the_library_uses_only_floors_below_it()
    {
        string[] wrong =
        [
            .. from file in Repository.Sources("src/Graft")
               let own = Folder(file)
               from line in Repository.Matches(file, Mention())
               from Match mention in Mention().Matches(line)
               let room = mention.Groups["room"].Value
               where Below.ContainsKey(room) && room != own && !Below.GetValueOrDefault(own, []).Contains(room)
               select line,
        ];

        Assert.Empty(wrong);
    }

    [Fact]
    public void A_namespace_follows_its_folder()
    {
        // Parts of public types of Graft.Tensors lie in the folders of their subjects, and sections and forms beside what reads them.
        string[] wrong =
        [
            .. from file in Repository.Sources("src")
               let expected = Path.GetDirectoryName(file)!.Replace('\\', '/')[4..].Replace('/', '.')
               let actual = Namespace().Match(Repository.Read(file)).Groups[1].Value
               where actual.Length > 0 && actual != expected && !(expected.StartsWith(actual + ".", StringComparison.Ordinal) && IsShared(actual))
               select $"{file}: {actual}",
        ];

        Assert.Empty(wrong);
    }

    [Fact]
    public void The_report_reads_run_folders_and_never_the_runner()
    {
        Assert.Empty(Repository.Sources("src/Graft.Experiments/Reports").SelectMany(f => Repository.Matches(f, Running())));
        Assert.Empty(Repository.Sources("src/Graft.Experiments/Runs").SelectMany(f => Repository.Matches(f, RunningOrReporting())));
    }

    [Fact]
    public void Yaml_is_known_in_one_folder() =>
        Assert.Empty(Repository.Sources("src").Where(f => !f.StartsWith("src/Graft.Experiments/Spec/", StringComparison.Ordinal)).SelectMany(f => Repository.Matches(f, Yaml())));

    [Fact]
    public void Unsafe_code_stays_on_the_ground_floor()
    {
        string[] projects = [.. Repository.Files("src").Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && Repository.Read(f).Contains("AllowUnsafeBlocks", StringComparison.Ordinal))];

        Assert.Equal(["src/Graft.Tensors/Graft.Tensors.csproj"], projects);
        Assert.Empty(Repository.Sources("src").Where(f => !f.StartsWith("src/Graft.Tensors/", StringComparison.Ordinal)).SelectMany(f => Repository.Matches(f, Unsafe())));
    }

    private static bool IsShared(string space) => space is "Graft.Tensors" or "Graft.Experiments.Catalogue" or "Graft.Experiments.Spec";

    private static string Folder(string file)
    {
        string[] parts = file["src/Graft/".Length..].Split('/');
        return parts.Length > 1 ? parts[0] : "";
    }

    [GeneratedRegex(@"\bGraft\.(?<room>[A-Z]\w*)")]
    private static partial Regex Mention();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"Graft\.Experiments\.Runner|\bRunner\.")]
    private static partial Regex Running();

    [GeneratedRegex(@"Graft\.Experiments\.(Runner|Reports)")]
    private static partial Regex RunningOrReporting();

    [GeneratedRegex(@"\bYamlDotNet\b")]
    private static partial Regex Yaml();

    [GeneratedRegex(@"\bunsafe\b|\bUnsafe\.")]
    private static partial Regex Unsafe();
}
