using System.IO.Compression;
using System.Text;
using Graft.Models.Formats;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

public sealed class WordVectorsTests
{
    private const string Glove = "the 0.5 -1 2e1\nof 1 2 3\na b 4 5 6\nof 7 8 9\n";

    private static readonly byte[] Word2Vec =
    [
        .. "3 3\nthe "u8, .. Floats(0.5f, -1, 20), (byte)'\n', .. "of "u8, .. Floats(1, 2, 3), (byte)'\n', .. "ab "u8, .. Floats(4, 5, 6), (byte)'\n',
    ];

    public static TheoryData<string> Forms => new("glove", "gzip", "counted", "binary", "script");

    [Theory, MemberData(nameof(Forms))]
    public void Words_and_their_numbers_are_read(string form)
    {
        using var folder = new TempFolder();

        WordVectors vectors = WordVectors.Read(folder.Write("v.txt", Bytes(form)));

        Assert.Equal(["the", "of", form == "binary" ? "ab" : "a b"], vectors.Words);
        Assert.Equal(3, vectors.Size);
        Assert.Equal([0.5f, -1, 20, 1, 2, 3, 4, 5, 6], vectors.Values);
        Assert.Equal([1f, 2, 3], vectors.Row(vectors.Find("of")));
        Assert.Equal(-1, vectors.Find("missing"));
    }

    [Theory, MemberData(nameof(Forms))]
    public void Only_wanted_words_are_kept(string form)
    {
        using var folder = new TempFolder();

        WordVectors vectors = WordVectors.Read(folder.Write("v.txt", Bytes(form)), new HashSet<string> { "of", "other" });

        Assert.Equal(["of"], vectors.Words);
        Assert.Equal([1f, 2, 3], vectors.Values);
    }

    [Theory, MemberData(nameof(Forms))]
    public void They_are_weights_of_one_tensor(string form)
    {
        using var folder = new TempFolder();

        WeightFile file = WeightFile.Read(folder.Write("v.txt", Bytes(form)));

        Assert.Equal(("word-vectors", "[3, 3]"), (file.Format, file.Tensors["vectors"].ShapeText));
    }

    [Theory]
    [InlineData("the 1 2 3\nof 1 2\n", "v.txt(2): word-vectors: expected a word and 3 numbers, got another line.")]
    [InlineData("the 1 2 3\nof 1 x 2\n", "v.txt(2): word-vectors: expected numbers behind the word, got something else.")]
    [InlineData("5 3\nthe 1 2", "v.txt: word-vectors: expected 5 words with 3 numbers each, got 0 and a rest.")]
    [InlineData("var v={\"a\":[1,2,3],\"b\":[1,2]}", "v.txt: word-vectors: expected 3 numbers for 'b', got 2 and something else.")]
    [InlineData("1 2 3 4\n5 6 7 8\n", "v.txt: word-vectors: expected words with their numbers, as text of GloVe or word2vec, word2vec's binary form or JavaScript, got another file.")]
    public void What_does_not_fit_is_said_with_its_place(string text, string message)
    {
        using var folder = new TempFolder();
        string path = folder.Write("v.txt", text);

        var e = Assert.Throws<GraftInputException>(() => WordVectors.Read(path));

        Assert.Equal(message, e.Message.Replace(folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("word_vectors/glove.6B.100d.sample.txt.gz", 100, 100, "the")]
    [InlineData("word_vectors/glove.6B.300d.sample.txt.gz", 100, 300, "the")]
    [InlineData("word_vectors/glove.840B.300d-char.txt", 94, 300, null)]
    [InlineData("word_vectors/wordvecs1000.js.txt", 1000, 300, "in")]
    [InlineData("word_vectors/en.wiki.bpe.vs1000.d25.w2v.bin", 1000, 25, "<unk>")]
    public void Real_files_are_read(string path, int words, int size, string? first)
    {
        WordVectors vectors = WordVectors.Read(RealData.PathOf(path));

        Assert.Equal((words, size), (vectors.Words.Count, vectors.Size));
        Assert.True(first is null || vectors.Words[0] == first, vectors.Words[0]);
        Assert.True(vectors.Values.ToArray().All(v => Math.Abs(v) < 20));
    }

    [Theory, MemberData(nameof(Forms))]
    public void Damaged_files_give_one_error_and_nothing_else(string form) => Fuzz.Bytes(
        Bytes(form),
        damaged =>
        {
            using Stream stream = form == "gzip" ? new GZipStream(new MemoryStream(damaged), CompressionMode.Decompress) : new MemoryStream(damaged);
            _ = WordVectors.Read(stream, damaged.Length, "damaged");
        },
        variants: 2000);

    private static byte[] Bytes(string form)
    {
        switch (form)
        {
            case "binary": return Word2Vec;
            case "script": return """var vectors={"the":[0.5,-1,20],"of":[1,2,3],"a b":[4,5,6],"of":[7,8,9],};"""u8.ToArray();
            case "counted": return Encoding.UTF8.GetBytes("4 3\n" + Glove.Replace("\n", " \r\n", StringComparison.Ordinal));
            case "gzip":
                using (var packed = new MemoryStream())
                {
                    using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
                    {
                        gzip.Write(Encoding.UTF8.GetBytes(Glove));
                    }

                    return packed.ToArray();
                }

            default: return Encoding.UTF8.GetBytes(Glove);
        }
    }

    private static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
