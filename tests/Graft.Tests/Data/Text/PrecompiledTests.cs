using System.Text;
using System.Text.Json.Nodes;
using Graft.Data.Text;
using Graft.Data.Text.Normalizing;

namespace Graft.Tests.Data.Text;

public sealed class PrecompiledTests
{
    // One entry in a double array: the bytes of é (C3 A9) lead to the text "e". Unit 0 says where its children are (offset 256), a child is at offset ^ byte and
    // holds that byte; behind A9 a value follows, which is the place of the text.
    private static byte[] Table()
    {
        var units = new uint[1024];
        units[0] = 256u << 10;
        units[256 ^ 0xC3] = (uint)(((256 ^ 0xC3 ^ 512) << 10) | 0xC3);
        units[512 ^ 0xA9] = (uint)(((512 ^ 0xA9 ^ 900) << 10) | 0x100 | 0xA9);
        units[900] = 0x80000000 | 2;
        return [.. BitConverter.GetBytes(units.Length * 4), .. units.SelectMany(BitConverter.GetBytes), .. Encoding.UTF8.GetBytes("x\0e\0")];
    }

    [Fact]
    public void Characters_of_the_table_are_replaced_and_keep_their_place()
    {
        AlignedText text = new Precompiled(Table()).Apply(AlignedText.Of("aébê", 0, 4));

        Assert.Equal("aebê", text.Chars.ToString());
        Assert.Equal(new TextPlace(1, 2), text.Place(1));
    }

    [Fact]
    public void A_table_stands_in_a_file_in_base_64()
    {
        var json = new JsonObject
        {
            ["normalizer"] = new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = Convert.ToBase64String(Table()) },
            ["model"] = JsonNode.Parse("""{ "type": "WordLevel", "unk_token": "?", "vocab": { "?": 0, "e": 1 } }"""),
        };

        Assert.Equal([1], Tokenizer.FromJson(json.ToJsonString()).Encode("é").Ids);
    }

    [Fact]
    public void A_table_that_is_none_is_refused()
    {
        string json = """{ "normalizer": { "type": "Precompiled", "precompiled_charsmap": "AAAA" }, "model": {} }""";

        var e = Assert.Throws<GraftInputException>(() => Tokenizer.FromJson(json));

        Assert.Equal("normalizer.precompiled_charsmap: expected a table in base 64 with a tree of bytes, got 3 bytes with a tree of 0.", e.Message);
    }
}
