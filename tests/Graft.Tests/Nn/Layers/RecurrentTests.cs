using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class LstmTests : LayerConformance
{
    protected override Shape InputShape => [2, 5, 3];

    protected override Shape OutputShape => [2, 5, 8];

    protected override string[] StateNames =>
    [
        "weight_ih_l0 [16, 3]", "weight_hh_l0 [16, 4]", "bias_ih_l0 [16]", "bias_hh_l0 [16]",
        "weight_ih_l0_reverse [16, 3]", "weight_hh_l0_reverse [16, 4]", "bias_ih_l0_reverse [16]", "bias_hh_l0_reverse [16]",
        "weight_ih_l1 [16, 8]", "weight_hh_l1 [16, 4]", "bias_ih_l1 [16]", "bias_hh_l1 [16]",
        "weight_ih_l1_reverse [16, 8]", "weight_hh_l1_reverse [16, 4]", "bias_ih_l1_reverse [16]", "bias_hh_l1_reverse [16]",
    ];

    protected override (Shape Shape, string Message)? Refused =>
        ([2, 5, 4], "Lstm(3 -> 8, 2 layers, both directions): expected input [B, T, 3], got [2, 5, 4]. Sequences come batch first, then time, then features.");

    [Fact]
    public void What_lies_beyond_a_length_changes_nothing()
    {
        var layer = (Lstm)Ready();
        float[] x = Input([2, 5, 3]).ToArray(), other = [.. x];
        other.AsSpan(15 + 6).Fill(1e6f);
        Tensor lengths = Tensor.From([5, 2], [2]);

        RecurrentOutput a = layer.Run(Tensor.From(x, [2, 5, 3]), lengths), b = layer.Run(Tensor.From(other, [2, 5, 3]), lengths);

        Assert.Equal(a.Output.ToArray(), b.Output.ToArray());
        Assert.Equal(a.Hidden.ToArray(), b.Hidden.ToArray());
        Assert.All(a.Output.ToArray()[(40 + 16)..], v => Assert.Equal(0, v));
    }

    [Fact]
    public void The_last_state_is_the_output_at_the_last_step()
    {
        var layer = new Lstm(3, 4);
        layer.Initialize(1);

        RecurrentOutput y = layer.Run(Input([1, 5, 3]));

        Assert.Equal(y.Output.ToArray()[16..], y.Hidden.ToArray());
    }

    protected override Module Create() => new Lstm(3, 4, layers: 2, bidirectional: true);
}

public sealed class GruTests : LayerConformance
{
    protected override Shape InputShape => [2, 5, 3];

    protected override Shape OutputShape => [2, 5, 4];

    protected override string[] StateNames => ["weight_ih_l0 [12, 3]", "weight_hh_l0 [12, 4]", "bias_ih_l0 [12]", "bias_hh_l0 [12]"];

    protected override (Shape Shape, string Message)? Refused =>
        ([5, 3], "Gru(3 -> 4): expected input [B, T, 3], got [5, 3]. Sequences come batch first, then time, then features.");

    protected override Module Create() => new Gru(3, 4);
}
