namespace Graft.Tensors.Kernels;

/// <summary>Convolutions of channels-last images: forward, backward to the image, backward to the weights.</summary>
/// <remarks>
/// Layouts are those of <see cref="ConvShape"/>. A transposed convolution is <see cref="BackwardData"/> used forward.
/// Operands may be read up to 60 bytes beyond their end. The number of threads changes no bit.
/// Most 3 x 3 kernels that move by 1 go through <see cref="Winograd"/>, and wide ones over few channels that move by 2 through <see cref="ConvPairs{V}"/>; the shape decides.
/// </remarks>
internal static unsafe class Conv
{
    private const int BandBytes = 256 * 1024;

    /// <summary>y = act(x * w + bias + residual).</summary>
    /// <param name="s">Sizes.</param>
    /// <param name="x">Images.</param>
    /// <param name="w">Weights.</param>
    /// <param name="y">Result; apart from the others but for <paramref name="residual"/>.</param>
    /// <param name="bias">One number an output channel, or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="residual">Laid out like y, or null.</param>
    /// <param name="packed">Whether w comes from <see cref="Pack"/>.</param>
    public static void Forward(
        in ConvShape s, float* x, float* w, float* y,
        float* bias = null, Activation activation = Activation.None, float* residual = null, bool packed = false)
    {
        if (s.OutputSize == 0)
        {
            return;
        }

        if (s.IsPointwise && (!packed || !IsHeld(s)))
        {
            Gemm.Run(false, false, s.N * s.H * s.W, s.Cout, s.Cin, x, s.Cin, w, s.Cout, y, s.Cout, false, bias, activation, residual);
        }
        else if (Width.Is512)
        {
            AnyForward<W512>(s, x, w, y, bias, activation, residual, packed);
        }
        else if (Width.Is256)
        {
            AnyForward<W256>(s, x, w, y, bias, activation, residual, packed);
        }
        else
        {
            AnyForward<W128>(s, x, w, y, bias, activation, residual, packed);
        }
    }

    /// <summary>Floats that <see cref="Pack"/> writes.</summary>
    public static nint PackedSize(in ConvShape s) =>
        Width.Is512 ? PackedSize<W512>(s) : Width.Is256 ? PackedSize<W256>(s) : PackedSize<W128>(s);

    /// <summary>Whether weights of one size, packed for one convolution, serve another: whatever <see cref="Pack"/> decides by is the same.</summary>
    public static bool PacksAlike(in ConvShape a, in ConvShape b) =>
        a.IsPointwise == b.IsPointwise && a.Groups == b.Groups && ConvPairs<W512>.Fits(a) == ConvPairs<W512>.Fits(b)
        && Winograd.Pays(a) == Winograd.Pays(b) && (!Winograd.Pays(a) || Winograd.IsAhead(a) == Winograd.IsAhead(b));

    /// <summary>Whether <see cref="Pack"/> gives the weights of a product to <see cref="PackedProduct{V}"/>; else they stay as they are.</summary>
    public static bool IsHeld(in ConvShape s) => s.IsPointwise && GemmHeld<W512>.Fits(s.Cout);

    /// <summary>Weights in the order in which <see cref="Forward"/> reads them: packed once, they need not be packed in every call.</summary>
    public static void Pack(in ConvShape s, float* w, float* packed)
    {
        if ((s.IsPointwise && !IsHeld(s)) || s.IsDepthwise)
        {
            long bytes = s.WeightSize * sizeof(float);
            Buffer.MemoryCopy(w, packed, bytes, bytes);
        }
        else if (Width.Is512)
        {
            Pack<W512>(s, w, packed);
        }
        else if (Width.Is256)
        {
            Pack<W256>(s, w, packed);
        }
        else
        {
            Pack<W128>(s, w, packed);
        }
    }

    /// <summary>dx = act(dy * w, seen from the image + bias), with dx added inside where <paramref name="accumulate"/> is set.</summary>
    /// <param name="s">Sizes of the convolution whose image is dx and whose result is dy.</param>
    /// <param name="dy">Gradient of the result; the image of a transposed convolution.</param>
    /// <param name="w">Weights.</param>
    /// <param name="dx">Gradient of the image; the result of a transposed convolution.</param>
    /// <param name="accumulate">Whether dx is added to, or overwritten.</param>
    /// <param name="bias">One number an image channel, or null; not with <paramref name="accumulate"/>.</param>
    /// <param name="activation">Applied last; not with <paramref name="accumulate"/>.</param>
    public static void BackwardData(
        in ConvShape s, float* dy, float* w, float* dx, bool accumulate, float* bias = null, Activation activation = Activation.None)
    {
        if (s.InputSize == 0)
        {
            return;
        }

        if (s.IsPointwise)
        {
            Gemm.Run(false, true, s.N * s.H * s.W, s.Cin, s.Cout, dy, s.Cout, w, s.Cout, dx, s.Cin, accumulate, bias, activation);
        }
        else if (Width.Is512)
        {
            AnyBackwardData<W512>(s, dy, w, dx, accumulate, bias, activation);
        }
        else if (Width.Is256)
        {
            AnyBackwardData<W256>(s, dy, w, dx, accumulate, bias, activation);
        }
        else
        {
            AnyBackwardData<W128>(s, dy, w, dx, accumulate, bias, activation);
        }
    }

