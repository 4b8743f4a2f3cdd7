namespace Graft.Tensors.Kernels;

/// <summary>A matrix product C = act(bias + op(A) · op(B) + C + residual), the last two where wanted; strides in floats.</summary>
internal unsafe struct GemmProduct
{
    /// <summary>A is stored [K, M] rather than [M, K].</summary>
    public bool TransA;

    /// <summary>B is stored [N, K] rather than [K, N].</summary>
    public bool TransB;

    public bool Accumulate;
    public int M;
    public int N;
    public int K;
    public float* A;
    public nint StrideA;
    public float* B;
    public nint StrideB;
    public float* C;
    public nint StrideC;

    /// <summary>N numbers added to every row, or null.</summary>
    public float* Bias;

    /// <summary>Added last before the activation; laid out like C; or null.</summary>
    public float* Residual;

    public Activation Activation;

    /// <summary>Whether C is likely to lie in memory rather than in the cache, as a part of something large does.</summary>
    public bool IsFar;

    /// <summary>With <see cref="Activation.Gelu"/>: gets its derivative, laid out like C; or null.</summary>
    public float* Slope;

    /// <summary>The part of this product that gives rows m0 .. m1-1 and columns n0 .. n1-1 of C.</summary>
    public readonly GemmProduct Cell(int m0, int m1, int n0, int n1)
    {
        GemmProduct cell = this;
        cell.M = m1 - m0;
        cell.N = n1 - n0;
        cell.A += TransA ? m0 : m0 * StrideA;
        cell.B += TransB ? n0 * StrideB : n0;
        cell.C += (m0 * StrideC) + n0;
        cell.Residual += Residual == null ? 0 : (m0 * StrideC) + n0;
        cell.Slope += Slope == null ? 0 : (m0 * StrideC) + n0;
        cell.Bias += Bias == null ? 0 : n0;
        return cell;
    }
}

/// <summary>How a product is cut so that its parts stay in cache.</summary>
/// <param name="Rows">Rows of A packed at once.</param>
/// <param name="Columns">Columns of B packed at once; a multiple of 32.</param>
/// <param name="Depth">Steps of k in a block: the order of summation depends on it, and on nothing else here.</param>
/// <param name="AlwaysPack">Never read A or B in place (tests).</param>
internal readonly record struct GemmBlocks(int Rows, int Columns, int Depth, bool AlwaysPack)
{
    public static GemmBlocks Default => new(168, 2048, 512, false);
}
