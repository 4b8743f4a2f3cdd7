using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models.Formats;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Vision transformer: patches of the picture as steps of a sequence, attention between them, and the features of one step that was put before them.</summary>
/// <remarks>
/// <para>Names are those of timm's vision transformers: cls_token, pos_embed, patch_embed.proj, blocks.0.norm1, blocks.0.attn.qkv ... norm, head. The defaults are
/// vit_tiny_patch16_224: with 1000 classes and pictures of 224 pixels 5,717,416 weights; without top 192 features.</para>
/// <para>Attention costs the square of the number of patches. Each place has its learned embedding, so a network is built for one size of pictures; embeddings from
/// a file for another size are interpolated (cubic, as timm does).</para>
/// <para>Stages: the patches with the embeddings of their places, each block, and the features.</para>
/// </remarks>
[Named("vit")]
[Paper("Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale, ICLR 2021", "https://arxiv.org/abs/2010.11929")]
public sealed class Vit : PictureNetwork
{
    private const float Epsilon = 1e-6f;
    private const int MostBlocks = 200;

    private static readonly Initializer Small = Init.Normal(0, 0.02f);

    private Parameter? _token;
    private Parameter? _places;
    private (int Rows, int Columns) _grid;

    /// <param name="patch">Rows and columns of a patch, in pixels; at least 1. Pictures have sides that are multiples of it.</param>
    /// <param name="width">Size of a step; at least 1. Paper: 768 to 1280; tiny: 192.</param>
    /// <param name="depth">Number of blocks; from 1 to 200.</param>
    /// <param name="heads">Heads of attention; a divisor of the width.</param>
    /// <param name="dropout">Share of values that is set to 0 in training behind the embeddings and behind both halves of a block; in [0, 1).</param>
    /// <param name="top">Whether the classifier is part of it: then the features are its logits.</param>
    /// <param name="classes">Number of those; at least 1.</param>
    public Vit(int patch = 16, int width = 192, int depth = 12, int heads = 3, float dropout = 0, bool top = false, int classes = 1000)
    {
        Patch = Check.AtLeast(1, patch);
        Width = Check.AtLeast(1, width);
        Depth = Check.Within(1, MostBlocks, depth);
        Heads = Check.AtLeast(1, heads);
        if (width % heads != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(heads), heads, string.Create(CultureInfo.InvariantCulture, $"heads: expected a divisor of the width {width}, got {heads}."));
        }

