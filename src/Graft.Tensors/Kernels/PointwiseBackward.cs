using System.Runtime.Intrinsics.X86;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Both gradients of a 1 x 1 convolution with a normalization behind it: the gradient between the two exists a block of rows at a time.</summary>
/// <remarks>For large pictures of few channels, which are bound by memory. A part is a run of pixels, as many parts as the shape says; it goes through its
/// pixels in blocks that stay in the cache: dy of the block from the normalization, dx = dy · wᵀ, and dw of the part grows by xᵀ · dy.</remarks>
internal static unsafe class PointwiseBackward<V>
    where V : struct, IVec<V>
{
    private const int MostParts = 16;
    public const int BlockBytes = 192 * 1024;

    // Floats of image and result below which steps one after the other, out of the cache, are as good.
    private const int FarAway = 2 << 20;

    /// <summary>Whether it pays: much memory, and few weights, of which each part sums its own gradient.</summary>
    public static bool Pays(in ConvShape s) =>
        s.IsPointwise && s.InputSize + s.OutputSize >= FarAway && s.InputSize + s.OutputSize >= 2 * MostParts * s.WeightSize;

    /// <summary>Gradients of image and weights.</summary>
    /// <param name="s">Sizes of a 1 x 1 convolution.</param>
    /// <param name="x">The image; read for dw alone.</param>
    /// <param name="norm">The normalization.</param>
    /// <param name="w">[Cin, Cout]; read for dx alone.</param>
    /// <param name="dx">The image's gradient, or null.</param>
    /// <param name="addX">Whether dx is added to.</param>
    /// <param name="dw">The weights' gradient, or null.</param>
    /// <param name="addW">Whether dw is added to.</param>
    /// <param name="blockBytes">Limit of a block.</param>
    /// <param name="through">A normalization and rectifier that the image went through first, or none. Then x is what they were given, dx still the gradient of what they gave,
    /// not added to.</param>
    /// <param name="middle">That normalization's means.</param>
    /// <param name="sums">Gets, with dx, the sums over all rows that the normalization's gradients need, 2 Cin numbers; see <see cref="NormStatistics{V}"/>.</param>
    public static void Run(
        in ConvShape s, float* x, in NormSlope norm, float* w, float* dx, bool addX, float* dw, bool addW, int blockBytes = BlockBytes,
        in NormGate through = default, float* middle = null, double* sums = null)
    {
        int rows = s.N * s.H * s.W, height = MicroKernel<V>.MaxRows;
        var job = new Job { Rows = rows, Cin = s.Cin, Cout = s.Cout, X = x, Norm = norm, Dx = dx, Dw = dw, Through = through, Middle = middle };
        job.Together = (blockBytes / (sizeof(float) * (s.Cin + s.Cout)) / height * height) + height;
        job.Parts = Math.Clamp(rows / job.Together, 1, MostParts);
        job.Back = new PackedProduct<V> { Depth = s.Cout, Columns = s.Cin, Accumulate = addX, Fetch = true };
        if (dx != null)
        {
            job.Back.Packed = Workspace.Get(Workspace.Slot.Weights, PackedProduct<V>.Size(s.Cout, s.Cin));
            PackedProduct<V>.PackTransposed(w, s.Cout, s.Cin, job.Back.Packed);
        }

        job.Slopes = (double*)Workspace.Get(Workspace.Slot.Partial, job.Parts * (s.WeightSize + (4 * s.Cin)));
        job.Sums = (float*)(job.Slopes + (job.Parts * 2 * s.Cin));
        Team.For(job.Parts, ref job);
        for (int c = 0; c < 2 * s.Cin && sums != null; c++)
        {
            sums[c] = 0;
            for (int p = 0; p < job.Parts; p++)
            {
                sums[c] += job.Slopes[((nint)p * 2 * s.Cin) + c];
            }
        }

        if (dw != null)
        {
            PartialSums.Add<V>(job.Sums, job.Parts, s.WeightSize, dw, addW);
        }
    }

    private struct Job : IJob
    {
        public int Rows;
        public int Cin;
        public int Cout;
        public float* X;
        public NormSlope Norm;
        public float* Dx;
        public float* Dw;
        public int Together;
        public int Parts;
        public PackedProduct<V> Back;
        public float* Sums;
        public NormGate Through;
        public float* Middle;
        public double* Slopes;

        public readonly void Run(int index)
        {
            int first = (int)((long)Rows * index / Parts), last = (int)((long)Rows * (index + 1) / Parts);
            float* dy = Workspace.Get(Workspace.Slot.Gradient, ((nint)Together * Cout) + V.Width);
            double* slopes = Slopes + ((nint)index * 2 * Cin);
            new Span<double>(slopes, 2 * Cin).Clear();
            for (int row = first; row < last; row += Together)
            {
                int count = Math.Min(Together, last - row);
                nint at = (nint)row * Cin;
                float* x = X + at;
                if (Through.Scale != null)
                {
                    x = Workspace.Get(Workspace.Slot.Band, ((nint)Together * Cin) + V.Width);
                    NormApply<V>.Forward(count, Cin, X + at, Through.Scale, Through.Shift, null, Through.Activation, x);
                }
                else if (Dw != null)
                {
                    Fetch(x, (nint)count * Cin);
                }

                Norm.Run<V>(row, count, dy, accumulate: false);
                if (Dx != null)
                {
                    Back.Run(count, dy, Dx + at);
                    if (Through.Scale != null)
                    {
                        NormStatistics<V>.Add(count, Cin, X + at, Dx + at, Through, Middle, slopes, slopes + Cin);
                    }
                }

                if (Dw != null)
                {
                    var product = new GemmProduct
                    {
                        TransA = true,
                        Accumulate = row > first,
                        M = Cin,
                        N = Cout,
                        K = count,
                        A = x,
                        StrideA = Cin,
                        B = dy,
                        StrideB = Cout,
                        C = Sums + ((nint)index * Cin * Cout),
                        StrideC = Cout,
                    };
                    GemmTiles.Run<V>(product, GemmBlocks.Default);
                }
            }
        }

        /// <summary>Asks for a block that is read in columns soon, too scattered for the hardware to foresee.</summary>
        private static void Fetch(float* p, nint floats)
        {
            for (nint i = 0; Sse.IsSupported && i < floats; i += 16)
            {
                Prefetch.Far(p + i);
            }
        }
    }
}
