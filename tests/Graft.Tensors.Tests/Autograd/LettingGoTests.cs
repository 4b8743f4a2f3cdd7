using Graft.Tensors.Autograd;
using Graft.Tensors.Random;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Autograd;

/// <summary>A tape that has grown too long lets go in the midst of an op at worst: what the op reads must not become garbage before it has run.</summary>
[Trait("category", "memory")]
[Collection(WholeTeam.Name)]
public sealed class LettingGoTests : IDisposable
{
    private const long Bound = 256L << 20;

    // Checked memory is written to; here most of it is asked for alone.
    private readonly bool _checks = Engine.ChecksMemory;

    public LettingGoTests() => Engine.ChecksMemory = false;

    public static TheoryData<string> Cases => [.. Ops.Keys];

    private static Dictionary<string, Func<Tensor, Tensor>> Ops { get; } = new()
    {
        ["dropout"] = x => x.Dropout(0.5f, RandomStream.For(1, "dropout")),
        ["layer norm"] = x => x.LayerNorm(Tensor.Full([8], 1).Keep(), Tensor.Full([8], 0).Keep()),
        ["group norm"] = x => x.GroupNorm(2),
        ["batch norm"] = x => x.BatchNorm(Tensor.From(new float[8], [8]), Tensor.From(new float[8], [8]), training: true),
        ["cross entropy"] = x => x.CrossEntropy(Tensor.From(new int[6], [6])),
        ["gru"] = x => x.Reshape(2, 3, 8).Gru(Weights(12), Weights(12, 4)).Output,
        ["join"] = x => Tensor.Concat([x, x], 0),
        ["relu"] = x => x.Relu(),
        ["convolution over time"] = x => x.Reshape(2, 3, 8).ConvMaxOverTime(Weights(5, 8, 2)),
    };

    public void Dispose() => Engine.ChecksMemory = _checks;

    [Theory, MemberData(nameof(Cases))]
    public void A_result_has_its_operands_until_it_is_computed(string op)
    {
        Tensor x = Tensor.From([.. Enumerable.Range(0, 48).Select(i => (float)(i % 7))], [6, 8]);
        using var scope = new TensorScope();
        using var silence = new NoGrad();
        var parted = new List<long>();

        // Results take 4, 192 or 256 bytes here: what is made behind them passes the bound.
        foreach (long room in (long[])[0, 16, 208, 272])
        {
            using var inner = new TensorScope();
            Shape filling = [(int)((Bound - room) / sizeof(float))];
            Tape.Current.New(filling, filling.RowMajor(), null);        // never written to, so that it is nowhere
            Node y = Ops[op](x).Node.Root;
            if (y.A is null && y.MoreCount == 0)
            {
                parted.Add(room);
            }
        }

        Assert.Empty(parted);
    }

    private static Tensor Weights(params int[] sizes) => Tensor.Full(sizes.Length == 1 ? [sizes[0], 8] : Shape.Create(sizes), 0.1f).Keep();
}
