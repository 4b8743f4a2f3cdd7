using System.Text;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Spec;

public sealed class SpecReaderTests
{
    [Fact]
    public void Maps_lists_and_scalars_keep_their_places()
    {
        var map = (SpecMap)SpecReader.Read("a.yaml", "name: x\nstages:\n  - { epochs: 2 }\n");

        var stage = (SpecMap)((SpecList)map.Find("stages")!.Value).Items[0];
        SpecNode epochs = stage.Find("epochs")!.Value;
        Assert.Equal(new Place("a.yaml", 3, 15), epochs.Place);
        Assert.Equal("2", ((SpecScalar)epochs).Text);
    }

    [Theory]
    [InlineData("", "a.yaml: the file is empty. `graft new` writes one to start from.")]
    [InlineData("# only a comment\n", "a.yaml: the file is empty. `graft new` writes one to start from.")]
    [InlineData("---\n", "a.yaml: the file is empty. `graft new` writes one to start from.")]
    [InlineData("a: 1\nb: 2\na: 3\n", "a.yaml(3,1): 'a': expected each key once, got it again; it stands first in line 1.")]
    [InlineData("a: &x 1\nb: *x\n", "a.yaml(1,4): anchors (&name) and tags (!name) are not allowed. Write the value plainly.")]
    [InlineData("a: *x\n", "a.yaml(1,4): references (*name) are not allowed. Write the value out.")]
    [InlineData("a: !!int 1\n", "a.yaml(1,4): anchors (&name) and tags (!name) are not allowed. Write the value plainly.")]
    [InlineData("a: 1\n---\nb: 1\n", "a.yaml(2,1): expected one document, got a second one after '---'.")]
    [InlineData("[a, b]: 1\n", "a.yaml(1,1): expected a text as key, got a list or a map.")]
    public void What_is_no_plain_tree_is_refused_at_its_place(string text, string expected)
    {
        var e = Assert.Throws<GraftInputException>(() => SpecReader.Read("a.yaml", text));

        Assert.Equal(expected, e.Message);
    }

    [Fact]
    public void A_tab_as_indentation_is_explained()
    {
        var e = Assert.Throws<GraftInputException>(() => SpecReader.Read("a.yaml", "a:\n\tb: 1\n"));

        Assert.Equal("a.yaml(2,1): expected spaces as indentation, got a tab.", e.Message);
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        var e = Assert.Throws<GraftInputException>(() => SpecReader.Read("a.yaml", new string('[', 100_000)));

        Assert.Equal("a.yaml(1,65): expected at most 64 levels of lists and maps.", e.Message);
    }

    [Fact]
    public void The_number_of_values_is_bounded()
    {
        var e = Assert.Throws<GraftInputException>(() => SpecReader.Read("a.yaml", "a: [" + string.Concat(Enumerable.Repeat("1,", 100_001)) + "]"));

        Assert.StartsWith("a.yaml(1,", e.Message, StringComparison.Ordinal);
        Assert.Contains("expected at most 100000 values.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_size_is_bounded()
    {
        var e = Assert.Throws<GraftInputException>(() => SpecReader.Read("a.yaml", new byte[SpecReader.MaxBytes + 1]));

        Assert.Equal("a.yaml: expected at most 4194304 bytes. An experiment file holds no data; it names where data is.", e.Message);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        var e = Assert.Throws<GraftInputException>(() => SpecReader.Read("a.yaml", [(byte)'a', 0xff, 0xfe]));

        Assert.Equal("a.yaml: expected UTF-8 text, got an invalid byte at position 1.", e.Message);
    }

    [Fact]
    public void A_byte_order_mark_is_skipped() =>
        Assert.Equal("1", ((SpecScalar)((SpecMap)SpecReader.Read("a", [0xef, 0xbb, 0xbf, .. "a: 1"u8])).Find("a")!.Value).Text);

    [Fact]
    public void A_file_that_is_not_there_is_said()
    {
        var e = Assert.Throws<GraftInputException>(() => SpecReader.ReadFile("no/such.yaml"));

        Assert.Equal("no/such.yaml: no such file.", e.Message);
    }

    [Fact]
    public void A_folder_is_no_file()
    {
        string folder = Path.GetTempPath();

        var e = Assert.Throws<GraftInputException>(() => SpecReader.ReadFile(folder));

        Assert.Equal($"{folder}: expected a file, got a folder.", e.Message);
    }

    [Fact]
    public void Damaged_text_gives_a_tree_or_findings_and_nothing_else()
    {
        byte[] whole = Encoding.UTF8.GetBytes("""
            name: "quick\tstart"
            seeds: [1, 2, 3]
            data:   # where rows come from
              letters: { source: glyphs, rows: 4000, split: { test: 0.1 } }
            stages:
              - name: known
                note: |
                  two
                  lines
                other: 'it''s'
              - { name: new, from: known, ? a : b }
            """);
        var random = new Random(7);
        byte[] marks = [.. "[]{}:,#&*!|>'\"%@`-? \t\n\r\0\\~"u8];

        for (int round = 0; round < 3000; round++)
        {
            byte[] bytes = [.. whole];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : marks[random.Next(marks.Length)];
            }

            bytes = random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            if (Record.Exception(() => SpecReader.Read("a.yaml", bytes)) is { } e)
            {
                Assert.True(e is GraftInputException, e.ToString());
                Assert.All(((GraftInputException)e).Findings, f => Assert.DoesNotContain('\n', f.Message));
            }
        }
    }
}
