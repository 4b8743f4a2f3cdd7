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
    /// gives, and that has the same bits as in use, so that neither statistics of the batch nor chance is in it. Cost: three passes of two rows, and a copy of the trunk's numbers.</remarks>
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
            (int blocks, Tensor features) = Try(trunk, batch);
            if (blocks > 0)
            {
                trunk.Load(before);
                trunk.Train(true);
                blocks = AreSame(features, trunk.Forward(batch.Input, batch.Lengths)) ? blocks : 0;
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

    private static (int Blocks, Tensor Features) Try(Backbone trunk, Batch batch)
    {
        Tensor learning = batch.Input, used = batch.Input;
        int found = 0;
        for (int block = 0; block < trunk.BlockCount; block++)
        {
            Tensor? lengths = LengthsFor(trunk, block, batch.Lengths);
            trunk.Train(true);
            learning = trunk.Block(block, learning, lengths);
            if (found < block || block == trunk.BlockCount - 1 || learning.RequiresGrad)
            {
                continue;
            }

            trunk.Train(false);
            using var silence = new NoGrad();
            used = trunk.Block(block, used, lengths);
            found += AreSame(learning, used) && Fits(trunk.BlockOutput(block), used, batch.Input) ? 1 : 0;
        }

        return (found, learning);
    }

    // What a block gives can be kept where it is as the block says; of a sequence it may be shorter, as the batch is.
    private static bool Fits(InputShape output, Tensor given, Tensor input) => given.Rank == output.TensorSizes.Count + 1
        && given.Shape.Sizes[1..].ToArray().Select((size, axis) => output.HasLengths && axis == 0 ? size == input.Shape[1] : size == output.TensorSizes[axis]).All(same => same);

    private static bool AreSame(Tensor a, Tensor b) =>
        a.Shape == b.Shape && MemoryMarshal.AsBytes<float>(a.ToArray()).SequenceEqual(MemoryMarshal.AsBytes<float>(b.ToArray()));
}
