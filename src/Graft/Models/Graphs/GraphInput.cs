using System.Globalization;
using Graft.Data.Encoders;
using Graft.Tensors;

namespace Graft.Models.Graphs;

/// <summary>Brings rows into the shape that a graph's input has.</summary>
/// <remarks>Sequences and texts that are shorter are filled up with zeros: to the steps that the file says, or those that the graph is traced for.</remarks>
internal sealed class GraphInput
{
    private readonly bool _isChannelsLast;
    private readonly int[]? _sizes;
    private readonly int _steps;

    public GraphInput(GraphValue declared, InputShape input)
    {
        int[] own = [.. input.TensorSizes];
        Shape = input;
        _steps = input.HasLengths ? input.Sizes[0] : 0;
        if (declared.Sizes is not { Count: > 0 } sizes || Fits(sizes, own))
        {
            return;
        }

        int[] row = [.. sizes.Skip(1)];
        if (input.Kind == InputKind.Picture && row.Length == 3)
        {
            // Pictures of another size may go through; whether the channels come first, their number says.
            _isChannelsLast = row[0] >= 0 && row[0] != own[0] && (row[2] == own[0] || row[2] < 0);
            return;
        }

        if (input.HasLengths && row.Length == own.Length && row[0] > own[0])
        {
            _steps = row[0];
            Shape = input with { Sizes = [row[0], .. input.Sizes.Skip(1)] };
            return;
        }

        if (row.All(s => s > 0) && row.Aggregate(1L, (a, b) => a * b) == input.Length)
        {
            _sizes = row;
            return;
        }

        if (row.Length != own.Length || input.HasLengths)
        {
            throw new GraftInputException("", string.Create(CultureInfo.InvariantCulture, $"graph: expected rows that fit its input '{declared.Name}' [{string.Join(", ", sizes)}], got {input}."));
        }
    }

    /// <summary>What a row looks like when it goes in.</summary>
    public InputShape Shape { get; }

    public Tensor Feed(Tensor x)
    {
        if (_steps > 0 && x.Shape[1] < _steps)
        {
            var none = new int[x.Rank];
            var behind = new int[x.Rank];
            behind[1] = _steps - x.Shape[1];
            x = x.Pad(none, behind);
        }

        return _isChannelsLast ? x.Permute(0, 2, 3, 1) : _sizes is null ? x : x.Reshape([x.Shape[0], .. _sizes]);
    }

    private static bool Fits(IReadOnlyList<int> declared, int[] own) =>
        declared.Count == own.Length + 1 && own.Select((s, i) => declared[i + 1] < 0 || declared[i + 1] == s).All(fits => fits);
}
