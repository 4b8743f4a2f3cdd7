namespace Graft.Data.Text;

/// <summary>How texts are filled up to one length.</summary>
/// <param name="Id">The token that fills up; at least 0.</param>
/// <param name="Token">The same as text.</param>
/// <param name="TypeId">Its type; at least 0.</param>
/// <param name="Length">Tokens of every text; 0 for those of the longest.</param>
/// <param name="Multiple">The length is rounded up to a multiple of this; at least 1.</param>
/// <param name="AtStart">Whether texts are filled up before their beginning instead of behind their end.</param>
public sealed record Padding(int Id = 0, string Token = "[PAD]", int TypeId = 0, int Length = 0, int Multiple = 1, bool AtStart = false)
{
    /// <summary>The token that fills up.</summary>
    public int Id { get; } = Tensors.Check.NonNegative(Id);

    /// <summary>Its type.</summary>
    public int TypeId { get; } = Tensors.Check.NonNegative(TypeId);

    /// <summary>Tokens of every text; 0 for those of the longest.</summary>
    public int Length { get; } = Tensors.Check.NonNegative(Length);

    /// <summary>The length is rounded up to a multiple of this.</summary>
    public int Multiple { get; } = Tensors.Check.AtLeast(1, Multiple);
}
