using Graft.Models;

namespace Graft.Tests.Models;

public sealed class GruModelTests : RecurrentModelConformance
{
    protected override string Name => "gru";

    protected override int Gates => 3;

    protected override RecurrentModel Create(int[]? hidden, bool bidirectional, float dropout, SequencePooling pooling) =>
        new GruModel(hidden, bidirectional, dropout, pooling);
}
