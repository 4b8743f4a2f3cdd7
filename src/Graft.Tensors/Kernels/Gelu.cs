using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>x times the normal distribution function of x, for a part of a matrix that has just been computed.</summary>
internal static unsafe class Gelu
{
    /// <summary>c = gelu(c), and slope = its derivative.</summary>
    /// <param name="c">The first number.</param>
    /// <param name="slope">Laid out like c, or null.</param>
    /// <param name="stride">Floats from a row to the next.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Numbers in a row; what lies behind them is neither used nor changed.</param>
    public static void Apply<V>(float* c, float* slope, nint stride, int rows, int columns)
        where V : struct, IVec<V>
    {
        for (int r = 0; r < rows; r++, c += stride)
        {
            int j = 0;
            for (; j + V.Width <= columns; j += V.Width)
            {
                Step<V, No>(c + j, slope == null ? null : slope + j, V.Width);
            }

            if (j < columns)
            {
                Step<V, Yes>(c + j, slope == null ? null : slope + j, columns - j);
            }

            slope += slope == null ? 0 : stride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<V, Partial>(float* c, float* slope, int count)
        where V : struct, IVec<V>
        where Partial : IConst
    {
        V y = VecMath.Gelu(Lanes<V>.Load<Partial>(c, count), out V derivative);
        Lanes<V>.Store<Partial>(y, c, count);
        if (slope != null)
        {
            Lanes<V>.Store<Partial>(derivative, slope, count);
        }
    }
}
