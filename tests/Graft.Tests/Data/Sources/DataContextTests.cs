using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class DataContextTests : IDisposable
{
    private readonly TempFolder _base = new();
    private readonly TempFolder _data = new();

    public void Dispose()
    {
        _base.Dispose();
        _data.Dispose();
    }

    [Fact]
    public void A_file_beside_the_experiment_comes_before_one_in_the_data_folder()
    {
        string beside = _base.Write("a.csv", "x");
        _data.Write("a.csv", "y");

        Assert.Equal(beside, new DataContext(_base.Path, _data.Path, 1).Resolve("a.csv"));
    }

    [Fact]
    public void The_data_folder_is_looked_in_next_and_can_be_named()
    {
        string there = _data.Write("sub/a.csv", "y");
        var context = new DataContext(_base.Path, _data.Path, 1);

        Assert.Equal(there, context.Resolve("sub/a.csv"));
        Assert.Equal(there, context.Resolve("${GRAFT_DATA}/sub/a.csv"));
        Assert.Equal(there, context.Resolve(there));
    }

    [Fact]
    public void A_missing_file_is_an_error_that_says_where_it_was_looked_for_and_where_to_get_it()
    {
        var context = new DataContext(_base.Path, _data.Path, 1);

        var e = Assert.Throws<GraftInputException>(() => context.Resolve("a.csv", "Get it from example.org."));

        Assert.Equal(
            $"a.csv: expected a file or folder, found none at {Path.Combine(_base.Path, "a.csv")} or {Path.Combine(_data.Path, "a.csv")}. "
            + $"GRAFT_DATA is {_data.Path}; it can point to another data folder. Get it from example.org.",
            e.Message);
    }

    [Fact]
    public void A_path_with_the_variable_needs_it_to_be_set()
    {
        var e = Assert.Throws<GraftInputException>(() => new DataContext(_base.Path, null, 1).Resolve("${GRAFT_DATA}/a.csv"));

        Assert.Equal(
            "${GRAFT_DATA}/a.csv: expected a file or folder, found none, because GRAFT_DATA is not set. "
            + "Set the environment variable GRAFT_DATA to the folder that holds the data.",
            e.Message);
    }

    [Theory, InlineData(""), InlineData("  "), InlineData("a\0b")]
    public void A_path_that_is_none_is_refused(string path) =>
        Assert.Throws<GraftInputException>(() => new DataContext(_base.Path, null, 1).Resolve(path));
}
