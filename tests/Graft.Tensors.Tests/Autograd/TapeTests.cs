using Graft.Tensors.Autograd;
using Graft.Tensors.Random;

namespace Graft.Tensors.Tests.Autograd;

[Trait("category", "ops")]
public sealed class TapeTests
{
    private const string Stale =
        "Tensor: expected a live tensor, got one whose memory was taken back after an optimizer step, at the end of a scope, by a Backward with keepsGraph: false or on the way through a network in use. Use Keep() for what is read later.";

    public static TheoryData<string> FirstOps => ["add", "view", "concat", "select", "lstm", "windows", "lengths"];

    // The first op after a step takes the memory back before it reads: what it was given is gone by then.
    [Theory, MemberData(nameof(FirstOps))]
    public void The_first_op_after_a_step_refuses_what_is_gone(string op)
    {
        Tensor places = Tensor.Ones([3]).ToInt(), table = Tensor.Ones([4, 2]), sequences = Tensor.Ones([3, 4, 2]);
        Tensor inputs = Tensor.Ones([4, 2]).Keep(), states = Tensor.Ones([4, 1]).Keep(), windows = Tensor.Ones([5, 2, 2]).Keep(), kept = Tensor.Ones([3, 4, 2]).Keep();
        Tape.Current.EndStep();

        var e = Assert.Throws<InvalidOperationException>(() => op switch
        {
            "add" => table + table,
            "view" => table.Reshape([8]),
            "concat" => Tensor.Concat([table, table], 0),
            "lstm" => sequences.Lstm(inputs, states).Output,
            "windows" => sequences.ConvMaxOverTime(windows),
            "lengths" => kept.ConvMaxOverTime(windows, null, places),
            _ => Tensor.From([1f, 2], [2, 1]).IndexSelect(places),
        });

        Assert.Equal(Stale, e.Message);
    }

    // What a loss is after the step can be read once more; showing it in a log or a debugger must not end that.
    [Fact]
    public void Showing_a_tensor_after_a_step_ends_nothing()
    {
        Tensor x = Variable(3), loss = x * 2, turned = Tensor.From([1f, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 5]).Transpose(), places = Tensor.From([7], [1]);
        Tape.Current.EndStep();

        Assert.Equal($"Tensor{loss.Shape} 6", loss.ToString());
        Assert.Equal("Tensor[5, 2] 1, 6, 2, 7, 3, 8, 4, 9, ...", turned.ToString());
        Assert.Equal("Tensor[1] 7", places.ToString());
        Assert.Equal(6, loss.Item());
    }

    // Bits of a float read as an index would lead anywhere.
    [Fact]
    public void Integers_are_not_overwritten_by_other_numbers_and_are_no_gradients()
    {
        Tensor places = Tensor.From([1, 2], [2]), y = Tensor.Variable(Tensor.From([1f, 2], [2])) * 2;

        Assert.StartsWith("Assign: expected floating point numbers, got integers [2].", Assert.Throws<ShapeException>(() => places.Assign([1f, 2])).Message);
        Assert.StartsWith("Variable: expected floating point numbers, got integers [2].", Assert.Throws<ShapeException>(() => Tensor.Variable(places)).Message);
        Assert.StartsWith("Backward: expected floating point numbers, got integers [2].", Assert.Throws<ShapeException>(() => y.Backward(places)).Message);
        Assert.Equal([1, 2], places.ToIntArray());
    }

    [Fact]
    public void A_graph_of_a_hundred_thousand_ops_does_not_overflow_the_stack()
    {
        Tensor x = Variable(1);
        Tensor y = x;
        for (int i = 0; i < 100_000; i++)
        {
            y = i % 2 == 0 ? y * 1.0001f : y.Affine(1, 0.5f) - 0.5f;
        }

        y.Backward();

        // 50,000 factors of 1.0001, each rounded.
        Assert.Equal(Math.Exp(50_000 * Math.Log(1.0001f)), x.Grad!.Value.Item(), 0.5);
    }

    [Fact]
    public void Gradients_of_two_passes_add_up_until_they_are_cleared()
    {
        Tensor x = Variable(3);
        Tensor y = x.Square();

        y.Backward();
        y.Backward();
        Assert.Equal(12, x.Grad!.Value.Item());
        x.ClearGrad();
        Assert.Null(x.Grad);
        y.Backward();

        Assert.Equal(6, x.Grad!.Value.Item());
    }

