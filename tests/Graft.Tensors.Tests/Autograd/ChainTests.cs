using Graft.Tensors.Autograd;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Autograd;

/// <summary>Parts of a network in use: what they made for each other is taken back on the way.</summary>
[Trait("category", "memory")]
[Collection(WholeTeam.Name)]
public sealed class ChainTests
{
    // 512 KB and more are large; 256 KB and less stay.
    private const int Large = 1 << 17;

    [Fact]
    public void What_one_part_gave_goes_when_the_next_has_run_and_what_it_made_inside_at_once()
    {
        using var noGrad = new NoGrad();
        using var scope = new TensorScope();
        Tensor x = Tensor.Ones([Large]);
        var chain = Chain.Begin();
        Tensor inside = x * 2;
        Tensor first = chain.Next(x, inside + 1);
        bool isThere = !first.IsStale;

        Tensor second = chain.Next(first, first * 3);

        Assert.True(isThere && inside.IsStale && first.IsStale);
        Assert.Equal(9, second.Sum().Item() / Large);
        Assert.Equal(Large, x.Sum().Item());
        Assert.StartsWith("Tensor: expected a live tensor, got one whose memory was taken back", Assert.Throws<InvalidOperationException>(() => first.Item()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Small_values_views_of_the_result_and_a_part_that_gives_what_it_got_stay()
    {
        using var noGrad = new NoGrad();
        using var scope = new TensorScope();
        Tensor x = Tensor.Ones([Large]);
        var chain = Chain.Begin();
        Tensor small = x.Slice(0, 0, 1 << 16) * 1, made = x + 1;
        Tensor view = chain.Next(x, made.Reshape(2, Large / 2));
        Tensor same = chain.Next(view, view);

        Tensor turned = chain.Next(same, same.Transpose());

        Assert.False(small.IsStale || made.IsStale || view.IsStale);
        Assert.Equal(2, turned.Sum().Item() / Large);

        Tensor last = chain.Next(turned, turned * 1);

        Assert.True(turned.IsStale && made.IsStale);
        Assert.Equal(2, last.Sum().Item() / Large);
    }

    // Places in the order of creation are counted thread by thread: what came from elsewhere may have any.
    [Fact]
    public void What_another_thread_gave_stays()
    {
        using var noGrad = new NoGrad();
        using var scope = new TensorScope();
        for (int i = 0; i < 2000; i++)
        {
            _ = Tensor.Ones([1]) * 2;
        }

        Tensor x = Tensor.Ones([Large]) * 1;
        float sum = 0;
        var other = new Thread(() =>
        {
            using var none = new NoGrad();
            var chain = Chain.Begin();
            Tensor first = chain.Next(x, x + 1);
            sum = chain.Next(first, first * 2).Sum().Item();
        });
        other.Start();
        other.Join();

        Assert.False(x.IsStale);
        Assert.Equal((4 * Large, Large), ((int)sum, (int)x.Sum().Item()));
    }

    [Fact]
    public void Where_gradients_or_traces_are_wanted_everything_stays()
    {
        Tensor x = Tensor.Ones([Large]);
        var recording = Chain.Begin();
        Tensor y = recording.Next(x, x * 2);
        recording.Next(y, y * 2);
        using var noGrad = new NoGrad();
        using var trace = new Trace();
        var traced = Chain.Begin();
        Tensor z = traced.Next(x, x * 2);
        traced.Next(z, z * 2);

        Assert.False(y.IsStale || z.IsStale);
        Tape.Current.EndStep();
    }

    // 16 MB a result, 1.6 GB a pass: more than the tape holds, were they not taken back.
    [Fact]
    public void A_long_pass_needs_the_memory_of_two_results_and_allocates_nothing()
    {
        Tensor x = Tensor.Ones([1 << 22]).Keep();
        void Pass()
        {
            using var noGrad = new NoGrad();
            using var scope = new TensorScope();
            var chain = Chain.Begin();
            Tensor y = x;
            for (int i = 0; i < 100; i++)
            {
                y = chain.Next(y, y * 1.01f);
            }
        }

        Pass();
        long allocated = GC.GetAllocatedBytesForCurrentThread(), system = Engine.SystemAllocations;

        Pass();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
        Assert.Equal(system, Engine.SystemAllocations);
    }
}
