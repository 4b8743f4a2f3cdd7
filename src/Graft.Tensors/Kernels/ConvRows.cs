using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The convolution loop, forward and backward to the image: target rows as tiles of the micro-kernel.</summary>
/// <remarks>
/// <para>With channels last, what one target position sees of one source row is one contiguous run of taps x channels, and the next
/// position's run lies a fixed distance further: exactly the left operand of a matrix product, without a copy. The source rows
/// are the outer steps of the tile; those above or below the image are left out. With dilation or groups the run breaks up and each
/// tap is an outer step.</para>
/// <para>Only margins left and right are made real, by copying a band of source rows into a buffer that stays in the cache. A task is
/// a band of target rows and a share of the target channels; it holds one panel of weights in the cache and runs it over its band.</para>
/// </remarks>
internal unsafe struct ConvRows<V> : IJob
    where V : struct, IVec<V>
{
    public float* Source;
    public int SourceHeight;
    public int SourceWidth;
    public int SourceChannels;
    public float* Target;
    public int TargetHeight;
    public int TargetWidth;
    public int TargetChannels;
    public int Images;
    public int Groups;

    /// <summary>Packed by <see cref="ConvWeights{V}"/>.</summary>
    public float* Weights;
    public ConvPhase* Phases;
    public int PhaseCount;

    /// <summary>Added to every target position, one number a target channel; or null.</summary>
    public float* Bias;

    /// <summary>Laid out like the target, or null.</summary>
    public float* Residual;
    public Activation Activation;
    public bool Accumulate;

    /// <summary>Bytes of source rows that a task should not exceed.</summary>
    public int BandBytes;

    private int _bandRows;
    private int _bands;
    private int _parts;
    private int _panels;

    private readonly int SourceGroup => SourceChannels / Groups;

    private readonly int TargetGroup => TargetChannels / Groups;

    /// <summary>Runs everything on the team.</summary>
    /// <remarks>No element depends on how rows and channels are cut, so that may follow the number of threads.</remarks>
    public void RunAll()
    {
        int rows = 0;
        for (int i = 0; i < PhaseCount; i++)
        {
            rows = Math.Max(rows, Images * Phases[i].Rows.Count);
        }

        if (rows == 0)
        {
            return;
        }

        int threads = Team.Threads;
        long rowBytes = (long)SourceWidth * SourceChannels * sizeof(float) * Phases[0].Rows.SourceStep;
        _bandRows = (int)Math.Clamp(BandBytes / Math.Max(1, rowBytes), 1, rows);
        _bands = (rows + _bandRows - 1) / _bandRows;
        _bands = (_bands + threads - 1) / threads * threads;
        _bandRows = (rows + _bands - 1) / _bands;
        _bands = (rows + _bandRows - 1) / _bandRows;
        int width = 2 * V.Width;
        _panels = (TargetGroup + width - 1) / width;
        int wanted = 2 * threads, have = _bands * PhaseCount;
        _parts = threads == 1 || have >= wanted ? 1 : Math.Min(_panels * Groups, (wanted + have - 1) / have);
        Team.For(have * _parts, ref this);
    }

    public readonly void Run(int index)
    {
        int part = index % _parts;
        ref ConvPhase phase = ref Phases[index / _parts / _bands];
        int band = index / _parts % _bands, rows = Images * phase.Rows.Count;
        int first = band * _bandRows, last = Math.Min(rows, first + _bandRows);
        if (first >= last || phase.Columns.Count <= 0 || (phase.Taps == 0 && Accumulate))
        {
            return;
        }

        int left = phase.Columns.Before, right = phase.Columns.After(SourceWidth);
        bool copy = left + right > 0;
        nint rowFloats = (nint)(copy ? left + SourceWidth + right : SourceWidth) * SourceChannels;
        float* buffer = copy ? CopyBand(phase, first, last, left, right) : null;
        bool merged = Groups == 1 && phase.Columns.TapStep == 1;
        nint* offsets = (nint*)Workspace.Get(Workspace.Slot.Offsets, 4 * Math.Max(1, phase.Taps));
        int all = _panels * Groups;
        for (int panel = all * part / _parts; panel < all * (part + 1) / _parts; panel++)
        {
            Panel(phase, panel, first, last, buffer, rowFloats, copy ? left : 0, merged, offsets);
        }
    }

    private readonly void Panel(
        in ConvPhase phase, int index, int first, int last, float* buffer, nint rowFloats, int left, bool merged, nint* offsets)
    {
        int group = index / _panels, n0 = index % _panels * 2 * V.Width, height = MicroKernel<V>.MaxRows;
        int columns = Math.Min(2 * V.Width, TargetGroup - n0), panel = Pack.PanelWidth<V>(columns);
        int depth = phase.Taps * SourceGroup, padded = _panels * 2 * V.Width;
        int channel = (group * TargetGroup) + n0;
        ConvAxis across = phase.Columns;
        Tile t = default;
        t.B = (byte*)(Weights + phase.Weights + ((nint)group * depth * padded) + ((nint)n0 * depth));
        t.StrideB = panel * sizeof(float);
        t.StrideRowA = (nint)across.SourceStep * SourceChannels * sizeof(float);
        t.StrideA = sizeof(float);
        t.InnerCount = merged ? across.Taps * SourceGroup : SourceGroup;
        t.OuterA = offsets;
        t.OuterB = offsets + Math.Max(1, phase.Taps);
        t.StrideRowC = (nint)across.Step * TargetChannels * sizeof(float);
        t.Columns = columns;
        t.Masked = columns != panel;
        t.Bias = Bias == null ? null : Bias + channel;
        t.Activation = Activation;
        t.Accumulate = Accumulate;
        t.Fetch = Accumulate || TargetChannels > 2 * V.Width;
        int tiles = (across.Count + height - 1) / height;
        for (int row = first; row < last;)
        {
            // A segment: the rows of the band that belong to one image.
            int image = row / phase.Rows.Count, t0 = row % phase.Rows.Count, t1 = Math.Min(phase.Rows.Count, t0 + last - row);
            (int from, int to) = SourceRows(phase.Rows, t0, t1);
            float* source = buffer == null
                ? Source + ((nint)image * SourceHeight * SourceWidth * SourceChannels)
                : buffer - (from * rowFloats);
            source += (group * SourceGroup) + ((nint)(across.Origin + left) * SourceChannels);
            for (int step = t0; step < t1; step++)
            {
                t.OuterCount = Offsets(phase, step, rowFloats, merged, panel, offsets);
                nint target = (((nint)image * TargetHeight) + phase.Rows.First + ((nint)step * phase.Rows.Step)) * TargetWidth;
                target = ((target + across.First) * TargetChannels) + channel;
                int u = 0;
                for (int i = 1; i <= tiles; i++)
                {
                    int next = (int)((long)across.Count * i / tiles);
                    nint at = target + ((nint)u * across.Step * TargetChannels);
                    t.A = (byte*)(source + ((nint)u * across.SourceStep * SourceChannels));
                    t.C = (byte*)(Target + at);
                    t.Residual = Residual == null ? null : (byte*)(Residual + at);
                    MicroKernel<V>.Run(next - u, panel / V.Width, &t);
                    u = next;
                }
            }

            buffer += buffer == null ? 0 : Math.Max(0, to - from) * rowFloats;
            row += t1 - t0;
        }
    }

    /// <summary>Fills the outer steps of a target row: the taps whose source row exists.</summary>
    private readonly int Offsets(in ConvPhase phase, int step, nint rowFloats, bool merged, int panel, nint* offsets)
    {
        int count = 0, most = Math.Max(1, phase.Taps), across = merged ? 1 : phase.Columns.Taps;
        int run = merged ? phase.Columns.Taps * SourceGroup : SourceGroup;
        for (int j = 0; j < phase.Rows.Taps && phase.Columns.Taps > 0; j++)
        {
            int row = phase.Rows.Source(step, j);
            if ((uint)row >= (uint)SourceHeight)
            {
                continue;
            }

            for (int i = 0; i < across; i++)
            {
                offsets[count] = ((row * rowFloats) + ((nint)i * phase.Columns.TapStep * SourceChannels)) * sizeof(float);
                offsets[most + count] = ((nint)((j * across) + i) * run * panel) * sizeof(float);
                count++;
            }
        }

        return count;
    }

    /// <summary>The source rows that exist among those which target rows t0 .. t1-1 see, as a half-open range.</summary>
    private readonly (int From, int To) SourceRows(ConvAxis rows, int t0, int t1)
    {
        int from = Math.Max(0, rows.Source(t0, 0));
        int to = Math.Min(SourceHeight, rows.Source(t1 - 1, rows.Taps - 1) + 1);
        return (from, Math.Max(from, to));
    }

    /// <summary>Copies the source rows of a band, with zeros left and right.</summary>
    private readonly float* CopyBand(in ConvPhase phase, int first, int last, int left, int right)
    {
        nint rowFloats = (nint)(left + SourceWidth + right) * SourceChannels, total = 0;
        for (int row = first; row < last;)
        {
            int t0 = row % phase.Rows.Count, t1 = Math.Min(phase.Rows.Count, t0 + last - row);
            (int from, int to) = SourceRows(phase.Rows, t0, t1);
            total += to - from;
            row += t1 - t0;
        }

        float* buffer = Workspace.Get(Workspace.Slot.Band, total * rowFloats);
        float* o = buffer;
        for (int row = first; row < last;)
        {
            int image = row / phase.Rows.Count, t0 = row % phase.Rows.Count, t1 = Math.Min(phase.Rows.Count, t0 + last - row);
            (int from, int to) = SourceRows(phase.Rows, t0, t1);
            for (int h = from; h < to; h++)
            {
                ConvCopy.Row(Source + ((((nint)image * SourceHeight) + h) * SourceWidth * SourceChannels), SourceWidth, SourceChannels, left, right, o);
                o += rowFloats;
            }

            row += t1 - t0;
        }

        return buffer;
    }
}

/// <summary>Copies of image rows with their margins.</summary>
internal static unsafe class ConvCopy
{
    /// <summary>Zeros, the row, zeros.</summary>
    public static void Row(float* from, int width, int channels, int left, int right, float* to)
    {
        new Span<float>(to, left * channels).Clear();
        to += (nint)left * channels;
        long bytes = (long)width * channels * sizeof(float);
        Buffer.MemoryCopy(from, to, bytes, bytes);
        new Span<float>(to + ((nint)width * channels), right * channels).Clear();
    }
}
