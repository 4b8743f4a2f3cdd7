using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>How the pixels of a weight gradient are cut; the order of summation depends on it.</summary>
/// <param name="Pixels">Pixels of a chunk, unless there are few.</param>
/// <param name="SmallWeights">Weights up to this many floats are summed in parts.</param>
internal readonly record struct ConvChunks(int Pixels, int SmallWeights)
{
    public static ConvChunks Default => new(1024, 200_000);
}

/// <summary>The gradient of convolution weights: a matrix product over pixels, on the micro-kernel.</summary>
/// <remarks>
/// <para>For a kernel row, the tile's rows are (kernel column, input channel), which lie side by side in the image; its columns are output
/// channels; its sum runs over the pixels of a chunk of result rows, which are the outer steps. Chunks keep both operands in the cache:
/// image rows copied with their margins, result gradients packed in panels.</para>
/// <para>Small weights: a number of parts, fixed by the shape, each sum their chunks into a gradient of their own, and these are
/// added in order. Large weights: the chunks follow one another, and the threads share the tiles of each.</para>
/// </remarks>
internal unsafe struct ConvGradient<V>
    where V : struct, IVec<V>
{
    private const int MostParts = 16;

    // Panels of the result's gradient that so few tiles read are not worth packing.
    private const int FewTiles = 4;

    private ConvShape _s;
    private float* _x;
    private float* _dy;
    private int _outH;
    private int _outW;
    private int _left;
    private int _right;
    private bool _copy;
    private bool _pack;
    private bool _merged;
    private int _chunkRows;
    private int _chunks;
    private int _panels;
    private int _runTiles;

    private readonly int Rows => _s.N * _outH;

    /// <summary>Floats from an image row to the next, where the tiles read it.</summary>
    private readonly nint RowFloats => (nint)(_copy ? _left + _s.W + _right : _s.W) * _s.Cin;

    /// <summary>Rows of a tile's matrix: neighbors in the image.</summary>
    private readonly int RunLength => _merged ? _s.KW * _s.Cin : _s.GroupIn;

    private readonly int Runs => _merged ? 1 : _s.KW;

    /// <summary>Kernel row x run x group x panel.</summary>
    private readonly int Items => _s.KH * Runs * _s.Groups * _panels;

    public static void Run(in ConvShape s, float* x, float* dy, float* dw, bool accumulate, ConvChunks cut)
    {
        int height = MicroKernel<V>.MaxRows, width = 2 * V.Width;
        ConvAxis across = ConvAxis.Forward(s.OutW, s.KW, s.StrideW, s.PadW, s.DilationW);
        var g = new ConvGradient<V>
        {
            _s = s,
            _x = x,
            _dy = dy,
            _outH = s.OutH,
            _outW = s.OutW,
            _left = across.Before,
            _right = across.After(s.W),
            _merged = s.Groups == 1 && s.DilationW == 1,
            _panels = (s.GroupOut + width - 1) / width,
        };
        g._copy = g._left + g._right > 0;
        g._runTiles = (g.RunLength + height - 1) / height;
        g._pack = s.KH * g.Runs * g._runTiles > FewTiles;

        bool small = s.WeightSize <= cut.SmallWeights;
        int pixels = g.Rows * g._outW;
        int chunk = small ? Math.Clamp(pixels / MostParts, Math.Min(128, cut.Pixels), cut.Pixels) : cut.Pixels;
        g._chunkRows = Math.Clamp(chunk / g._outW, 1, g.Rows);
        g._chunks = (g.Rows + g._chunkRows - 1) / g._chunkRows;
        g._chunkRows = (g.Rows + g._chunks - 1) / g._chunks;
        g._chunks = (g.Rows + g._chunkRows - 1) / g._chunkRows;
        if (small && g._chunks > 1)
        {
            g.InParts(dw, accumulate);
        }
        else
        {
            g.Together(dw, accumulate);
        }
    }

    private readonly void InParts(float* dw, bool accumulate)
    {
        nint size = _s.WeightSize;
        int parts = Math.Min(_chunks, MostParts);
        var job = new PartJob { Gradient = this, Parts = parts, Sums = Workspace.Get(Workspace.Slot.Partial, parts * size) };
        Team.For(parts, ref job);
        PartialSums.Add<V>(job.Sums, parts, size, dw, accumulate);
    }

    private readonly void Together(float* dw, bool accumulate)
    {
        for (int i = 0; i < _chunks; i++)
        {
            Chunk chunk = Cut(i);
            chunk.X = _copy ? Workspace.Get(Workspace.Slot.SharedBand, chunk.ImageRows * RowFloats) : _x;
            chunk.Dy = _pack ? Workspace.Get(Workspace.Slot.Gradient, PackedSize(chunk)) : _dy;
            if (_copy || _pack)
            {
                var prepare = new PrepareJob { Gradient = this, Chunk = chunk };
                Team.For((chunk.Rows + PrepareJob.Together - 1) / PrepareJob.Together * 2, ref prepare);
            }

            var tiles = new TilesJob { Gradient = this, Chunk = chunk, Dw = dw, Accumulate = accumulate || i > 0 };
            Team.For(Items, ref tiles);
        }
    }

    private readonly Chunk Cut(int index)
    {
        var chunk = new Chunk { First = index * _chunkRows };
        chunk.Rows = Math.Min(Rows, chunk.First + _chunkRows) - chunk.First;
        for (int row = chunk.First; row < chunk.First + chunk.Rows;)
        {
            Segment segment = At(row, chunk);
            chunk.ImageRows += segment.To - segment.From;
            row += segment.Rows;
        }

        return chunk;
    }

    /// <summary>The part of a chunk, from a row on, that belongs to one image, and the image rows it sees.</summary>
    private readonly Segment At(int row, in Chunk chunk)
    {
        int first = row % _outH, rows = Math.Min(_outH - first, chunk.First + chunk.Rows - row);
        int from = Math.Max(0, (first * _s.StrideH) - _s.PadH);
        int to = Math.Min(_s.H, ((first + rows - 1) * _s.StrideH) - _s.PadH + ((_s.KH - 1) * _s.DilationH) + 1);
        return new Segment { Image = row / _outH, First = first, Rows = rows, From = from, To = Math.Max(from, to) };
    }

    private readonly nint PackedSize(in Chunk chunk) => (nint)chunk.Rows * _outW * _panels * 2 * V.Width * _s.Groups;

    /// <summary>Copies image rows i of the chunk's own numbering, i0 &lt;= i &lt; i1.</summary>
    private readonly void CopyImage(in Chunk chunk, int i0, int i1)
    {
        int at = 0;
        for (int row = chunk.First; row < chunk.First + chunk.Rows;)
        {
            Segment segment = At(row, chunk);
            int count = segment.To - segment.From;
            for (int i = Math.Max(i0, at); i < Math.Min(i1, at + count); i++)
            {
                nint source = (((nint)segment.Image * _s.H) + segment.From + i - at) * _s.W * _s.Cin;
                ConvCopy.Row(_x + source, _s.W, _s.Cin, _left, _right, chunk.X + (i * RowFloats));
            }

            at += count;
            row += segment.Rows;
        }
    }

    /// <summary>Packs result rows i of the chunk, i0 &lt;= i &lt; i1, for all groups and panels.</summary>
    private readonly void PackResult(in Chunk chunk, int i0, int i1)
    {
        int width = 2 * V.Width;
        nint pixels = (nint)chunk.Rows * _outW;
        for (int i = i0; i < i1; i++)
        {
            float* from = _dy + ((nint)(chunk.First + i) * _outW * _s.Cout);
            for (int g = 0; g < _s.Groups; g++)
            {
                float* to = chunk.Dy + (g * pixels * _panels * width);
                Pack.AllStraight<V>(from + (g * _s.GroupOut), _s.Cout, _s.GroupOut, _outW, to, i * _outW, (int)pixels);
            }
        }
    }

    /// <summary>Adds a chunk to one strip of the gradient: one kernel row, run, group and panel.</summary>
    private readonly void Tiles(in Chunk chunk, int item, float* dw, bool accumulate)
    {
        int panelIndex = item % _panels, group = item / _panels % _s.Groups;
        int run = item / _panels / _s.Groups % Runs, kernelRow = item / _panels / _s.Groups / Runs;
        int n0 = panelIndex * 2 * V.Width, columns = Math.Min(2 * V.Width, _s.GroupOut - n0), panel = Pack.PanelWidth<V>(columns);
        nint pixels = (nint)chunk.Rows * _outW;
        nint* offsets = (nint*)Workspace.Get(Workspace.Slot.Offsets, 4 * chunk.Rows);
        Tile t = default;
        t.OuterA = offsets;
        t.OuterB = offsets + chunk.Rows;
        t.OuterCount = Offsets(chunk, kernelRow, _pack ? panel : _s.Cout, offsets);
        t.InnerCount = _outW;
        t.StrideRowA = sizeof(float);
        t.StrideA = (nint)_s.StrideW * _s.Cin * sizeof(float);
        t.B = (byte*)(_pack
            ? chunk.Dy + (((group * (nint)_panels * 2 * V.Width) + n0) * pixels)
            : _dy + ((nint)chunk.First * _outW * _s.Cout) + (group * _s.GroupOut) + n0);
        t.StrideB = (_pack ? panel : _s.Cout) * sizeof(float);
        t.StrideRowC = (nint)_s.Cout * sizeof(float);
        t.Columns = columns;
        t.Masked = columns != panel;
        t.Accumulate = accumulate;
        t.Fetch = accumulate;

        nint start = (((nint)run * _s.DilationW) - _s.PadW + (_copy ? _left : 0)) * _s.Cin;
        float* a = chunk.X + start + (group * _s.GroupIn);
        float* c = dw + (((((nint)kernelRow * _s.KW) + run) * _s.GroupIn) * _s.Cout) + (group * _s.GroupOut) + n0;
        int m = 0;
        for (int i = 1; i <= _runTiles; i++)
        {
            int next = (int)((long)RunLength * i / _runTiles);
            t.A = (byte*)(a + m);
            t.C = (byte*)(c + ((nint)m * _s.Cout));
            MicroKernel<V>.Run(next - m, panel / V.Width, &t);
            m = next;
        }
    }

    /// <summary>The outer steps: result rows of the chunk whose image row, for this kernel row, exists.</summary>
    private readonly int Offsets(in Chunk chunk, int kernelRow, int stride, nint* offsets)
    {
        int count = 0, at = 0;
        for (int row = chunk.First; row < chunk.First + chunk.Rows;)
        {
            Segment segment = At(row, chunk);
            nint image = (nint)segment.Image * _s.H;
            for (int i = 0; i < segment.Rows; i++)
            {
                int h = ((segment.First + i) * _s.StrideH) - _s.PadH + (kernelRow * _s.DilationH);
                if ((uint)h < (uint)_s.H)
                {
                    offsets[count] = (_copy ? at + h - segment.From : image + h) * RowFloats * sizeof(float);
                    offsets[chunk.Rows + count] = (nint)(row + i - chunk.First) * _outW * stride * sizeof(float);
                    count++;
                }
            }

            at += segment.To - segment.From;
            row += segment.Rows;
        }

        return count;
    }

    /// <summary>A run of result rows, and where its operands lie.</summary>
    private struct Chunk
    {
        public int First;
        public int Rows;
        public int ImageRows;
        public float* X;
        public float* Dy;
    }

    private struct Segment
    {
        public int Image;
        public int First;
        public int Rows;
        public int From;
        public int To;
    }

    private struct PartJob : IJob
    {
        public ConvGradient<V> Gradient;
        public int Parts;
        public float* Sums;

        public readonly void Run(int index)
        {
            float* dw = Sums + (index * Gradient._s.WeightSize);
            int first = (int)((long)Gradient._chunks * index / Parts), last = (int)((long)Gradient._chunks * (index + 1) / Parts);
            for (int i = first; i < last; i++)
            {
                Chunk chunk = Gradient.Cut(i);
                chunk.X = Gradient._x;
                chunk.Dy = Gradient._dy;
                if (Gradient._copy)
                {
                    chunk.X = Workspace.Get(Workspace.Slot.Band, chunk.ImageRows * Gradient.RowFloats);
                    Gradient.CopyImage(chunk, 0, chunk.ImageRows);
                }

                if (Gradient._pack)
                {
                    chunk.Dy = Workspace.Get(Workspace.Slot.PackedB, Gradient.PackedSize(chunk));
                    Gradient.PackResult(chunk, 0, chunk.Rows);
                }

                for (int item = 0; item < Gradient.Items; item++)
                {
                    Gradient.Tiles(chunk, item, dw, i > first);
                }
            }
        }
    }

    private struct PrepareJob : IJob
    {
        public const int Together = 4;
        public ConvGradient<V> Gradient;
        public Chunk Chunk;

        // Even tasks copy the image, odd ones pack the result.
        public readonly void Run(int index)
        {
            int tasks = (Chunk.Rows + Together - 1) / Together, i = index / 2;
            if (index % 2 == 0 && Gradient._copy)
            {
                Gradient.CopyImage(Chunk, Chunk.ImageRows * i / tasks, Chunk.ImageRows * (i + 1) / tasks);
            }

            if (index % 2 == 1 && Gradient._pack)
            {
                Gradient.PackResult(Chunk, i * Together, Math.Min(Chunk.Rows, (i + 1) * Together));
            }
        }
    }

    private struct TilesJob : IJob
    {
        public ConvGradient<V> Gradient;
        public Chunk Chunk;
        public float* Dw;
        public bool Accumulate;

        public readonly void Run(int index) => Gradient.Tiles(Chunk, index, Dw, Accumulate);
    }
}
