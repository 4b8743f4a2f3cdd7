using System.Buffers.Binary;
using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

public sealed class MatSourceTests : DataSourceConformance
{
    public static TheoryData<string> Packings => new("", "-packed");

    private static readonly DataContext Golden = new(GoldenFile.PathOf("Sources"), null, 1);

    protected override DataSource Create(string name, string? hint = null) => new MatSource(name, hint: hint);

    protected override string WriteValid()
    {
        Folder.Write("valid.mat", GoldenFile.Read("Sources/cells.mat"));
        return "valid.mat";
    }

    private static float[] Numbers(Dataset data, string column) => ((NumberColumn)data[column]).Values.ToArray();

    [Theory, MemberData(nameof(Packings))]
    public void Matrices_are_read_row_by_row(string packing)
    {
        Dataset data = new MatSource($"dense{packing}.mat").Read(Golden);

        Assert.Equal([1.5f, -2, 3, 4, 5, 6e10f], ((VectorColumn)data["features"]).Values);
        Assert.Equal([7, 8], Numbers(data, "target"));
    }

    [Fact]
    public void Last_columns_can_be_targets_and_samples_can_be_columns()
    {
        Dataset last = new MatSource("dense.mat", "X", lastColumns: 2).Read(Golden);
        Dataset turned = new MatSource("dense.mat", "X", "X", transpose: true).Read(Golden);

        Assert.Equal([1.5f, 4], ((VectorColumn)last["features"]).Values);
        Assert.Equal([-2, 5], Numbers(last, "target1"));
        Assert.Equal([3, 6e10f], Numbers(last, "target2"));
        Assert.Equal([1.5f, 4, -2, 5, 3, 6e10f], ((VectorColumn)turned["features"]).Values);
    }

    [Theory]
    [InlineData("u1", new float[] { 1, 255, 3, 4 })]
    [InlineData("i1", new float[] { -1, 2, -128, 4 })]
    [InlineData("u2", new float[] { 65535, 2 })]
    [InlineData("i2", new float[] { -32768, 2 })]
    [InlineData("u4", new float[] { 4000000000, 2 })]
    [InlineData("i4", new float[] { -5, 2 })]
    [InlineData("i8", new[] { -1099511627776f, 2 })]
    [InlineData("f4", new[] { 0.25f, 2 })]
    [InlineData("b", new float[] { 1, 0 })]
    public void Every_type_of_number_is_read(string name, float[] values)
    {
        foreach (string packing in (string[])["", "-packed"])
        {
            Assert.Equal(values, ((VectorColumn)new MatSource($"types{packing}.mat", name).Read(Golden)["features"]).Values.ToArray());
        }
    }

    [Theory, MemberData(nameof(Packings))]
    public void Cells_are_tasks(string packing)
    {
        Dataset data = new MatSource($"cells{packing}.mat").Read(Golden);

        Assert.Equal([1.5f, -2, 3, 4, 5, 6e10f, 3, -4, 6], ((VectorColumn)data["features"]).Values);
        Assert.Equal([1, 2, 3], Numbers(data, "target"));
        var task = (CategoryColumn)data["task"];
        Assert.Equal(["1", "1", "2"], task.Codes.ToArray().Select(c => task.Levels[c]));
    }

    [Theory, MemberData(nameof(Packings))]
    public void Sparse_matrices_become_full_and_classes_get_levels(string packing)
    {
        Dataset data = new MatSource($"sparse{packing}.mat", classes: true).Read(Golden);
        Dataset named = new MatSource($"sparse{packing}.mat", targets: "names", classes: true).Read(Golden);
        Dataset turned = new MatSource($"sparse{packing}.mat", "fea", "fea", transpose: true).Read(Golden);

        Assert.Equal([0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0], ((VectorColumn)data["features"]).Values);
        Assert.Equal(["1", "2"], ((CategoryColumn)data["label"]).Levels);
        Assert.Equal([0, 1, 0], ((CategoryColumn)data["label"]).Codes);
        Assert.Equal(["cat", "dog"], ((CategoryColumn)named["label"]).Levels);
        Assert.Equal([0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], ((VectorColumn)turned["features"]).Values);
    }

    // Header, then one variable "X" of 1 x 2 doubles stored as int16 in the short form of an element.
    [Fact]
    public void Files_of_the_other_byte_order_are_read()
    {
        var bytes = new List<byte>(Enumerable.Repeat((byte)' ', 124)) { 1, 0, (byte)'M', (byte)'I' };
        void Word(int value)
        {
            Span<byte> four = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(four, value);
            bytes.AddRange(four);
        }

        foreach (int word in (int[])[14, 48, 6, 8, 6, 0, 5, 8, 1, 2, (1 << 16) | 1, 'X' << 24, (4 << 16) | 3])
        {
            Word(word);
        }

        bytes.AddRange([0xFF, 0xFE, 0, 3]);
        Folder.Write("big.mat", [.. bytes]);

        Assert.Equal([-2, 3], ((VectorColumn)new MatSource("big.mat").Read(Folder.Context)["features"]).Values);
    }