        Dropout = Check.Fraction(dropout);
        Top = top;
        Classes = Check.AtLeast(1, classes);
    }

    /// <summary>Rows and columns of a patch, in pixels.</summary>
    public int Patch { get; }

    /// <summary>Size of a step.</summary>
    public int Width { get; }

    /// <summary>Number of blocks.</summary>
    public int Depth { get; }

    /// <summary>Heads of attention.</summary>
    public int Heads { get; }

    /// <summary>Share of values set to 0 in training.</summary>
    public float Dropout { get; }

    /// <summary>Whether the classifier is part of it.</summary>
    public bool Top { get; }

    /// <summary>Number of the classifier's logits.</summary>
    public int Classes { get; }

    /// <inheritdoc/>
    public override bool TakesAnySize => false;

    private protected override int Least => Patch;

    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"Vit({Patch} x {Patch}, {Width}, {Depth} blocks{(Top ? FormattableString.Invariant($", {Classes} classes") : "")})");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, NamedArray> Translate(WeightFile file)
    {
        var tensors = base.Translate(file).ToDictionary(StringComparer.Ordinal);
        if (tensors.TryGetValue("pos_embed", out NamedArray? places) && places.Sizes is [1, _, var width] && width == Width && places.Sizes[1] != (_grid.Rows * _grid.Columns) + 1)
        {
            int side = (int)Math.Round(Math.Sqrt(places.Sizes[1] - 1));
            if (side > 0 && (side * side) + 1 == places.Sizes[1])
            {
                tensors["pos_embed"] = PlaceEmbedding.Resize(places, side, _grid.Rows, _grid.Columns);
            }
        }

        return tensors;
    }

    private protected override void Make(PictureExtent at)
    {
        if (at.Height % Patch != 0 || at.Width % Patch != 0)
        {
            throw new ShapeException(ToString(), $"pictures whose sides are multiples of {Patch} pixels", at.Shape.ToString(), "Resize them, or set patch.");
        }

        _grid = (at.Height / Patch, at.Width / Patch);
        int steps = (_grid.Rows * _grid.Columns) + 1;
        _token = new Parameter([1, 1, Width], Small);
        _places = new Parameter([1, steps, Width], Small);
        Add("cls_token", new Single(_token));
        Add("pos_embed", new Single(_places));
        Conv2d patches = Add("patch_embed.proj", new Conv2d(at.Channels, Width, Patch, Patch));
        Dropout? dropout = Dropout > 0 ? Add("pos_drop", new Dropout(Dropout)) : null;
        var sequence = new InputShape(InputKind.Sequence, [steps, Width]);
        Stage(sequence, x => Embedded(patches.Forward(x), dropout));
        for (int i = 0; i < Depth; i++)
        {
            var block = Add(FormattableString.Invariant($"blocks.{i}"), new Layer(this));
            Stage(sequence, block.Forward);
        }

        LayerNorm norm = Add("norm", new LayerNorm(Width, Epsilon));
        Linear? head = Top ? Add("head", new Linear(Width, Classes, initializer: Small)) : null;
        End(Top ? Classes : Width, x =>
        {
            x = norm.Forward(x.Select(1, 0));
            return head?.Forward(x) ?? x;
        });
    }

    // The token, then the patches row by row, each with the embedding of its place.
    private Tensor Embedded(Tensor maps, Dropout? dropout)
    {
        int rows = maps.Shape[0];
        Tensor x = Tensor.Concat([_token!.Value.Expand(rows, 1, Width), maps.Permute(0, 2, 3, 1).Reshape(rows, -1, Width)], 1) + _places!.Value;
        return dropout?.Forward(x) ?? x;
    }

    // A parameter that has a path of its own.
    private sealed class Single(Parameter value) : Module
    {
        public override Tensor Forward(Tensor x) => x + value.Value;

        public override string ToString() => $"Single({value.Shape})";

        protected override IEnumerable<(string Name, Parameter Parameter)> OwnParameters() => [("", value)];
    }

    private sealed class Layer : Module
    {
        private const int Wider = 4;

        public Layer(Vit network)
        {
            int width = network.Width;
            Norm1 = new LayerNorm(width, Epsilon);
            Attn = new MultiHeadAttention(width, network.Heads, names: ["qkv", "proj"], initializer: Small);
            Norm2 = new LayerNorm(width, Epsilon);
            Mlp = new Dense(width, Wider * width);
            Drop1 = network.Dropout > 0 ? new Dropout(network.Dropout) : null;
            Drop2 = network.Dropout > 0 ? new Dropout(network.Dropout) : null;
        }

        public LayerNorm Norm1 { get; }

        public MultiHeadAttention Attn { get; }

        public LayerNorm Norm2 { get; }

        public Dense Mlp { get; }

        public Dropout? Drop1 { get; }

        public Dropout? Drop2 { get; }

        public override Tensor Forward(Tensor x)
        {
            Tensor y = Attn.Forward(Norm1.Forward(x));
            x += Drop1?.Forward(y) ?? y;
            y = Mlp.Forward(Norm2.Forward(x));
            return x + (Drop2?.Forward(y) ?? y);
        }

        public override string ToString() => $"Layer({Attn})";
    }

    private sealed class Dense(int width, int wide) : Module
    {
        public Linear Fc1 { get; } = new(width, wide, initializer: Small);

        public Linear Fc2 { get; } = new(wide, width, initializer: Small);

        public override Tensor Forward(Tensor x) => Fc2.Forward(Fc1.ForwardGelu(x));

        public override string ToString() => $"Dense({Fc1})";
    }
}
