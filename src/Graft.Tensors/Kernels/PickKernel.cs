using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>The innermost loop of products of which a register of columns is wanted, anywhere in a panel of two: a tile of up to 14 slots, kept in registers.</summary>
/// <remarks>
/// <para>For each term it loads the two registers of a panel's row, picks the columns that are wanted with one instruction, and multiplies them with a number of each slot. So
/// half of the columns cost half of what the <see cref="MicroKernel{V}"/> takes for all.</para>
/// <para>See there why accumulators are named locals, why the method contains no call, and why the size of a type says how many rows there are. An element is the sum over the
/// terms in their order, beginning with 0: the bits are those of <see cref="MicroKernel{V}"/>. Lanes beyond the columns wanted hold sums that nobody reads.</para>
/// </remarks>
internal static unsafe class PickKernel<V>
    where V : struct, IVec<V>
{
    private static readonly nint[] Table = Build();

    /// <summary>Computes a tile.</summary>
    /// <param name="slots">1 to <see cref="MicroKernel{V}.MaxRows"/>.</param>
    /// <param name="tile">The operands.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(int slots, ThinTile* tile) => ((delegate*<ThinTile*, void>)Table[slots - 1])(tile);

    private static nint[] Build()
    {
        var table = new nint[14];
        Enter<C1>(table);
        Enter<C2>(table);
        Enter<C3>(table);
        Enter<C4>(table);
        Enter<C5>(table);
        Enter<C6>(table);
        Enter<C7>(table);
        Enter<C8>(table);
        Enter<C9>(table);
        Enter<C10>(table);
        Enter<C11>(table);
        Enter<C12>(table);
        Enter<C13>(table);
        Enter<C14>(table);
        return table;
    }

    private static void Enter<R>(nint[] table)
        where R : unmanaged, IConst => table[R.Value - 1] = (nint)(delegate*<ThinTile*, void>)&Loop<R>;

    /// <typeparam name="R">Slots.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop<R>(ThinTile* tile)
        where R : unmanaged, IConst
    {
        V r0 = V.Zero, r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0, r6 = r0;
        V r7 = r0, r8 = r0, r9 = r0, r10 = r0, r11 = r0, r12 = r0, r13 = r0;
        V columns = V.Load((float*)tile->Columns);
        float* a = tile->Terms;
        float* panel = tile->B;
        nint stride = tile->StrideTerm;
        int* offset = tile->Offsets;
        for (int* end = offset + tile->Count; offset < end; offset++)
        {
            float* b = panel + *offset;
            V x = V.Pick(columns, V.Load(b), V.Load(b + V.Width));
            r0 = V.FmaAll(a, x, r0);
            if (sizeof(R) > 1) r1 = V.FmaAll(a + 1, x, r1);
            if (sizeof(R) > 2) r2 = V.FmaAll(a + 2, x, r2);
            if (sizeof(R) > 3) r3 = V.FmaAll(a + 3, x, r3);
            if (sizeof(R) > 4) r4 = V.FmaAll(a + 4, x, r4);
            if (sizeof(R) > 5) r5 = V.FmaAll(a + 5, x, r5);
            if (sizeof(R) > 6) r6 = V.FmaAll(a + 6, x, r6);
            if (sizeof(R) > 7) r7 = V.FmaAll(a + 7, x, r7);
            if (sizeof(R) > 8) r8 = V.FmaAll(a + 8, x, r8);
            if (sizeof(R) > 9) r9 = V.FmaAll(a + 9, x, r9);
            if (sizeof(R) > 10) r10 = V.FmaAll(a + 10, x, r10);
            if (sizeof(R) > 11) r11 = V.FmaAll(a + 11, x, r11);
            if (sizeof(R) > 12) r12 = V.FmaAll(a + 12, x, r12);
            if (sizeof(R) > 13) r13 = V.FmaAll(a + 13, x, r13);
            a += stride;
        }

        float* c = tile->C;
        V.Store(r0, c);
        if (sizeof(R) > 1) V.Store(r1, c + (1 * V.Width));
        if (sizeof(R) > 2) V.Store(r2, c + (2 * V.Width));
        if (sizeof(R) > 3) V.Store(r3, c + (3 * V.Width));
        if (sizeof(R) > 4) V.Store(r4, c + (4 * V.Width));
        if (sizeof(R) > 5) V.Store(r5, c + (5 * V.Width));
        if (sizeof(R) > 6) V.Store(r6, c + (6 * V.Width));
        if (sizeof(R) > 7) V.Store(r7, c + (7 * V.Width));
        if (sizeof(R) > 8) V.Store(r8, c + (8 * V.Width));
        if (sizeof(R) > 9) V.Store(r9, c + (9 * V.Width));
        if (sizeof(R) > 10) V.Store(r10, c + (10 * V.Width));
        if (sizeof(R) > 11) V.Store(r11, c + (11 * V.Width));
        if (sizeof(R) > 12) V.Store(r12, c + (12 * V.Width));
        if (sizeof(R) > 13) V.Store(r13, c + (13 * V.Width));
    }
}