    [Fact]
    public void A_graph_that_was_not_kept_is_not_differentiated_again()
    {
        Tensor w = Tensor.Variable(Tensor.Ones([300, 300]));
        Tensor hidden = w * 2, first = hidden.Sum(), second = hidden.Square().Sum(), part = hidden.Slice(0, 0, 2);
        first.Backward(keepsGraph: false);

        string[] messages =
        [
            Assert.Throws<InvalidOperationException>(() => first.Backward()).Message,
            Assert.Throws<InvalidOperationException>(() => second.Backward()).Message,
            Assert.Throws<InvalidOperationException>(() => part.Backward(Tensor.Ones([2, 300]))).Message,
            Assert.Throws<InvalidOperationException>(() => Jacobian.Rows([second], [w])).Message,
        ];

        Assert.All(messages, m => Assert.Equal(
            "Backward: expected a graph whose values are there, got one that an earlier Backward with keepsGraph: false has taken back. Keep it until the last one.", m));
        Tensor again = (w * 2).Sum();
        w.ClearGrad();
        again.Backward(keepsGraph: false);
        Assert.Equal(2, w.Grad!.Value.ToArray()[0]);
        Tape.Current.EndStep();
    }

    // The gates of all steps are 1 MB, what comes out 64 KB: the second walk must not read what is gone.
    [Fact]
    public void What_an_op_kept_is_taken_back_as_well_and_missed()
    {
        Tensor wi = Tensor.Variable(Tensor.Ones([64, 8]) * 0.1f), wh = Tensor.Variable(Tensor.Ones([64, 16]) * 0.1f);
        Tensor loss = Tensor.ForStep(new float[16 * 64 * 8], [16, 64, 8]).Lstm(wi, wh, null).Output.Square().Sum();
        loss.Backward(keepsGraph: false);

        var e = Assert.Throws<InvalidOperationException>(() => loss.Backward());

        Assert.StartsWith("Backward: expected a graph whose values are there", e.Message, StringComparison.Ordinal);
        Tape.Current.EndStep();
    }

    [Fact]
    public void Gradients_are_the_same_bits_whether_the_graph_is_kept_or_not()
    {
        float[] kept = Gradient(keeps: true), released = Gradient(keeps: false);

        Assert.Equal(kept, released);

        static float[] Gradient(bool keeps)
        {
            var values = new float[64 * 3 * 32 * 32];
            RandomStream.For(1, "x").FillNormal(values);
            var weights = new float[8 * 3 * 9];
            RandomStream.For(2, "w").FillNormal(weights, 0, 0.2f);
            Tensor w = Tensor.Variable(Tensor.From(weights, [8, 3, 3, 3]));
            Tensor x = Tensor.ForStep(values, [64, 3, 32, 32]), y = x.Conv2d(w, padding: 1);
            Tensor z = (y.Relu() + y).Tanh() * (y - 1).Sigmoid();
            (z.Reshape([64, 8, 1024]).Softmax() * 3).Square().Mean().Backward(keepsGraph: keeps);
            float[] gradient = w.Grad!.Value.ToArray();
            Tape.Current.EndStep();
            return gradient;
        }
    }

    // Results of 300 KB, which linear layers give back before they ask for the gradients of what came before.
    [Fact]
    public void Gradients_of_linear_layers_are_the_same_bits_whether_the_graph_is_kept_or_not()
    {
        float[] kept = Gradients(keeps: true), released = Gradients(keeps: false);

        Assert.Equal(kept, released);

        static float[] Gradients(bool keeps)
        {
            Tensor[] weights = [Numbers([40, 300], 1), Numbers([300, 300], 2), Numbers([300, 300], 3), Numbers([300], 4)];
            weights = [.. weights.Select(Tensor.Variable)];
            Tensor x = Numbers([256, 40], 5), hidden = x.Linear(weights[0].Transpose(), relu: true);
            Tensor y = hidden.Linear(weights[1].Transpose(), weights[3], relu: true).LinearGelu(weights[2].Transpose()).Linear(weights[1].Transpose());
            (y + hidden).Square().Mean().Backward(keepsGraph: keeps);
            float[] gradients = [.. weights.SelectMany(w => w.Grad!.Value.ToArray())];
            Tape.Current.EndStep();
            return gradients;
        }

        static Tensor Numbers(Shape shape, ulong seed)
        {
            var values = new float[shape.Count];
            RandomStream.For(seed, "linear").FillNormal(values, 0, 0.1f);
            return Tensor.From(values, shape);
        }
    }

    [Fact]
    public void A_loss_can_be_read_after_the_step_until_the_next_tensor_is_made()
    {
        Tensor loss = Variable(3).Square().Sum();

        Tape.Current.EndStep();
        float value = loss.Item();
        _ = Tensor.Zeros([1]);

        Assert.Equal(9, value);
        Assert.True(loss.IsStale);
    }

    [Fact]
    public void A_handle_kept_beyond_its_step_says_so()
    {
        Tensor x = Variable(3);
        Tensor y = x.Square();
        Tape.Current.EndStep();
        Tensor z = x.Square();

        Assert.Equal(Stale, Assert.Throws<InvalidOperationException>(() => y.Item()).Message);
        Assert.Equal(Stale, Assert.Throws<InvalidOperationException>(() => y - z).Message);
        Assert.Equal("Tensor(taken back)", y.ToString());
        Assert.Equal("Tensor: expected a tensor, got an empty handle (default).", Assert.Throws<InvalidOperationException>(() => default(Tensor).Item()).Message);
    }