    /// <summary>dw = sum over images and positions of x * dy, with dw added where <paramref name="accumulate"/> is set.</summary>
    public static void BackwardWeight(in ConvShape s, float* x, float* dy, float* dw, bool accumulate)
    {
        if (Width.Is512)
        {
            AnyBackwardWeight<W512>(s, x, dy, dw, accumulate);
        }
        else if (Width.Is256)
        {
            AnyBackwardWeight<W256>(s, x, dy, dw, accumulate);
        }
        else
        {
            AnyBackwardWeight<W128>(s, x, dy, dw, accumulate);
        }
    }

    /// <summary>Both gradients; in one pass over x and dy where there is one for such a convolution.</summary>
    /// <param name="s">Sizes.</param>
    /// <param name="x">Images.</param>
    /// <param name="dy">Gradient of the result.</param>
    /// <param name="w">Weights.</param>
    /// <param name="dx">Gradient of the images.</param>
    /// <param name="addX">Whether dx is added to, or overwritten.</param>
    /// <param name="dw">Gradient of the weights.</param>
    /// <param name="addW">Whether dw is added to, or overwritten.</param>
    public static void Backward(in ConvShape s, float* x, float* dy, float* w, float* dx, bool addX, float* dw, bool addW)
    {
        if (Width.Is512)
        {
            Backward<W512>(s, x, dy, w, dx, addX, dw, addW);
        }
        else if (Width.Is256)
        {
            Backward<W256>(s, x, dy, w, dx, addX, dw, addW);
        }
        else
        {
            Backward<W128>(s, x, dy, w, dx, addX, dw, addW);
        }
    }

    /// <summary>Any kernel, with registers of choice.</summary>
    internal static void Backward<V>(in ConvShape s, float* x, float* dy, float* w, float* dx, bool addX, float* dw, bool addW)
        where V : struct, IVec<V>
    {
        if (s.OutputSize > 0 && DepthwiseBackward<V>.Fits(s))
        {
            DepthwiseBackward<V>.Run(s, x, dy, w, dx, addX, dw, addW);
        }
        else
        {
            BackwardWeight(s, x, dy, dw, addW);
            BackwardData(s, dy, w, dx, addX);
        }
    }

    private static void AnyForward<V>(
        in ConvShape s, float* x, float* w, float* y, float* bias, Activation activation, float* residual, bool packed)
        where V : struct, IVec<V>
    {
        if (s.IsPointwise)
        {
            GemmHeld<V>.Run(s.N * s.H * s.W, s.Cout, s.Cin, x, w, y, bias, activation, residual);
        }
        else if (Winograd.Pays(s))
        {
            Winograd.Forward<V>(s, x, w, y, bias, activation, residual, packed);
        }
        else if (ConvPairs<V>.Fits(s))
        {
            ConvPairs<V>.Forward(s, x, w, y, bias, activation, residual, packed);
        }
        else
        {
            Forward<V>(s, x, w, y, bias, activation, residual, packed, BandBytes);
        }
    }

    private static void AnyBackwardData<V>(
        in ConvShape s, float* dy, float* w, float* dx, bool accumulate, float* bias, Activation activation)
        where V : struct, IVec<V>
    {
        if (Winograd.Pays(s))
        {
            Winograd.BackwardData<V>(s, dy, w, dx, accumulate, bias, activation);
        }
        else
        {
            BackwardData<V>(s, dy, w, dx, accumulate, bias, activation, BandBytes);
        }
    }

    /// <summary>The definition, for any shape, with registers and band size of choice.</summary>
    internal static void Forward<V>(
        in ConvShape s, float* x, float* w, float* y, float* bias, Activation activation, float* residual, bool packed, int bandBytes)
        where V : struct, IVec<V>
    {
        ConvPhase phase = ForwardPhase(s);
        if (s.IsDepthwise)
        {
            Depthwise<V>.Run(s, &phase, 1, x, s.H, s.W, w, y, s.OutH, s.OutW, false, bias, activation, residual);
            return;
        }

        var rows = new ConvRows<V>
        {
            Source = x,
            SourceHeight = s.H,
            SourceWidth = s.W,
            SourceChannels = s.Cin,
            Target = y,
            TargetHeight = s.OutH,
            TargetWidth = s.OutW,
            TargetChannels = s.Cout,
            Images = s.N,
            Groups = s.Groups,
            Weights = packed ? w : PackWeights<V>(s, w, &phase, 1, backward: false),
            Phases = &phase,
            PhaseCount = 1,
            Bias = bias,
            Residual = residual,
            Activation = activation,
            BandBytes = bandBytes,
        };
        rows.RunAll();
    }

