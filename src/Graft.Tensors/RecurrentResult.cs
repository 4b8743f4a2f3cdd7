namespace Graft.Tensors;

/// <summary>What a recurrent op gives.</summary>
/// <param name="Output">The hidden state after every step, [B, T, H]; 0 beyond a row's length.</param>
/// <param name="Hidden">The hidden state after a row's last step, [B, H].</param>
/// <param name="Cell">The cell after a row's last step, [B, H]; an empty handle where there is none.</param>
public readonly record struct RecurrentResult(Tensor Output, Tensor Hidden, Tensor Cell);
