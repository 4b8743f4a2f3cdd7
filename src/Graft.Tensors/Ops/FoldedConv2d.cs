using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

/// <summary>A convolution and the normalization behind it as one convolution: y = act(x * (w s) + (b - mean) s + shift + residual) with s = scale / sqrt(variance + epsilon).</summary>
/// <remarks>
/// <para>Keeps the weights times s, packed as the kernel reads them, as long as no number that they came from is written to and they are used: each call compares which tensors
/// they came from and how often these were written to (<see cref="Node.Version"/>). One pass over the weights where something changed, nothing else.</para>
/// <para>For results that nobody differentiates. Several threads may use one object.</para>
/// </remarks>
internal sealed unsafe class FoldedConv2d
{
    private readonly Lock _gate = new();
    private readonly Origin[] _origins = new Origin[6];
    private ConvShape _shape;
    private Block? _memory;

    /// <summary>Whether it holds weights.</summary>
    public bool IsFilled => _memory is not null;

    /// <summary>Whether a result of all these is neither differentiated nor traced.</summary>
    public static bool Allows(Tensor x, Tensor weight, Tensor? bias, Tensor? scale, Tensor? shift, Tensor? residual)
    {
        Tape tape = Tape.Current;
        return tape.Trace is null && !(tape.IsRecording && (x.RequiresGrad || weight.RequiresGrad || Needs(bias) || Needs(scale) || Needs(shift) || Needs(residual)));

        static bool Needs(Tensor? part) => part is { RequiresGrad: true };
    }

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _memory?.Release();
            _memory = null;
            Array.Clear(_origins);
        }
    }

    /// <summary>Computes it.</summary>
    /// <param name="pictures">Shape [B, C, H, W].</param>
    /// <param name="conv">The convolution.</param>
    /// <param name="norm">The normalization.</param>
    /// <param name="rectifier">What becomes of the results.</param>
    /// <param name="residual">The result's shape, or absent.</param>
    /// <returns>Shape [B, O, H', W'].</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    public Tensor Apply(Tensor pictures, in ConvParts conv, in NormConstants norm, Rectifier rectifier, Tensor? residual)
    {
        Node w = Conv2dOperation.Weight(conv.Weight, "Conv2d");
        ConvShape s = Conv2dOperation.Checked(pictures, w, conv.Stride, conv.Padding, conv.Dilation, conv.Groups);
        Node x = PictureLayout.ChannelsLast(pictures, "Conv2d");
        var shape = Shape.Create([s.N, s.Cout, s.OutH, s.OutW]);
        Node? r = residual is { } added ? PictureLayout.ChannelsLast(added, "Conv2d") : null;
        if (r is not null && r.Shape != shape)
        {
            throw new ShapeException("Conv2d", $"a residual of shape {shape}", r.Shape.ToString());
        }

        Node y = Tape.Current.New(shape, shape.ChannelsLast(), null, x, w, r);
        Block memory = Filled(s, w, conv, norm);
        try
        {
            Conv.Forward(s, x.Data, memory.Data, y.Data, memory.Data + Room(s), rectifier.Activation(), NormParts.Data(r), packed: true);
        }
        finally
        {
            memory.Release();
        }

        GC.KeepAlive(x);
        GC.KeepAlive(r);
        return new Tensor(y);
    }

    /// <summary>The weights and shifts alone, for whoever computes with them by itself.</summary>
    /// <param name="s">Sizes.</param>
    /// <param name="conv">The convolution.</param>
    /// <param name="norm">The normalization.</param>
    /// <param name="weights">The weights, packed as the kernel reads them: as they are for depthwise convolutions.</param>
    /// <param name="shifts">A number for each channel.</param>
    /// <returns>Their memory, to be released.</returns>
    public Block Hold(in ConvShape s, in ConvParts conv, in NormConstants norm, out float* weights, out float* shifts)
    {
        Block memory = Filled(s, Conv2dOperation.Weight(conv.Weight, "Conv2d"), conv, norm);
        weights = memory.Data;
        shifts = memory.Data + Room(s);
        return memory;
    }

    // The packed weights, then the shifts of the channels; whoever gets the block is one of its users.
    private Block Filled(in ConvShape s, Node w, in ConvParts conv, in NormConstants norm)
    {
        lock (_gate)
        {
            bool isFresh = _memory is not null && Conv.PacksAlike(s, _shape);
            isFresh &= IsSame(0, conv.Weight) & IsSame(1, conv.Bias) & IsSame(2, norm.Scale) & IsSame(3, norm.Shift) & IsSame(4, norm.Mean) & IsSame(5, norm.Variance);
            if (!isFresh)
            {
                // Whatever fails on the way, nothing is left that looks like weights.
                Block? memory = _memory;
                _memory = null;
                nint size = Room(s) + s.Cout;
                if (memory is null || memory.IsShared || memory.Bytes < size * sizeof(float))
                {
                    // Another thread may still read weights for pictures of another size.
                    memory?.Release();
                    memory = Memory.Pool.RentLasting(size);
                }

                Fill(s, w, conv, norm, memory.Data);
                _shape = s;
                _memory = memory;
            }

            _memory!.Use();
            return _memory;
        }
    }

    // The same memory of the same tensor, with as many writes.
    private bool IsSame(int place, Tensor? part)
    {
        Node? node = part?.Node;
        var now = new Origin(node?.Root, node is null ? 0 : (nint)node.Data, node?.Version ?? 0);
        bool isSame = _origins[place] == now;
        _origins[place] = now;
        return isSame;
    }

    private static void Fill(in ConvShape s, Node w, in ConvParts conv, in NormConstants norm, float* to)
    {
        int channels = s.Cout;
        nint taps = s.WeightSize / channels;
        using var scratch = new Scratch(s.WeightSize + (2 * channels));
        float* weights = scratch.Data, factors = weights + s.WeightSize, zeros = factors + channels, shifts = to + Room(s);
        ReadOnlySpan<float> mean = Read(norm.Mean, channels), variance = Read(norm.Variance, channels);
        ReadOnlySpan<float> scale = Read(norm.Scale, channels), shift = Read(norm.Shift, channels), bias = Read(conv.Bias, channels);
        for (int c = 0; c < channels; c++)
        {
            double factor = (scale.IsEmpty ? 1.0 : scale[c]) / Math.Sqrt((double)variance[c] + norm.Epsilon);
            factors[c] = (float)factor;
            zeros[c] = 0;
            shifts[c] = (float)((shift.IsEmpty ? 0.0 : shift[c]) + (((bias.IsEmpty ? 0.0 : bias[c]) - mean[c]) * factor));
        }

        // Times a factor of the output channel, which lies innermost, is a normalization with mean 0.
        NormBatch.Forward(taps, channels, w.Data, zeros, factors, null, null, null, Activation.None, weights);
        Conv.Pack(s, weights, to);
    }

    // Begins at a whole register behind the weights.
    private static nint Room(in ConvShape s) => (Conv.PackedSize(s) + 15) / 16 * 16;

    // Empty where it is absent.
    private static ReadOnlySpan<float> Read(Tensor? vector, int channels)
    {
        if (vector is not { } given)
        {
            return default;
        }

        Node node = given.Node;
        return node.Shape.Rank != 1 || node.Count != channels ? throw new ShapeException($"BatchNorm({channels})", $"vectors of shape [{channels}]", node.Shape.ToString())
            : node.IsContiguous ? new ReadOnlySpan<float>(node.Data, node.Count)
            : given.ToArray();
    }

    private readonly record struct Origin(Node? Root, nint Data, long Version);
}

