using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Synthetic;

/// <summary>What every generator promises, whatever it draws.</summary>
public abstract class SyntheticSourceConformance
{
    /// <summary>A generator of at least 20 rows whose own seed is given.</summary>
    protected abstract DataSource Create(int seed);

    protected static Dataset Read(DataSource source, ulong seed = 1) => source.Read(new DataContext("", null, seed));

    /// <summary>Every value of a row as numbers.</summary>
    protected static double[] Values(Dataset rows, int row) => [.. rows.Columns.SelectMany(c => c switch
    {
        NumberColumn number => [number.Values[row]],
        CategoryColumn category => [category.Codes[row]],
        VectorColumn vector => vector.Row(row).ToArray().Select(v => (double)v),
        SequenceColumn sequence => sequence.Row(row).ToArray().Select(v => (double)v),
        PictureColumn picture => picture.Read(row)!.Pixels.Select(v => (double)v),
        _ => Array.Empty<double>(),
    })];

    [Fact]
    public void The_same_seeds_give_the_same_rows()
    {
        Dataset a = Read(Create(0), 7), b = Read(Create(0), 7);

        Assert.Equal(a.Columns.Select(c => (c.Name, c.Kind, c.Count)), b.Columns.Select(c => (c.Name, c.Kind, c.Count)));
        Assert.All(Enumerable.Range(0, a.Count), row => Assert.Equal(Values(a, row), Values(b, row)));
    }

    [Fact]
    public void Another_seed_of_the_experiment_or_of_the_source_gives_other_rows()
    {
        double[] Rows(int seed, ulong of) => [.. Enumerable.Range(0, 20).SelectMany(r => Values(Read(Create(seed), of), r))];

        Assert.NotEqual(Rows(0, 7), Rows(0, 8));
        Assert.NotEqual(Rows(0, 7), Rows(1, 7));
    }

    [Fact]
    public void Every_value_is_finite_and_no_row_is_missing()
    {
        Dataset rows = Read(Create(0));

        Assert.All(Enumerable.Range(0, rows.Count), row => Assert.All(Values(rows, row), v => Assert.True(double.IsFinite(v))));
        Assert.All(rows.Columns, c => Assert.DoesNotContain(Enumerable.Range(0, rows.Count), c.IsMissing));
    }

    [Fact]
    public void It_has_a_name_that_experiment_files_use() =>
        Assert.NotEmpty(Create(0).GetType().GetCustomAttributes(typeof(NamedAttribute), false));
}
