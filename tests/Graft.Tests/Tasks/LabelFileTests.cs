using Graft.Tasks;

namespace Graft.Tests.Tasks;

public sealed class LabelFileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("tench\ngoldfish, Carassius\n")]
    [InlineData("0,tench\n1,goldfish, Carassius\n\n")]
    [InlineData("0 tench\r\n1 goldfish, Carassius")]
    [InlineData("{0: 'tench',\n 1: 'goldfish, Carassius'}")]
    [InlineData("{0: 'tench',\n 1: \"goldfish, Carassius\",\n}")]
    public void Names_are_read_however_they_are_numbered(string text)
    {
        File.WriteAllText(_file, text);

        IReadOnlyList<string> names = LabelFile.Read(_file);

        Assert.Equal(["tench", "goldfish, Carassius"], names);
    }

    // ImageNet has two cranes: a bird and a machine.
    [Fact]
    public void A_second_class_of_the_same_name_gets_its_number()
    {
        File.WriteAllText(_file, "crane\ncrane\n");

        Assert.Equal(["crane", "crane (1)"], LabelFile.Read(_file));
    }

    [Fact]
    public void An_empty_file_is_refused()
    {
        var e = Assert.Throws<GraftInputException>(() => LabelFile.Read(_file));

        Assert.EndsWith("labels: expected 1 to 1000000 names, one a line, got 0.", e.Message);
    }
}