/// <summary>A convolution, the normalization behind it, and where their common weights are kept.</summary>
/// <param name="Folded">Keeps the weights.</param>
/// <param name="Conv">The convolution.</param>
/// <param name="Norm">The normalization.</param>
internal readonly record struct FoldedPart(FoldedConv2d Folded, ConvParts Conv, NormConstants Norm);

/// <summary>What a convolution is made of.</summary>
/// <param name="Weight">Shape [O, C / groups, h, w].</param>
/// <param name="Bias">Shape [O], or absent.</param>
/// <param name="Stride">Distance between places.</param>
/// <param name="Padding">Zeros around the picture.</param>
/// <param name="Dilation">Distance between the points of the kernel.</param>
/// <param name="Groups">Groups of channels that see only each other.</param>
internal readonly record struct ConvParts(Tensor Weight, Tensor? Bias, Pair Stride, Pair Padding, Pair Dilation, int Groups);

/// <summary>What a normalization with fixed statistics is made of; vectors of a number for each channel.</summary>
/// <param name="Mean">Running means.</param>
/// <param name="Variance">Running variances.</param>
/// <param name="Scale">Factors, or absent: 1.</param>
/// <param name="Shift">Shifts, or absent: 0.</param>
/// <param name="Epsilon">Added to variances.</param>
internal readonly record struct NormConstants(Tensor Mean, Tensor Variance, Tensor? Scale, Tensor? Shift, float Epsilon);
