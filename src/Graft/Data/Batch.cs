using Graft.Tensors;

namespace Graft.Data;

/// <summary>Some rows as tensors, made for one step.</summary>
/// <remarks>The tensors' memory is taken back after the step; a loader fills one batch object again and again.</remarks>
public sealed class Batch
{
    /// <summary>Number of rows: B.</summary>
    public int Count => Rows.Length;

    /// <summary>Where the rows stand among those of their loader.</summary>
    public int[] Rows { get; set; } = [];

    /// <summary>Shape [B, F] for tables, [B, C, H, W] for pictures (channels last in memory), [B, T, F] for sequences.</summary>
    public Tensor Input { get; set; }

    /// <summary>For sequences: integers [B], the steps of each row before the zeros start, 1..T; otherwise null.</summary>
    public Tensor? Lengths { get; set; }

    /// <summary>The truth for each task of the loader, in its order.</summary>
    /// <remarks>Multi-class: integers [B], -1 where missing. Binary: [B, 1]; multi-label: [B, L]; regression: [B, K]; NaN where missing.</remarks>
    public Tensor[] Targets { get; set; } = [];
}
