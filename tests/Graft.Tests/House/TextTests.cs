using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Graft.Tests.House;

/// <summary>What the files of the repository may not contain, whatever their kind.</summary>
public sealed partial class TextTests
{
    private static readonly string[] Kinds = [".cs", ".md", ".yaml", ".yml", ".csproj", ".props", ".targets", ".slnx", ".py", ".txt", ".editorconfig", ""];

    [Fact]
    public void No_file_names_a_folder_of_one_machine_or_a_package_registry()
    {
        string[] wrong =
        [
            .. from file in Repository.Files()
               where Kinds.Contains(Path.GetExtension(file)) && !file.EndsWith("House/TextTests.cs", StringComparison.Ordinal) && file != ".git"
               from Match match in Local().Matches(Repository.Read(file))
               select $"{file}: {match.Value}",
        ];

        Assert.Empty(wrong);
    }

    [Fact]
    public void Package_versions_are_exact_and_stand_in_one_place()
    {
        XElement[] versions = [.. XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")];
        string[] local = [.. Repository.Files().Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && PackageWithVersion().IsMatch(Repository.Read(f)))];

        Assert.NotEmpty(versions);
        Assert.All(versions, v => Assert.Matches(@"^\d+\.\d+\.\d+$", (string?)v.Attribute("Version") ?? ""));
        Assert.Empty(local);
    }

    [Fact]
    public void Every_pinned_package_is_used()
    {
        string[] pinned = [.. XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion").Select(v => (string)v.Attribute("Include")!)];
        string projects = string.Concat(Repository.Files().Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) || f.EndsWith("Directory.Build.props", StringComparison.Ordinal)).Select(Repository.Read));

        Assert.DoesNotContain(pinned, p => !projects.Contains($"Include=\"{p}\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Links_of_the_documents_lead_somewhere()
    {
        string[] wrong =
        [
            .. from file in Repository.Files()
               where file.EndsWith(".md", StringComparison.Ordinal)
               from Match link in Link().Matches(Repository.Read(file))
               let target = link.Groups[1].Value.Split('#')[0]
               where target.Length > 0 && !target.StartsWith("http", StringComparison.Ordinal)
               where !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(file)!, target))
               select $"{file}: {target}",
        ];

        Assert.Empty(wrong);
    }

    // The folder of a real machine begins after a space, a quotation mark or a bracket; "a/work" and "./tmp" are none.
    [GeneratedRegex(@"(?<![\w.\-/})])/(work|tmp|home|root|mnt|Users)/[\w.]+|\b(api\.|www\.)?nuget\.org|\bpypi\.org|\bnpmjs\.com|pkgs\.dev\.azure", RegexOptions.IgnoreCase)]
    private static partial Regex Local();

    [GeneratedRegex(@"<PackageReference[^>]*\bVersion=")]
    private static partial Regex PackageWithVersion();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
