using System.Globalization;
using Graft.Data.Encoders;
using Graft.Tensors;

namespace Graft.Models.Graphs;

/// <summary>What goes into an input of a graph that is not the one of the rows.</summary>
internal enum GraphSideKind
{
    /// <summary>Nothing that is known: whoever runs the graph gives it.</summary>
    Given,

    /// <summary>1 for every step of a row and 0 behind its end, [B, T].</summary>
    Mask,

    /// <summary>Steps of each row, [B].</summary>
    Lengths,

    /// <summary>Zeros.</summary>
    Zeros,

    /// <summary>Ones.</summary>
    Ones,

    /// <summary>The places of the steps, from 0.</summary>
    Positions,
}

/// <summary>An input of a graph beside that of the rows.</summary>
/// <param name="Value">Its name and sizes.</param>
/// <param name="Kind">What goes in.</param>
internal sealed record GraphSide(GraphValue Value, GraphSideKind Kind)
{
    private const string Rows = "rows";

    // Numbers for one row.
    private const double MostNumbers = 1 << 24;

    private static readonly (string[] Names, GraphSideKind Kind)[] Known =
    [
        (["attention_mask", "input_mask", "mask"], GraphSideKind.Mask),
        (["token_type_ids", "segment_ids", "token_types", "segments"], GraphSideKind.Zeros),
        (["position_ids", "positions"], GraphSideKind.Positions),
        (["lengths", "length", "sequence_lengths", "sequence_length", "sequence_lens", "input_lengths"], GraphSideKind.Lengths),
    ];

    /// <summary>Tells the input of the rows from the others.</summary>
    /// <param name="inputs">The inputs; at least one.</param>
    /// <param name="said">What is said of them, such as "kinds=zeros".</param>
    /// <param name="file">What messages call the graph.</param>
    /// <exception cref="GraftInputException">What is said does not fit.</exception>
    public static (GraphValue Rows, IReadOnlyList<GraphSide> Sides) Sort(IReadOnlyList<GraphValue> inputs, IReadOnlyList<string> said, string file)
    {
        var kinds = new Dictionary<string, GraphSideKind?>(StringComparer.Ordinal);
        foreach (string one in said)
        {
            int sign = one.LastIndexOf('=');
            string name = one[..Math.Max(0, sign)].Trim(), what = one[(sign + 1)..].Trim();
            bool isKnown = Enum.TryParse(what, ignoreCase: true, out GraphSideKind kind) && Enum.IsDefined(kind) && kind != GraphSideKind.Given && !char.IsAsciiDigit(what[0]);
            if (!inputs.Any(i => i.Name == name) || (!isKnown && what != Rows) || !kinds.TryAdd(name, isKnown ? kind : null))
            {
                throw new GraftInputException(
                    file, $"inputs: expected an input of the graph, once each, and what goes in (rows, mask, lengths, zeros, ones or positions), such as {inputs[^1].Name}=zeros, got '{one}'. The graph's inputs are {Names(inputs)}.");
            }
        }

        GraphValue[] rows = [.. inputs.Where(i => kinds.TryGetValue(i.Name, out GraphSideKind? kind) && kind is null)];
        GraphValue[] free = [.. inputs.Where(i => !kinds.ContainsKey(i.Name))];
        GraphValue main = rows.Length > 1 ? throw new GraftInputException(file, $"inputs: expected one input for the rows, got {Names(rows)}.")
            : rows.Length == 1 ? rows[0]
            : free.FirstOrDefault(i => inputs.Count == 1 || Usual(i.Name) == GraphSideKind.Given) ?? free.FirstOrDefault()
            ?? throw new GraftInputException(file, $"inputs: expected one input for the rows, got none: {string.Join(", ", said)}.");
        return (main, [.. inputs.Where(i => i != main).Select(i => new GraphSide(i, kinds.GetValueOrDefault(i.Name) ?? Usual(i.Name)))]);
    }

    /// <summary>What is said where inputs are left that nothing is known of.</summary>
    public static GraftInputException Left(string file, GraphValue rows, IEnumerable<GraphSide> left) => new(
        file,
        $"graph: expected to know what goes into every input, got rows for '{rows.Name}' and nothing for {Names([.. left.Select(l => l.Value)])}. "
        + $"Say it, such as inputs: [{left.First().Value.Name}=zeros] (mask, lengths, zeros, ones or positions; rows for that of the rows), or give all of them from C# (GraphBackbone.Run).");

    /// <summary>Its sizes for so many rows and steps.</summary>
    /// <exception cref="GraftInputException">Sizes that nothing says.</exception>
    public int[] Sizes(int batch, InputShape input)
    {
        int steps = input.HasLengths ? input.Sizes[0] : -1;
        int[] sizes = Kind == GraphSideKind.Lengths ? [batch] : [.. Value.Sizes?.Select((s, i) => i == 0 ? batch : s >= 0 ? s : steps) ?? [batch, steps]];
        bool isKnown = Array.TrueForAll(sizes, s => s >= 0) && (Kind is not (GraphSideKind.Mask or GraphSideKind.Positions) || (input.HasLengths && sizes is [_, var axis] && axis == steps));
        return isKnown && sizes.Length is > 0 and <= 8 && sizes.Skip(1).Aggregate(1.0, (a, b) => a * b) <= MostNumbers ? sizes
            : throw new GraftInputException("", string.Create(
                CultureInfo.InvariantCulture, $"graph: expected sizes for the input '{Value.Name}' that are in the file or those of the rows, {input}, got [{string.Join(", ", Value.Sizes ?? [])}]."));
    }

    /// <summary>What goes in.</summary>
    /// <param name="batch">Rows, B.</param>
    /// <param name="input">What one row looks like.</param>
    /// <param name="lengths">Integers [B]; null where all rows are full.</param>
    public Tensor Make(int batch, InputShape input, Tensor? lengths)
    {
        int[] sizes = Sizes(batch, input);
        int steps = input.Sizes[0];
        return Kind switch
        {
            GraphSideKind.Mask when lengths is { } ends => ends.ToFloat().Unsqueeze(1).GreaterThan(Places(steps)),
            GraphSideKind.Lengths => lengths?.ToFloat() ?? Tensor.Full([batch], steps),
            GraphSideKind.Positions => Places(steps).Expand(batch, steps),
            GraphSideKind.Mask or GraphSideKind.Ones => Tensor.Full(Shape.Create(sizes), 1),
            _ => Tensor.Zeros(Shape.Create(sizes)),
        };
    }

    private static Tensor Places(int steps) => Tensor.From([.. Enumerable.Range(0, steps).Select(t => (float)t)], [1, steps]);

    private static GraphSideKind Usual(string name) => Known.FirstOrDefault(k => k.Names.Contains(name, StringComparer.OrdinalIgnoreCase)).Kind;

    private static string Names(IEnumerable<GraphValue> values) =>
        string.Join(", ", values.Select(v => $"'{v.Name}'{(v.Sizes is null ? "" : $" [{string.Join(", ", v.Sizes.Select(s => s < 0 ? "?" : s.ToString(CultureInfo.InvariantCulture)))}]")}"));
}
