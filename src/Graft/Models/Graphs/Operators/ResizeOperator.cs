using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

/// <summary>Other sizes of pictures and sequences: every new place is the nearest old one, or between the two beside it.</summary>
/// <remarks>Axis by axis: a matrix says how much of each old place goes into a new one. Where every place is repeated as often, nothing is multiplied.</remarks>
[Operator("Resize")]
internal sealed class ResizeOperator : GraphOperator
{
    private const int MostSize = 1 << 14, MostNumbers = 1 << 24;

    private readonly bool _isLinear;
    private readonly string _coordinates, _rounding;

    // By the sizes of an axis before and behind, and its factor, 0 where sizes are said: the same for all batches.
    private readonly Dictionary<(int, int, double), Tensor?> _maps = [];

    public ResizeOperator(GraphNode node)
        : base(node)
    {
        string mode = node.Text("mode", "nearest");
        _isLinear = mode == "linear";
        _coordinates = node.Text("coordinate_transformation_mode", "half_pixel");
        _rounding = node.Text("nearest_mode", "round_prefer_floor");
        if (mode is not ("nearest" or "linear") || node.Integer("antialias", 0) != 0 || node.Attributes.ContainsKey("axes")
            || _coordinates is not ("half_pixel" or "pytorch_half_pixel" or "align_corners" or "asymmetric" or "tf_half_pixel_for_nn")
            || _rounding is not ("round_prefer_floor" or "round_prefer_ceil" or "floor" or "ceil"))
        {
            throw Unsupported("the mode 'nearest' or 'linear' over all axes", $"{mode}, {_coordinates}, {_rounding}");
        }

        if (node.Text("keep_aspect_ratio_policy", "stretch") is not "stretch" and var policy)
        {
            throw Unsupported("sizes as they are said, keep_aspect_ratio_policy 'stretch'", $"'{policy}'");
        }
    }

    public override GraphData Run(OperatorInputs x)
    {
        Tensor y = x[0];
        double[]? scales = x.Numbers(2) is { Count: > 0 } factors ? factors.Values : null;
        int[]? given = scales is null && x.Numbers(3) is { Count: > 0 } sizes ? sizes.Integers : null;
        int rank = y.Rank;
        if ((scales ?? [.. given?.Select(s => (double)s) ?? []]).Length != rank || rank < 3)
        {
            throw Unsupported("scales or sizes of all axes of pictures or sequences", y.Shape.ToString());
        }

        var to = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            double size = scales is null ? given![axis] : Math.Floor(y.Shape[axis] * scales[axis]);
            to[axis] = size is >= 1 and <= MostSize && size * y.Shape[axis] <= MostNumbers && (axis > 1 || size == y.Shape[axis]) ? (int)size
                : axis < 2 && size == y.Shape[axis] ? y.Shape[axis]
                : throw Unsupported($"sizes from 1 to {MostSize} and rows and channels as they are", FormattableString.Invariant($"{size} for {y.Shape[axis]}"));
        }

        if (x.IsTracing)
        {
            return OperatorInputs.Zeros(to);
        }

        for (int axis = 2; axis < rank; axis++)
        {
            int from = y.Shape[axis];
            if (Map(from, to[axis], scales?[axis] ?? 0) is { } map)
            {
                y = y.Transpose(axis, -1).Linear(map).Transpose(axis, -1);
            }
            else if (from != to[axis])
            {
                int[] whole = [.. y.Shape.Sizes];
                whole[axis] = to[axis];
                y = y.Unsqueeze(axis + 1).Expand([.. y.Shape.Sizes[..(axis + 1)], to[axis] / from, .. y.Shape.Sizes[(axis + 1)..]]).Reshape(whole);
            }
        }

        return y;
    }

    // How much of each old place is in a new one, [to, from]; null where every place is repeated as often.
    private Tensor? Map(int from, int to, double scale)
    {
        lock (_maps)
        {
            if (_maps.TryGetValue((from, to, scale), out Tensor? known))
            {
                return known;
            }

            var values = new float[checked(to * from)];
            bool isRepeat = to % from == 0;
            for (int i = 0; i < to; i++)
            {
                double place = Math.Clamp(Place(i, from, to, scale), 0, from - 1);
                int low = (int)(_isLinear ? Math.Floor(place) : Rounded(Place(i, from, to, scale), from)), high = Math.Min(low + 1, from - 1);
                float share = _isLinear ? (float)(place - low) : 0;
                values[(i * from) + low] += 1 - share;
                values[(i * from) + high] += share;
                isRepeat = isRepeat && share == 0 && low == i / (to / from);
            }

            return _maps[(from, to, scale)] = isRepeat ? null : Tensor.From(values, [to, from]);
        }
    }

    private double Place(int i, int from, int to, double scale) => _coordinates switch
    {
        "align_corners" => to > 1 ? i * (double)(from - 1) / (to - 1) : 0,
        "asymmetric" => Old(i, from, to, scale),
        "tf_half_pixel_for_nn" => Old(i + 0.5, from, to, scale),
        "pytorch_half_pixel" when to == 1 => 0,
        _ => Old(i + 0.5, from, to, scale) - 0.5,
    };

    // Without a factor the sizes say it exactly.
    private static double Old(double place, int from, int to, double scale) => scale > 0 ? place / scale : place * from / to;

    private double Rounded(double place, int from) => Math.Clamp(
        _rounding switch
        {
            "floor" => Math.Floor(place),
            "ceil" => Math.Ceiling(place),
            "round_prefer_ceil" => Math.Floor(place + 0.5),
            _ => Math.Ceiling(place - 0.5),
        },
        0,
        from - 1);
}
