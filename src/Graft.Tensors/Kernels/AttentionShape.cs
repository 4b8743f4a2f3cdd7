using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>Sizes of an attention and how it is cut: a task is some queries of one head of one row.</summary>
/// <remarks>Heads lie side by side in the last axis, so that the numbers of a head are a matrix of its own: nothing is moved to divide them.</remarks>
internal unsafe struct AttentionShape
{
    /// <summary>Scores of a task: half of what a second-level cache holds, so that they are written and read there.</summary>
    public const int MostScores = 64 * 1024;

    /// <summary>Queries of a task at least: every task turns the keys around once.</summary>
    public const int LeastQueries = 56;

    public int Rows;
    public int Heads;
    public int Queries;
    public int Keys;

    /// <summary>Numbers of a head in queries and keys.</summary>
    public int Depth;

    /// <summary>Numbers of a head in values and results.</summary>
    public int Width;

    /// <summary>Times the scores before the exponentials; at least 0.</summary>
    public float Scale;

    /// <summary>How many keys of each row count, or null: all.</summary>
    public int* Lengths;

    /// <summary>Pieces into which the queries of a head are cut; fixed by the shape.</summary>
    public int Blocks;

    /// <summary>Multiplications and additions of one product of all scores.</summary>
    public readonly double Work => 2.0 * Rows * Heads * Queries * Keys * (Depth + Width);

    /// <summary>Cuts the queries so that the scores of a piece stay in the cache.</summary>
    public void Cut(int mostScores)
    {
        long most = Math.Max(1, mostScores / Math.Max(1, Keys));
        Blocks = (int)Math.Max(1, (Queries + most - 1) / most);
    }

    /// <summary>The first query of a piece.</summary>
    public readonly int First(int block) => (int)((long)Queries * block / Blocks);

    /// <summary>Queries of the largest piece.</summary>
    public readonly int Tall => (Queries + Blocks - 1) / Blocks;

    /// <summary>How many keys of a row count: at least the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int KeysOf(int row) => Lengths == null ? Keys : Math.Clamp(Lengths[row], 1, Keys);
}

/// <summary>A tensor [rows, places, heads · size] whose last axis is contiguous.</summary>
/// <param name="data">The first number, or null where there is no such tensor.</param>
/// <param name="rowStride">Floats from a row to the next.</param>
/// <param name="stride">Floats from a place to the next.</param>
/// <param name="size">Numbers of a head.</param>
internal readonly unsafe struct HeadRows(float* data, nint rowStride, nint stride, int size)
{
    public float* Data { get; } = data;

    public nint Stride { get; } = stride;

    public bool IsAbsent => Data == null;

    /// <summary>A head's numbers at a place of a row: a matrix with rows <see cref="Stride"/> floats apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(int row, int head, int place = 0) => Data + (row * rowStride) + ((nint)head * size) + (place * Stride);

    /// <summary>The same layout elsewhere.</summary>
    public HeadRows Moved(nint floats) => new(Data == null ? null : Data + floats, rowStride, Stride, size);
}
