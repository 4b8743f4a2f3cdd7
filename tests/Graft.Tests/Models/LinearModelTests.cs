using Graft.Data.Encoders;
using Graft.Models;

namespace Graft.Tests.Models;

public sealed class LinearModelTests : BackboneConformance
{
    protected override InputShape Input => new(InputKind.Picture, [2, 3, 1]);

    protected override int Features => 6;

    protected override string[] StateNames => [];

    protected override string[] Layers => [];

    protected override Backbone Create() => new LinearModel();

    [Fact]
    public void Features_are_the_input()
    {
        Assert.Equal(Rows(2).ToArray(), Ready().Forward(Rows(2)).ToArray());
    }
}
