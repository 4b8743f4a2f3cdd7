using System.Globalization;
using Graft.Data.Encoders;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Fully connected layers over the numbers of a table and learned vectors of its categories.</summary>
/// <remarks>
/// <para>The 0/1 features of a category with n levels times a learned table [n, d] are the vector of its level (paper, equation 3); a level that training rows
/// did not have is a vector of zeros. All vectors and the other features side by side go into the layers of <see cref="Mlp"/>.</para>
/// <para>Left to itself a vector has min(600, round(1.6 n^0.56)) numbers, the rule of fastai. Layers are named categories.0, categories.1 ... in the order of the
/// columns, then mlp.hidden.0 ...</para>
/// </remarks>
[Named("embedding-mlp")]
[Paper("Guo & Berkhahn, Entity Embeddings of Categorical Variables, 2016", "https://arxiv.org/abs/1604.06737")]
public sealed class EmbeddingMlp : Backbone
{
    private const int WidestByRule = 600;

    private readonly List<WordTable> _tables = [];
    private readonly List<(int Start, int Length)> _others = [];
    private readonly Mlp _mlp;
    private IReadOnlyList<CategoryBlock> _categories = [];

    /// <param name="hidden">Width of each layer; 1 to 1000 layers, each at least 1 wide.</param>
    /// <param name="width">Length of a category's vector; 0: by the number of its levels. At least 0.</param>
    /// <param name="activation">What follows each layer.</param>
    /// <param name="dropout">Share of a layer's outputs that is set to 0 in training; in [0, 1).</param>
    /// <param name="batchNorm">Whether outputs are normalized over the batch before the activation.</param>
    public EmbeddingMlp(IReadOnlyList<int> hidden, int width = 0, ActivationKind activation = ActivationKind.Relu, float dropout = 0, bool batchNorm = false)
    {
        Width = Check.AtLeast(0, width);
        _mlp = new Mlp(hidden, activation, dropout, batchNorm);
    }

    /// <summary>Width of each layer.</summary>
    public IReadOnlyList<int> Hidden => _mlp.Hidden;

    /// <summary>Length of a category's vector; 0: by the number of its levels.</summary>
    public int Width { get; }

    /// <summary>What follows each layer.</summary>
    public ActivationKind Activation => _mlp.Activation;

    /// <summary>Share of outputs set to 0 in training.</summary>
    public float Dropout => _mlp.Dropout;

    /// <summary>Whether outputs are normalized over the batch.</summary>
    public bool BatchNorm => _mlp.BatchNorm;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers => [.. _tables.Select((_, i) => TableName(i)), .. _mlp.Layers.Select(l => $"mlp.{l}")];

    /// <inheritdoc/>
    public override int BlockCount => 1 + _mlp.BlockCount;

    /// <param name="x">Shape [B, F].</param>
    /// <returns>Shape [B, last width].</returns>
    public override Tensor Forward(Tensor x) => RunBlocks(x, null);

    /// <summary>The vectors of categories beside all numbers, or one hidden layer.</summary>
    /// <inheritdoc/>
    public override Tensor Block(int index, Tensor x, Tensor? lengths)
    {
        if (Check.Within(0, BlockCount - 1, index) > 0)
        {
            return _mlp.Block(index - 1, x, lengths);
        }

        var parts = new Tensor[_tables.Count + _others.Count];
        for (int i = 0; i < _tables.Count; i++)
        {
            parts[i] = x.Slice(1, _categories[i].Start, _categories[i].Levels).MatMul(_tables[i].Weight!.Value);
        }

        for (int i = 0; i < _others.Count; i++)
        {
            parts[_tables.Count + i] = x.Slice(1, _others[i].Start, _others[i].Length);
        }

        return Tensor.Concat(parts, 1);
    }

    /// <inheritdoc/>
    public override InputShape BlockOutput(int index) => Check.Within(0, BlockCount - 1, index) > 0
        ? _mlp.BlockOutput(index - 1)
        : new(InputKind.Table, [_mlp.Input.Length]);

    /// <inheritdoc/>
    public override string ToString() => $"EmbeddingMlp({string.Join(", ", Hidden)})";

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input)
    {
        if (input.Kind != InputKind.Table || input.Categories.Count == 0)
        {
            throw new ShapeException(ToString(), "a table with categories", input.Kind == InputKind.Table ? $"{input} without any" : input.ToString(), "Use mlp.");
        }

        _categories = [.. input.Categories.OrderBy(c => c.Start)];
        int width = 0, at = 0;
        foreach (CategoryBlock block in _categories)
        {
            if (block.Start < at || block.Levels < 1 || block.Start + block.Levels > input.Length)
            {
                throw new ShapeException(ToString(), $"categories side by side within {input}", $"{block.Levels} levels from {block.Start} on");
            }

            int own = Width > 0 ? Width : Math.Min(WidestByRule, (int)Math.Round(1.6 * Math.Pow(block.Levels, 0.56)));
            _tables.Add(new WordTable(block.Levels, own, initializer: Init.Normal(deviation: 0.1f)));
            AddOther(at, block.Start);
            width += own;
            at = block.Start + block.Levels;
        }

        AddOther(at, input.Length);
        _mlp.Build(new InputShape(InputKind.Table, [width + _others.Sum(o => o.Length)]));
        return _mlp.Features;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children()
    {
        for (int i = 0; i < _tables.Count; i++)
        {
            yield return (TableName(i), _tables[i]);
        }

        yield return ("mlp", _mlp);
    }

    private static string TableName(int index) => string.Create(CultureInfo.InvariantCulture, $"categories.{index}");

    private void AddOther(int from, int to)
    {
        if (to > from)
        {
            _others.Add((from, to - from));
        }
    }
}
