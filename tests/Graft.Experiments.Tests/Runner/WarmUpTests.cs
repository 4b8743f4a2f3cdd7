using Graft.Experiments.Runner;
using Graft.Tensors.Threading;

namespace Graft.Experiments.Tests.Runner;

public sealed class WarmUpTests
{
    [Fact]
    public void It_takes_its_step_alone_and_leaves_the_thread_as_it_was()
    {
        WarmUp.Run();

        Assert.False(SoloThread.IsSolo);
    }
}
