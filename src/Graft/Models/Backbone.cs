using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Models;

/// <summary>A network that turns inputs into features, for heads to predict from: the part that tasks share and that transfer carries.</summary>
/// <remarks>Constructor parameters are the configuration; the layers are made when the shape of the input is known. A backbone is built once.</remarks>
[Family("models")]
public abstract class Backbone : Module
{
    /// <summary>The input that it was built for.</summary>
    /// <exception cref="InvalidOperationException">It was not built.</exception>
    public InputShape Input => _input ?? throw new InvalidOperationException($"{GetType().Name}: expected a built model, got one without layers. Call Build(input) first.");

    /// <summary>Number of features it gives, known once it is built.</summary>
    public int Features { get; private set; }

    /// <summary>The names of its layers that can be frozen, reset or trained alone, from input to output: the first part of their parameters' paths.</summary>
    public abstract IReadOnlyList<string> Layers { get; }

    /// <summary>Number of blocks, the parts that run one after the other; at least 1; known once it is built.</summary>
    public virtual int BlockCount => 1;

    /// <summary>The file whose weights it begins with where none is named, such as the one that its structure was read from; null for none.</summary>
    public virtual string? DefaultWeights => null;

    /// <summary>Whether files of weights may be meant for it; not where it only puts other backbones together.</summary>
    public virtual bool TakesWeights => true;

    /// <summary>Whether pictures of other sizes than those it was built for go through it as well, and give as many features.</summary>
    public virtual bool TakesAnySize => false;

    private InputShape? _input;

    /// <summary>Makes the layers for inputs of one shape.</summary>
    /// <param name="input">What one row looks like.</param>
    /// <exception cref="ShapeException">It cannot work on such inputs.</exception>
    /// <exception cref="InvalidOperationException">It was built already.</exception>
    public void Build(InputShape input)
    {
        if (_input is not null)
        {
            throw new InvalidOperationException($"{GetType().Name}: expected a model that is not built yet, got one built for {_input}.");
        }

        Features = MakeLayers(input);
        _input = input;
    }

    /// <summary>Whether rows of one shape can go through it where it was built, or will be, for another.</summary>
    /// <param name="rows">What the rows look like.</param>
    /// <param name="built">What it was built for.</param>
    public bool Fits(InputShape rows, InputShape built) => rows == built
        || (rows.HasLengths && rows.Kind == built.Kind && rows.Vocabulary == built.Vocabulary && rows.Sizes.Skip(1).SequenceEqual(built.Sizes.Skip(1)))
        || (TakesAnySize && rows.Kind == InputKind.Picture && built.Kind == InputKind.Picture && rows.Sizes[2] == built.Sizes[2]);

    /// <summary>Tells where files lie that its constructor names; before it is built.</summary>
    /// <param name="find">Gives the full path of a file: relative ones are those of an experiment.</param>
    public virtual void Locate(Func<string, string> find)
    {
    }

    /// <summary>A file's weights under its own paths and in its own layouts. At first as they stand in the file.</summary>
    /// <param name="file">What a file holds: of this program, or published for the same network in another.</param>
    /// <exception cref="GraftInputException">The file is not what it should be.</exception>
    public virtual IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file) => file.Tensors;

    /// <summary>Takes pretrained weights from a file.</summary>
    /// <param name="path">The file; which format it is, its bytes say.</param>
    /// <returns>What became of every weight. What is not in the file keeps its first values.</returns>
    /// <exception cref="GraftInputException">The file cannot be read, or nothing in it fits.</exception>
    /// <exception cref="InvalidOperationException">The backbone was not built and initialized.</exception>
    public CarryReport LoadWeights(string path)
    {
        _ = Input;
        return WeightCarry.CarryPretrained(WeightSource.For(this, WeightFile.Read(path), path), this);
    }

    /// <summary>The features of a batch whose rows may have different lengths.</summary>
    /// <param name="x">Shape [B, F], [B, C, H, W] or [B, T, F].</param>
    /// <param name="lengths">For sequences: integers [B]; null where all rows are full.</param>
    /// <returns>Shape [B, Features].</returns>
    public virtual Tensor Forward(Tensor x, Tensor? lengths) => Forward(x);

    /// <summary>Runs one block. All of them in order, each on what the one before gave, are <see cref="Forward(Tensor, Tensor?)"/> bit for bit.</summary>
    /// <param name="index">From 0 to <see cref="BlockCount"/> - 1.</param>
    /// <param name="x">The input for the first block; for others what the block before gave, or something of that shape.</param>
    /// <param name="lengths">For sequences: integers [B]; null where all rows are full.</param>
    /// <returns>As <see cref="BlockOutput"/> says; of the last block [B, Features].</returns>
    public virtual Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        Check.Within(0, BlockCount - 1, index);
        return Forward(x, lengths);
    }

    /// <summary>What a row looks like behind a block: features [F] in [B, F], a picture [H, W, C] in [B, C, H, W], or a sequence [T, F] in [B, T, F].</summary>
    /// <param name="index">From 0 to <see cref="BlockCount"/> - 1.</param>
    /// <exception cref="InvalidOperationException">It was not built.</exception>
    public virtual InputShape BlockOutput(int index)
    {
        Check.Within(0, BlockCount - 1, index);
        _ = Input;
        return new InputShape(InputKind.Table, [Features]);
    }

    /// <summary>Makes the layers.</summary>
    /// <returns>The number of features.</returns>
    protected abstract int MakeLayers(InputShape input);

    /// <summary>All blocks, one after the other.</summary>
    private protected Tensor RunBlocks(Tensor x, Tensor? lengths)
    {
        var chain = Chain.Begin();
        for (int i = 0; i < BlockCount; i++)
        {
            x = chain.Next(x, Block(i, x, lengths));
        }

        return x;
    }
}
