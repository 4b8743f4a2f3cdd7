using Graft.Data.Encoders;
using Graft.Models.Graphs;
using Graft.Tensors;

namespace Graft.Tests.Models.Graphs;

/// <summary>Other sizes of pictures, against the formulas of the ONNX standard written down pixel by pixel.</summary>
public sealed class ResizeTests
{
    public static TheoryData<string, string, string, int, int> Ways
    {
        get
        {
            var ways = new TheoryData<string, string, string, int, int>();
            foreach (string coordinates in (string[])["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"])
            {
                foreach ((int high, int wide) in ((int, int)[])[(10, 14), (3, 9), (1, 4), (15, 21)])
                {
                    ways.Add("linear", coordinates, "floor", high, wide);
                    foreach (string rounding in (string[])["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
                    {
                        ways.Add("nearest", coordinates, rounding, high, wide);
                    }
                }
            }

            return ways;
        }
    }

    [Theory, MemberData(nameof(Ways))]
    public void Every_pixel_is_as_the_standard_says(string mode, string coordinates, string rounding, int high, int wide)
    {
        const int Rows = 5, Columns = 7;
        GraphBackbone trunk = Network(mode, coordinates, rounding, new GraphTensor([4], [0L, 2, high, wide]), isSizes: true, batch: 0);
        float[] pixels = [.. Enumerable.Range(0, 2 * Rows * Columns).Select(i => MathF.Sin((i * 0.7f) + 1))];

        float[] y = trunk.Forward(Tensor.From([.. pixels, .. pixels], [2, 2, Rows, Columns])).ToArray();

        Assert.Equal(2 * high * wide, trunk.Features);
        for (int c = 0; c < 2; c++)
        {
            for (int i = 0; i < high * wide; i++)
            {
                (double down, double right) = (Place(coordinates, i / wide, Rows, high), Place(coordinates, i % wide, Columns, wide));
                double At(double a, double b) => pixels[(c * Rows * Columns) + ((int)Math.Clamp(a, 0, Rows - 1) * Columns) + (int)Math.Clamp(b, 0, Columns - 1)];
                double expected = mode == "nearest" ? At(Round(rounding, down), Round(rounding, right)) : Between(down, Rows, a => Between(right, Columns, b => At(a, b)));
                Assert.Equal(expected, y[(c * high * wide) + i], 1e-5);
                Assert.Equal(expected, y[((2 + c) * high * wide) + i], 1e-5);
            }
        }
    }

    [Fact]
    public void Batches_and_channels_cannot_be_resized()
    {
        var e = Assert.Throws<GraftInputException>(() => Network("linear", "half_pixel", "floor", new GraphTensor([4], [1f, 2, 2, 2]), isSizes: false, batch: -1));

        Assert.Contains("expected sizes from 1 to 16384 and rows and channels as they are, got 4 for 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_are_not_meant_as_said_are_refused()
    {
        var sizes = new GraphTensor([4], [0L, 2, 10, 14]);

        var e = Assert.Throws<GraftInputException>(() => Network("linear", "half_pixel", "floor", sizes, isSizes: true, batch: 0, policy: "not_larger"));

        Assert.Contains("expected sizes as they are said, keep_aspect_ratio_policy 'stretch', got 'not_larger'.", e.Message, StringComparison.Ordinal);
        Assert.Equal(280, Network("linear", "half_pixel", "floor", sizes, isSizes: true, batch: 0, policy: "stretch").Features);
    }

    private static GraphBackbone Network(string mode, string coordinates, string rounding, GraphTensor given, bool isSizes, int batch, string policy = "stretch")
    {
        // The batch of the sizes comes from the input's shape.
        List<GraphNode> nodes = batch < 0 ? [] :
        [
            new GraphNode("Shape", ["x"], "shape"),
            new GraphNode("Slice", ["shape", "zero", "one"], "batch"),
            new GraphNode("Slice", ["given", "one", "four"], "rest"),
            new GraphNode("Concat", ["batch", "rest"], "sizes", new Dictionary<string, object> { ["axis"] = 0L }),
        ];
        nodes.Add(new GraphNode("Resize", isSizes ? ["x", "", "", "sizes"] : ["x", "", "given"], "resized", new Dictionary<string, object>
        {
            ["mode"] = mode, ["coordinate_transformation_mode"] = coordinates, ["nearest_mode"] = rounding, ["keep_aspect_ratio_policy"] = policy,
        }));
        nodes.Add(new GraphNode("Flatten", ["resized"], "y"));
        var trunk = GraphBackbone.From(new Graph("net", [new GraphValue("x", [-1, 2, 5, 7])], [new GraphValue("y", null)], nodes, new Dictionary<string, GraphTensor>
        {
            ["given"] = given, ["zero"] = new([1], [0L]), ["one"] = new([1], [1L]), ["four"] = new([1], [4L]),
        }));
        trunk.Build(new InputShape(InputKind.Picture, [5, 7, 2]));
        trunk.Train(false);
        return trunk;
    }

    private static double Place(string coordinates, int i, int from, int to) => coordinates switch
    {
        "align_corners" => to == 1 ? 0 : (double)i * (from - 1) / (to - 1),
        "asymmetric" => i * (double)from / to,
        "pytorch_half_pixel" when to == 1 => 0,
        _ => ((i + 0.5) * from / to) - 0.5,
    };

    private static double Round(string rounding, double x) => rounding switch
    {
        "floor" => Math.Floor(x),
        "ceil" => Math.Ceiling(x),
        "round_prefer_floor" => x == Math.Floor(x) + 0.5 ? Math.Floor(x) : Math.Round(x),
        _ => Math.Round(x, MidpointRounding.AwayFromZero) is var r && x < 0 && x == Math.Floor(x) + 0.5 ? Math.Ceiling(x) : r,
    };

    private static double Between(double place, int size, Func<double, double> at)
    {
        place = Math.Clamp(place, 0, size - 1);
        double low = Math.Floor(place), share = place - low;
        return share == 0 ? at(low) : ((1 - share) * at(low)) + (share * at(low + 1));
    }
}