    [Fact]
    public void Backward_after_the_step_is_refused()
    {
        Tensor loss = Variable(3).Square().Sum();
        Tape.Current.EndStep();

        var e = Assert.Throws<InvalidOperationException>(() => loss.Backward());

        Assert.Equal("Backward: expected a graph of the current step, got one that an optimizer step has ended. Call Backward before Step.", e.Message);
    }

    [Fact]
    public void Two_results_of_one_function_are_two_tensors()
    {
        Tensor w = Variable(2);
        Tensor F(Tensor x) => (x * w).Tanh();

        for (int step = 0; step < 5; step++)
        {
            Tensor a = F(Tensor.ForStep([0.1f], [1]));
            Tensor b = F(Tensor.ForStep([0.3f], [1]));
            Assert.Equal(MathF.Tanh(0.2f) - MathF.Tanh(0.6f), (a - b).Item(), 1e-6f);
            (a - b).Backward();
            Tape.Current.EndStep();
        }
    }

    [Fact]
    public void What_is_kept_stays_after_steps()
    {
        Tensor w = Variable(2);
        var kept = new List<Tensor>();

        for (int step = 0; step < 10; step++)
        {
            kept.Add((w * step).Square().Keep());
            Tape.Current.EndStep();
        }

        Assert.Equal([0f, 4, 16, 36, 64, 100, 144, 196, 256, 324], kept.Select(t => t.Item()));
        Assert.All(kept, t => Assert.False(t.RequiresGrad));
    }

    [Fact]
    public void Without_recording_nothing_needs_a_gradient()
    {
        Tensor x = Variable(3);
        Tensor y;
        using (new NoGrad())
        {
            y = x.Square();
            using (new NoGrad())
            {
            }

            Assert.False((y * x).RequiresGrad);
        }

        Assert.False(y.RequiresGrad);
        Assert.True((y * x).RequiresGrad);
        var e = Assert.Throws<InvalidOperationException>(() => y.Backward());
        Assert.Equal("Backward: expected a tensor computed from parameters while recording, got one that needs no gradient.", e.Message);
    }

    [Fact]
    public void No_gradient_flows_through_a_detached_tensor()
    {
        Tensor x = Variable(3);

        (x.Square().Detach() * x).Backward();

        Assert.Equal(9, x.Grad!.Value.Item());
    }

    [Fact]
    public void Backward_needs_one_element_or_a_gradient_of_the_right_shape()
    {
        Tensor x = Tensor.Variable(Tensor.Ones([2, 3]));

        var e = Assert.Throws<ShapeException>(() => (x * 2).Backward());
        var f = Assert.Throws<ShapeException>(() => (x * 2).Backward(Tensor.Ones([3, 2])));

        Assert.Equal("Backward: expected one element or a gradient to start from, got [2, 3].", e.Message);
        Assert.Equal("Backward: expected a gradient of shape [2, 3], got [3, 2].", f.Message);
    }

    [Fact]
    public void What_is_made_in_a_scope_ends_with_it_and_the_rest_stays()
    {
        Tensor x = Variable(3), before = x.Square(), inside, kept;
        using (new TensorScope())
        {
            inside = before * 2;
            kept = inside.Keep();
        }

        Assert.True(inside.IsStale);
        Assert.Equal(18, kept.Item());
        before.Backward();
        Assert.Equal(6, x.Grad!.Value.Item());
    }

    [Fact]
    public void An_op_that_refuses_leaves_the_step_as_it_was()
    {
        Tensor x = Variable(3), y = x.Square();

        Assert.Throws<ShapeException>(() => y.Linear(Tensor.Ones([2, 7])));
        Assert.Throws<ShapeException>(() => y.Reshape(2));
        (y * x).Backward();

        Assert.Equal(27, x.Grad!.Value.Item());
    }

    [Fact]
    public async Task Two_threads_have_tapes_of_their_own()
    {
        float alone = Train(seed: 1);

        float[] results = await Task.WhenAll(Enumerable.Range(1, 4).Select(seed => Task.Run(() => Train(1 + (seed % 2)))));

        Assert.Equal([results[0], alone, results[0], alone], results);
        Assert.NotEqual(alone, results[0]);
    }

    // Fits w x to 3 x by gradient descent and returns w.
    private static float Train(int seed)
    {
        Tensor w = Variable(seed);
        for (int step = 0; step < 200; step++)
        {
            Tensor x = Tensor.ForStep([step % 3f, 1, 2], [3]);
            Tensor loss = (x * w).MseLoss(x * 3);
            w.ClearGrad();
            loss.Backward();
            w.Assign([w.Item() - (0.001f * w.Grad!.Value.Item())]);
            Tape.Current.EndStep();
        }

        return w.Item();
    }

    private static Tensor Variable(float value) => Tensor.Variable(Tensor.From([value], [1]));
}