    /// <summary>The definition, for any shape, with registers and band size of choice.</summary>
    internal static void BackwardData<V>(
        in ConvShape s, float* dy, float* w, float* dx, bool accumulate, float* bias, Activation activation, int bandBytes)
        where V : struct, IVec<V>
    {
        if (bias == null && activation == Activation.None && s.OutputSize > 0 && DepthwiseBackward<V>.Fits(s))
        {
            DepthwiseBackward<V>.Run(s, null, dy, w, dx, accumulate, null, false);
            return;
        }

        int count = s.StrideH * s.StrideW;
        var phases = (ConvPhase*)Workspace.Get(Workspace.Slot.Phases, (nint)count * sizeof(ConvPhase) / sizeof(float));
        for (int i = 0; i < count; i++)
        {
            phases[i] = new ConvPhase
            {
                Rows = ConvAxis.Backward(s.H, s.KH, s.StrideH, s.PadH, s.DilationH, i / s.StrideW),
                Columns = ConvAxis.Backward(s.W, s.KW, s.StrideW, s.PadW, s.DilationW, i % s.StrideW),
            };
        }

        if (s.IsDepthwise)
        {
            Depthwise<V>.Run(s, phases, count, dy, s.OutH, s.OutW, w, dx, s.H, s.W, accumulate, bias, activation, null);
            return;
        }

        var rows = new ConvRows<V>
        {
            Source = dy,
            SourceHeight = s.OutH,
            SourceWidth = s.OutW,
            SourceChannels = s.Cout,
            Target = dx,
            TargetHeight = s.H,
            TargetWidth = s.W,
            TargetChannels = s.Cin,
            Images = s.N,
            Groups = s.Groups,
            Weights = PackWeights<V>(s, w, phases, count, backward: true),
            Phases = phases,
            PhaseCount = count,
            Bias = bias,
            Activation = activation,
            Accumulate = accumulate,
            BandBytes = bandBytes,
        };
        rows.RunAll();
    }

    private static void AnyBackwardWeight<V>(in ConvShape s, float* x, float* dy, float* dw, bool accumulate)
        where V : struct, IVec<V>
    {
        if (Winograd.PaysForWeights(s))
        {
            Winograd.BackwardWeight<V>(s, x, dy, dw, accumulate);
        }
        else
        {
            BackwardWeight<V>(s, x, dy, dw, accumulate, ConvChunks.Default);
        }
    }

    /// <summary>The definition, for any shape, with registers and chunks of choice.</summary>
    internal static void BackwardWeight<V>(in ConvShape s, float* x, float* dy, float* dw, bool accumulate, ConvChunks cut)
        where V : struct, IVec<V>
    {
        if (s.OutputSize == 0)
        {
            if (!accumulate)
            {
                new Span<float>(dw, (int)s.WeightSize).Clear();
            }
        }
        else if (DepthwiseBackward<V>.Fits(s))
        {
            DepthwiseBackward<V>.Run(s, x, dy, null, null, false, dw, accumulate);
        }
        else if (s.IsDepthwise)
        {
            DepthwiseGradient<V>.Run(s, x, dy, dw, accumulate);
        }
        else
        {
            ConvGradient<V>.Run(s, x, dy, dw, accumulate, cut);
        }
    }

    internal static ConvPhase ForwardPhase(in ConvShape s) => new()
    {
        Rows = ConvAxis.Forward(s.OutH, s.KH, s.StrideH, s.PadH, s.DilationH),
        Columns = ConvAxis.Forward(s.OutW, s.KW, s.StrideW, s.PadW, s.DilationW),
    };

    private static nint PackedSize<V>(in ConvShape s)
        where V : struct, IVec<V>
    {
        int width = 2 * V.Width;
        return s.IsPointwise ? IsHeld(s) ? PackedProduct<V>.Size(s.Cin, s.Cout) : s.WeightSize
            : s.IsDepthwise ? s.WeightSize
            : Winograd.Pays(s) ? Winograd.PackedSize<V>(s)
            : ConvPairs<V>.Fits(s) ? ConvPairs<V>.PackedSize(s)
            : (nint)s.KH * s.KW * s.GroupIn * ((s.GroupOut + width - 1) / width * width) * s.Groups;
    }

    private static void Pack<V>(in ConvShape s, float* w, float* packed)
        where V : struct, IVec<V>
    {
        if (s.IsPointwise)
        {
            PackedProduct<V>.Pack(w, s.Cin, s.Cout, packed);
            return;
        }

        if (Winograd.Pays(s))
        {
            Winograd.Pack<V>(s, w, packed);
            return;
        }

        if (ConvPairs<V>.Fits(s))
        {
            ConvPairs<V>.Pack(s, w, packed);
            return;
        }

        ConvPhase phase = ForwardPhase(s);
        var job = new ConvWeights<V> { Shape = s, Phases = &phase, PhaseCount = 1, From = w, To = packed };
        job.Arrange();
        job.Pack();
    }

    private static float* PackWeights<V>(in ConvShape s, float* w, ConvPhase* phases, int count, bool backward)
        where V : struct, IVec<V>
    {
        var job = new ConvWeights<V> { Shape = s, Backward = backward, Phases = phases, PhaseCount = count, From = w };
        nint size = job.Arrange();
        job.To = Workspace.Get(Workspace.Slot.Weights, size);
        job.Pack();
        return job.To;
    }
}