    [Fact]
    public void Errors_list_the_variables_and_say_what_was_expected()
    {
        Folder.Write("a.csv", "1,2\n");
        Folder.Write("new.mat", [.. "MATLAB 7.3 MAT-file"u8, .. new byte[500]]);

        Assert.Equal(
            "dense.mat: inputs: expected the name of a variable, got 'W'. There are X (double 2x3), Y (double 2x1), note (char 1x6), s (struct 1x1), z (complex double 1x1).",
            Fails(new MatSource("dense.mat", "W"), Golden));
        Assert.StartsWith("types.mat: inputs: expected the name of a variable, got none. There are u1 (uint8 2x2), ", Fails(new MatSource("types.mat"), Golden), StringComparison.Ordinal);
        Assert.Equal("dense.mat: expected a matrix of targets, got struct 1x1.", Fails(new MatSource("dense.mat", "X", "s"), Golden));
        Assert.Equal(
            "sparse.mat: expected a row of targets for each of the 1 rows of inputs, got sparse 3x4.",
            Fails(new MatSource("sparse.mat", "gnd", "fea", transpose: true), Golden));
        Assert.Equal("new.mat: hdf5: expected an HDF5 file, got one without its signature.", Fails(new MatSource("new.mat"), Folder.Context));
        Assert.Equal("a.csv: at byte 0: expected 128 bytes of a MATLAB header, got 4.", Fails(new MatSource("a.csv"), Folder.Context));
    }

    [Theory]
    [InlineData("dense.mat")]
    [InlineData("dense-packed.mat")]
    [InlineData("cells.mat")]
    [InlineData("cells-packed.mat")]
    [InlineData("sparse.mat")]
    [InlineData("sparse-packed.mat")]
    public void Damaged_files_give_a_clear_error_or_a_table(string name) =>
        Fuzz.Files(GoldenFile.Read("Sources/" + name), name, context => new MatSource(name).Read(context));

    [Fact]
    public void School_has_139_tasks_and_15362_pupils()
    {
        DataContext context = RealData.Context("school/school.mat");

        Dataset data = new MatSource("school/school.mat").Read(context);

        Assert.Equal(15362, data.Count);
        Assert.Equal(28, ((VectorColumn)data["features"]).Width);
        Assert.Equal(139, ((CategoryColumn)data["task"]).Levels.Count);
        Assert.Equal(200, ((CategoryColumn)data["task"]).Codes.Count(0));
        Assert.Equal([17, 5, 16], Numbers(data, "target")[..3]);
        Assert.Equal([1, 0, 0, 24, 18, 0, 1], ((VectorColumn)data["features"]).Row(0)[..7]);
    }

    [Fact]
    public void Other_real_files_are_read()
    {
        DataContext context = RealData.Context("newsgroup_malsar", "sarcos", "office_caltech10_surf", "zsl_attributes");

        Dataset news = new MatSource("newsgroup_malsar/comp.vs.sci/task1.mat", classes: true).Read(context);
        Dataset arm = new MatSource("sarcos/sarcos_inv_test.mat", lastColumns: 7).Read(context);
        Dataset office = new MatSource("office_caltech10_surf/dslr_SURF_L10.mat", classes: true).Read(context);
        Dataset animals = new MatSource("zsl_attributes/AWA1/att_splits.mat", "att", "allclasses_names", classes: true, transpose: true).Read(context);

        Assert.Equal((1875, 2000), (news.Count, ((VectorColumn)news["features"]).Width));
        Assert.Equal((4449, 21, 8), (arm.Count, ((VectorColumn)arm["features"]).Width, arm.Columns.Count));
        Assert.Equal((157, 10), (office.Count, ((CategoryColumn)office["label"]).Levels.Count));
        Assert.Equal((50, 85, 50), (animals.Count, ((VectorColumn)animals["features"]).Width, ((CategoryColumn)animals["label"]).Levels.Count));
    }

    // As MATLAB sees it, samples are columns of this file.
    [Fact]
    public void A_file_of_version_7_3_is_read_too()
    {
        DataContext context = RealData.Context("mnist_usps_jda/MNIST_vs_USPS.mat");

        Dataset digits = new MatSource("mnist_usps_jda/MNIST_vs_USPS.mat", "Xt", "Yt", classes: true, transpose: true).Read(context);

        Assert.Equal((1800, 256), (digits.Count, ((VectorColumn)digits["features"]).Width));
        Assert.Equal(10, ((CategoryColumn)digits["label"]).Levels.Count);
        Assert.Equal(
            "mnist_usps_jda/MNIST_vs_USPS.mat: inputs: expected the name of a variable, got none. There are Xs (double 256x2000), Xt (double 256x1800), Ys (double 2000x1), Yt (double 1800x1).",
            Fails(new MatSource("mnist_usps_jda/MNIST_vs_USPS.mat"), context));
    }

    private static string Fails(MatSource source, DataContext context) => Assert.Throws<GraftInputException>(() => source.Read(context)).Message;
}
