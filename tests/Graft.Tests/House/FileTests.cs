using System.Text.RegularExpressions;

namespace Graft.Tests.House;

/// <summary>One idea a file, under the name of its type.</summary>
public sealed partial class FileTests
{
    [Fact]
    public void Sources_have_at_most_400_lines()
    {
        // Kernels stand each loop once, however many there are.
        string[] wrong =
        [
            .. from file in Repository.Sources("src")
               where !file.StartsWith("src/Graft.Tensors/Kernels/", StringComparison.Ordinal)
               let lines = Repository.Read(file).Count(c => c == '\n')
               where lines > 400
               select $"{file}: {lines} lines",
        ];

        Assert.Empty(wrong);
    }

    [Fact]
    public void A_file_is_named_after_a_type_that_it_declares()
    {
        // Among public types, where it has any; a part of a type has the type's name and its own. Ops are named after the methods that they add to Tensor,
        // Named.cs after the attribute, Constants.cs and Series.cs after all of their small types.
        string[] allowed = ["src/Graft.Tensors/Kernels/Constants.cs", "src/Graft.Experiments/Reports/Charts/Series.cs"];
        string[] wrong =
        [
            .. from file in Repository.Sources("src")
               where !file.StartsWith("src/Graft.Tensors/Ops/", StringComparison.Ordinal) && !file.EndsWith("/Program.cs", StringComparison.Ordinal) && !allowed.Contains(file)
               let name = Path.GetFileNameWithoutExtension(file)
               let types = Types().Matches(Repository.Read(file))
               let open = types.Where(t => t.Groups["access"].Value == "public").Select(t => t.Groups["name"].Value).ToArray()
               let all = open.Length > 0 ? open : [.. types.Select(t => t.Groups["name"].Value)]
               where !all.Contains(name) && !all.Contains(name + "Attribute") && !all.Any(t => name.StartsWith(t, StringComparison.Ordinal))
               select $"{file}: {string.Join(", ", all)}",
        ];

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_file_of_the_sources_says_something() =>
        Assert.DoesNotContain(Repository.Files("src").Concat(Repository.Files("tests")), f => new FileInfo(Path.Combine(Repository.Root, f)).Length == 0);

    [Fact]
    public void Texts_end_with_one_line_end_and_have_no_other_kind_of_line_ends()
    {
        string[] kinds = [".cs", ".md", ".yaml", ".csproj", ".props", ".py", ".json"];
        string[] wrong =
        [
            .. from file in Repository.Files()
               where kinds.Contains(Path.GetExtension(file)) && !file.Contains("/Golden/", StringComparison.Ordinal)
               let text = Repository.Read(file)
               where text.Length > 0 && (text.Contains('\r', StringComparison.Ordinal) || !text.EndsWith('\n') || text.EndsWith("\n\n", StringComparison.Ordinal))
               select file,
        ];

        Assert.Empty(wrong);
    }

    [GeneratedRegex(@"^(?<access>public|internal)\s+((static|sealed|abstract|unsafe|readonly|partial|ref)\s+)*(class|struct|record struct|record class|record|interface|enum|delegate [\w<>\[\]?.]+)\s+(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Types();
}
