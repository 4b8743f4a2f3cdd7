using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>The innermost loop of products of which a few columns are wanted, anywhere in a panel: lanes are slots, and a tile is up to 5 columns by one or two registers.</summary>
/// <remarks>
/// <para>For each term it loads the numbers of the slots, and for each column broadcasts one number of the panel and multiplies it into the column's accumulators. So there is a load
/// for each multiplication, whichever columns are wanted, and few besides: those of the slots serve all columns, and one load brings the places of two terms. For a few columns that is less than the register of them of the <see cref="PickKernel{V}"/>.</para>
/// <para>The addresses of the columns stay in registers; a term adds the offset of its row. See <see cref="MicroKernel{V}"/> for why accumulators are named locals, why the
/// method contains no call, and why sizes of types say how many columns and registers there are.</para>
/// <para>An element is the sum over the terms in their order, beginning with 0, whatever columns are around it: the bits are those of <see cref="MicroKernel{V}"/>. Lanes beyond
/// the last slot hold sums of whatever lies behind a term; nobody reads them.</para>
/// </remarks>
internal static unsafe class SlotKernel<V>
    where V : struct, IVec<V>
{
    private static readonly nint[] Table = Build();

    /// <summary>Columns of the widest tile.</summary>
    public const int MostColumns = 5;

    /// <summary>Computes a tile.</summary>
    /// <param name="columns">1 to <see cref="MostColumns"/>.</param>
    /// <param name="registers">Of slots: 1 or 2.</param>
    /// <param name="tile">The operands.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(int columns, int registers, ThinTile* tile) => ((delegate*<ThinTile*, void>)Table[(2 * columns) + registers - 3])(tile);

    private static nint[] Build()
    {
        var table = new nint[2 * MostColumns];
        Enter<C1>(table);
        Enter<C2>(table);
        Enter<C3>(table);
        Enter<C4>(table);
        Enter<C5>(table);
        return table;
    }

    private static void Enter<R>(nint[] table)
        where R : unmanaged, IConst
    {
        table[(2 * R.Value) - 2] = (nint)(delegate*<ThinTile*, void>)&Loop<R, C1>;
        table[(2 * R.Value) - 1] = (nint)(delegate*<ThinTile*, void>)&Loop<R, C2>;
    }

    /// <typeparam name="R">Columns.</typeparam>
    /// <typeparam name="NV">Registers of slots.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop<R, NV>(ThinTile* tile)
        where R : unmanaged, IConst
        where NV : unmanaged, IConst
    {
        Column c0 = default, c1 = default, c2 = default, c3 = default, c4 = default;
        int* at = tile->Columns;
        float* b0 = tile->B + at[0];
        float* b1 = sizeof(R) > 1 ? tile->B + at[1] : null;
        float* b2 = sizeof(R) > 2 ? tile->B + at[2] : null;
        float* b3 = sizeof(R) > 3 ? tile->B + at[3] : null;
        float* b4 = sizeof(R) > 4 ? tile->B + at[4] : null;
        byte* terms = (byte*)tile->Terms;
        nint stride = tile->StrideTerm * sizeof(float);
        int* offset = tile->Offsets;
        for (int* end = offset + (tile->Count & ~1); offset < end; offset += 2)
        {
            ulong both = *(ulong*)offset;
            V first = V.Load((float*)terms), second = sizeof(NV) > 1 ? V.Load((float*)terms + V.Width) : first;
            nint row = (nint)(uint)both;
            c0.Add<NV>(b0 + row, first, second);
            if (sizeof(R) > 1) c1.Add<NV>(b1 + row, first, second);
            if (sizeof(R) > 2) c2.Add<NV>(b2 + row, first, second);
            if (sizeof(R) > 3) c3.Add<NV>(b3 + row, first, second);
            if (sizeof(R) > 4) c4.Add<NV>(b4 + row, first, second);
            terms += stride;
            first = V.Load((float*)terms);
            second = sizeof(NV) > 1 ? V.Load((float*)terms + V.Width) : first;
            row = (nint)(both >> 32);
            c0.Add<NV>(b0 + row, first, second);
            if (sizeof(R) > 1) c1.Add<NV>(b1 + row, first, second);
            if (sizeof(R) > 2) c2.Add<NV>(b2 + row, first, second);
            if (sizeof(R) > 3) c3.Add<NV>(b3 + row, first, second);
            if (sizeof(R) > 4) c4.Add<NV>(b4 + row, first, second);
            terms += stride;
        }

        if ((tile->Count & 1) != 0)
        {
            V first = V.Load((float*)terms), second = sizeof(NV) > 1 ? V.Load((float*)terms + V.Width) : first;
            nint row = *offset;
            c0.Add<NV>(b0 + row, first, second);
            if (sizeof(R) > 1) c1.Add<NV>(b1 + row, first, second);
            if (sizeof(R) > 2) c2.Add<NV>(b2 + row, first, second);
            if (sizeof(R) > 3) c3.Add<NV>(b3 + row, first, second);
            if (sizeof(R) > 4) c4.Add<NV>(b4 + row, first, second);
        }

        float* c = tile->C;
        c0.Store<NV>(c);
        if (sizeof(R) > 1) c1.Store<NV>(c + (1 * sizeof(NV) * V.Width));
        if (sizeof(R) > 2) c2.Store<NV>(c + (2 * sizeof(NV) * V.Width));
        if (sizeof(R) > 3) c3.Store<NV>(c + (3 * sizeof(NV) * V.Width));
        if (sizeof(R) > 4) c4.Store<NV>(c + (4 * sizeof(NV) * V.Width));
    }

    /// <summary>The accumulators of one column.</summary>
    private struct Column
    {
        private V _left;
        private V _right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add<NV>(float* b, V first, V second)
            where NV : unmanaged, IConst
        {
            if (sizeof(NV) > 1)
            {
                V x = V.All(*b);
                _left = V.Fma(x, first, _left);
                _right = V.Fma(x, second, _right);
            }
            else
            {
                _left = V.FmaAll(b, first, _left);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store<NV>(float* c)
            where NV : unmanaged, IConst
        {
            V.Store(_left, c);
            if (sizeof(NV) > 1)
            {
                V.Store(_right, c + V.Width);
            }
        }
    }
}
