using Graft.Models;

namespace Graft.Tests.Models;

public sealed class LstmModelTests : RecurrentModelConformance
{
    protected override string Name => "lstm";

    protected override int Gates => 4;

    protected override RecurrentModel Create(int[]? hidden, bool bidirectional, float dropout, SequencePooling pooling) =>
        new LstmModel(hidden, bidirectional, dropout, pooling);
}
