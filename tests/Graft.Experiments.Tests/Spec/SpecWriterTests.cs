using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Spec;

public sealed class SpecWriterTests
{
    [Fact]
    public void Maps_take_a_line_a_key_and_lists_of_scalars_one_line()
    {
        const string Text = """
            name: quickstart
            seeds: [1, 2, 3]
            empty: {}
            none: ~
            stages:
              - name: known
                learn: [letter]
                optimizer:
                  name: adam
                  rate: 0.001
              - name: "new: one"

            """;

        Assert.Equal(Text, SpecWriter.Write(SpecReader.Read("a", Text)));
    }

    [Fact]
    public void What_is_written_reads_back_to_the_same_tree()
    {
        var random = new Random(11);
        for (int round = 0; round < 1000; round++)
        {
            SpecNode tree = Tree(random, 4);

            SpecNode again = SpecReader.Read("a", SpecWriter.Write(tree));

            Assert.Equal(Print(tree), Print(again));
        }
    }

    private static SpecNode Tree(Random random, int depth) => random.Next(depth == 4 ? 2 : 5) switch
    {
        0 when depth > 0 => new SpecMap(default, [.. Enumerable.Range(0, random.Next(depth == 4 ? 1 : 0, 4)).Select(i => new SpecEntry(Text(random) + i, default, Tree(random, depth - 1)))]),
        1 when depth > 0 => new SpecList(default, [.. Enumerable.Range(0, random.Next(depth == 4 ? 1 : 0, 4)).Select(_ => Tree(random, depth - 1))]),
        2 => new SpecScalar(default, Text(random), isQuoted: true),
        3 => new SpecScalar(default, ""),
        _ => new SpecScalar(default, random.Next(2) == 0 ? "1e-3" : "adam"),
    };

    private static string Text(Random random)
    {
        const string Letters = "ab1 -:#,[]{}'\"\\\n\t\r\u0001\u0085\u00a0\u2028\ufeff~!|>%@`&*?=.\u00e4\u65e5";
        return new string([.. Enumerable.Range(0, random.Next(0, 8)).Select(_ => Letters[random.Next(Letters.Length)])]);
    }

    private static string Print(SpecNode node) => node switch
    {
        SpecScalar { IsNull: true } => "null",
        SpecScalar scalar => $"'{scalar.Text}'",
        SpecList list => $"[{string.Join(",", list.Items.Select(Print))}]",
        SpecMap map => $"{{{string.Join(",", map.Entries.Select(e => $"'{e.Key}':{Print(e.Value)}"))}}}",
        _ => "",
    };
}
