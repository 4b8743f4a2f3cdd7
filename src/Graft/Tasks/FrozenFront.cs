using System.Runtime.InteropServices;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Models;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Tasks;

/// <summary>The first blocks of a trunk that give a row the same numbers in every epoch: nothing in them learns or draws.</summary>
public static class FrozenFront
{
    /// <summary>How many blocks of a model's trunk are such.</summary>
    /// <param name="model">A model whose layers are frozen as they will be in training; left as it was.</param>
    /// <param name="rows">Rows to try it on; two are looked at.</param>
    /// <returns>From 0 to the number of blocks - 1. 0 as well where the trunk, run block by block, would not give the same bits as a whole.</returns>
    /// <remarks>It is tried, not read from names: the first rows run through the trunk in training, block by block. A block belongs to the front where no gradient is wanted of what it
    /// gives, and that has the same bits as in use, so that neither statistics of the batch nor chance is in it. Where rows have steps, their first half runs through it as well: a
    /// network that fills rows up gives as many steps as went in only by chance. Cost: three passes of two rows, or six, and a copy of the trunk's numbers.</remarks>
    public static int BlocksOf(TaskModel model, LabeledRows rows)
    {
        Backbone trunk = model.Trunk;
        if (model.Sharing is not null || trunk.BlockCount < 2 || rows.Count == 0 || rows.Shape != trunk.Input || !trunk.Parameters().Any(p => p.IsFrozen))
        {
            return 0;
        }

        bool wasTraining = model.IsTraining;
        var before = new State();
        trunk.Save(before);
        try
        {
            using var scope = new TensorScope();
            Batch batch = new SequentialBatches(rows, 2).Next()!;
            int blocks = Try(trunk, before, batch.Input, batch.Lengths);
            if (blocks > 0 && batch.Lengths is { } lengths)
            {
                int half = (batch.Input.Shape[1] + 1) / 2;
                var ends = Tensor.From([.. lengths.ToIntArray().Select(l => Math.Min(l, half))], lengths.Shape);
                blocks = Math.Min(blocks, Try(trunk, before, batch.Input.Slice(1, 0, half), ends));
            }

            return blocks;
        }
        finally
        {
            trunk.Load(before);
            model.Train(wasTraining);
        }
    }

    /// <summary>The lengths that go into a block: none behind the place where a sequence became something else.</summary>
    /// <param name="trunk">A built network.</param>
    /// <param name="block">The block.</param>
    /// <param name="lengths">Those of the rows.</param>
    internal static Tensor? LengthsFor(Backbone trunk, int block, Tensor? lengths) => block == 0 || trunk.BlockOutput(block - 1).HasLengths ? lengths : null;

    private static int Try(Backbone trunk, State before, Tensor input, Tensor? lengths)
    {
        trunk.Load(before);
        (int blocks, Tensor features) = BlockByBlock(trunk, input, lengths);
        if (blocks > 0)
        {
            trunk.Load(before);
            trunk.Train(true);
            blocks = AreSame(features, trunk.Forward(input, lengths)) ? blocks : 0;
        }

        return blocks;
    }

    private static (int Blocks, Tensor Features) BlockByBlock(Backbone trunk, Tensor input, Tensor? lengths)
    {
        Tensor learning = input, used = input;
        int found = 0;
        for (int block = 0; block < trunk.BlockCount; block++)
        {
            Tensor? ends = LengthsFor(trunk, block, lengths);
            trunk.Train(true);
            learning = trunk.Block(block, learning, ends);
            if (found < block || block == trunk.BlockCount - 1 || learning.RequiresGrad)
            {
                continue;
            }

            trunk.Train(false);
            using var silence = new NoGrad();
            used = trunk.Block(block, used, ends);
            found += AreSame(learning, used) && Fits(trunk.BlockOutput(block), used, input) ? 1 : 0;
        }

        return (found, learning);
    }

    // What a block gives can be kept where it is as the block says; of a sequence it may be shorter, as the batch is.
    private static bool Fits(InputShape output, Tensor given, Tensor input) => given.Rank == output.TensorSizes.Count + 1
        && given.Shape.Sizes[1..].ToArray().Select((size, axis) => output.HasLengths && axis == 0 ? size == input.Shape[1] : size == output.TensorSizes[axis]).All(same => same);

    private static bool AreSame(Tensor a, Tensor b) =>
        a.Shape == b.Shape && MemoryMarshal.AsBytes<float>(a.ToArray()).SequenceEqual(MemoryMarshal.AsBytes<float>(b.ToArray()));
}
