using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>The innermost loop of every matrix product and convolution: a tile of up to 14 rows by two registers, kept in registers.</summary>
/// <remarks>
/// <para>For each k it loads two registers of B, and for each row broadcasts one number of A and multiplies it into the row's
/// two accumulators. 14 rows x 2 fill 28 of the 32 registers of AVX-512 and ARM64; with 16 registers, 6 rows are used.</para>
/// <para>The source is one for all; rows, one or two registers, and whether the last register ends at some lane, are constants (sizes of types)
/// that the JIT specializes. Three rules keep the accumulators in registers: they are named locals, never an array; the method contains no call,
/// since a single one makes the JIT spill them inside the loop; and it stays small, since the JIT gives up on methods of more than 1024 locals,
/// temporaries included. So what few tiles need (C and a residual at once, a masked edge where stores have no masks) is done by a second pass over
/// a copy of the tile.</para>
/// <para>What is added to the sum, be it C or a residual, is read in whole registers; lanes beyond a masked edge are thrown away.</para>
/// <para>An element is bias, then the sum over o and k in this order, then what was in C, then the residual; whatever rows and
/// columns are around it.</para>
/// </remarks>
internal static unsafe class MicroKernel<V>
    where V : struct, IVec<V>
{
    private static readonly nint[] Table = Build();

    /// <summary>Rows of the tallest tile on this machine.</summary>
    public static int MaxRows
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => V.Width == 16 || AdvSimd.Arm64.IsSupported ? 14 : 6;
    }

    /// <summary>Computes a tile.</summary>
    /// <param name="rows">1 to 14.</param>
    /// <param name="registers">1 or 2: columns / Width, rounded up.</param>
    /// <param name="tile">The operands.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(int rows, int registers, Tile* tile)
    {
        if (tile->Masked)
        {
            RunMasked(rows, registers, tile);
        }
        else if (tile->Accumulate && tile->Residual != null)
        {
            RunInTwoPasses(rows, registers, tile);
        }
        else
        {
            Compute(rows, registers, false, tile);
        }
    }

    /// <summary>Tiles whose last register ends at some lane.</summary>
    /// <remarks>Up to 8 columns beyond whole registers of 16 are computed in registers of 8: half the work on processors that execute the large ones in
    /// halves, no more on the others.</remarks>
    private static void RunMasked(int rows, int registers, Tile* tile)
    {
        int last = tile->Columns - ((registers - 1) * V.Width);
        if (V.Width == 4 || (tile->Accumulate && tile->Residual != null))
        {
            // Registers of 4 lanes have no masked store everywhere.
            RunInTwoPasses(rows, registers, tile);
        }
        else if (V.Width < 16 || last > 8)
        {
            Compute(rows, registers, true, tile);
        }
        else if (registers == 1)
        {
            MicroKernel<W256>.Compute(rows, 1, last < 8, tile);
        }
        else
        {
            RunInTwoWidths(rows, last, tile);
        }
    }

    private static void RunInTwoWidths(int rows, int last, Tile* tile)
    {
        Compute(rows, 1, false, tile);
        Tile rest = *tile;
        rest.Columns = last;
        rest.B += V.Width * sizeof(float);
        rest.C += V.Width * sizeof(float);
        rest.Bias += rest.Bias == null ? 0 : V.Width;
        rest.Residual += rest.Residual == null ? 0 : V.Width * sizeof(float);
        MicroKernel<W256>.Compute(rows, 1, last < 8, &rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Compute(int rows, int registers, bool isMasked, Tile* tile) =>
        ((delegate*<Tile*, void>)Table[(4 * rows) + (2 * registers) + (isMasked ? -1 : -2)])(tile);

    /// <summary>Sums into a copy, then writes what belongs to C: whole registers but for the last, which may end at any lane.</summary>
    [SkipLocalsInit]
    private static void RunInTwoPasses(int rows, int registers, Tile* tile)
    {
        float* sums = stackalloc float[14 * 2 * V.Width];
        Tile raw = *tile;
        raw.C = (byte*)sums;
        raw.StrideRowC = registers * V.Width * sizeof(float);
        raw.Accumulate = false;
        raw.Residual = null;
        raw.Activation = Activation.None;
        raw.Fetch = false;
        Compute(rows, registers, false, &raw);
        Finish(rows, registers, tile, sums);
    }

    private static void Finish(int rows, int registers, Tile* tile, float* sums)
    {
        bool accumulate = tile->Accumulate;
        Activation activation = tile->Activation;
        int columns = tile->Columns;
        for (int r = 0; r < rows; r++)
        {
            float* c = (float*)(tile->C + (r * tile->StrideRowC));
            float* residual = tile->Residual == null ? null : (float*)(tile->Residual + (r * tile->StrideRowC));
            for (int j = 0; j < registers * V.Width; j += V.Width, sums += V.Width)
            {
                int count = Math.Min(V.Width, columns - j);
                V v = V.Load(sums);
                v = accumulate ? v + V.LoadFirst(c + j, count) : v;
                v = residual != null ? v + V.LoadFirst(residual + j, count) : v;
                if (activation != Activation.None)
                {
                    v = V.AtLeast(v, V.Zero);
                    v = activation == Activation.Relu6 ? V.AtMost(v, V.All(6f)) : v;
                }

                V.StoreFirst(v, c + j, count);
            }
        }
    }

    private static nint[] Build()
    {
        var table = new nint[60];
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
        where R : unmanaged, IConst
    {
        table[4 * R.Value] = (nint)(delegate*<Tile*, void>)&Loop<R, C1, C1>;
        table[(4 * R.Value) + 1] = (nint)(delegate*<Tile*, void>)&Loop<R, C1, C2>;
        table[(4 * R.Value) + 2] = (nint)(delegate*<Tile*, void>)&Loop<R, C2, C1>;
        table[(4 * R.Value) + 3] = (nint)(delegate*<Tile*, void>)&Loop<R, C2, C2>;
    }

    /// <typeparam name="R">Rows.</typeparam>
    /// <typeparam name="NV">Registers.</typeparam>
    /// <typeparam name="MK">2 where the last register is masked, 1 where it is whole.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop<R, NV, MK>(Tile* tile)
        where R : unmanaged, IConst
        where NV : unmanaged, IConst
        where MK : unmanaged, IConst
    {
        Row r0 = default;
        if (tile->Bias != null)
        {
            r0.Set<NV>(tile->Bias);
        }

        Row r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0, r6 = r0;
        Row r7 = r0, r8 = r0, r9 = r0, r10 = r0, r11 = r0, r12 = r0, r13 = r0;
        nint step = tile->StrideRowA, step3 = 3 * step, strideA = tile->StrideA, strideB = tile->StrideB;
        if (tile->Fetch && Sse.IsSupported)
        {
            // C is wanted in a while: ask for it now.
            byte* p = tile->C;
            for (int r = 0; r < sizeof(R); r++, p += tile->StrideRowC)
            {
                Prefetch.Near(p);
                if (sizeof(NV) > 1)
                {
                    Prefetch.Near(p + (V.Width * sizeof(float)));
                }
            }
        }

        for (nint outer = 0; outer < tile->OuterCount; outer++)
        {
            byte* b = tile->B;
            byte* a0 = tile->A;
            if (tile->OuterA != null)
            {
                a0 += tile->OuterA[outer];
                b += tile->OuterB[outer];
            }

            // Four rows share a pointer: x86 addresses p, p + s and p + 2 s by itself, and 3 s is kept in a register.
            byte* a4 = a0 + (4 * step);
            byte* a8 = a4 + (4 * step);
            byte* a12 = a8 + (4 * step);
            for (nint k = tile->InnerCount; k > 0; k--)
            {
                V b0 = V.Load((float*)b);
                V b1 = sizeof(NV) > 1 ? V.Load((float*)b + V.Width) : b0;
                r0.Add<NV>(a0, b0, b1);
                if (sizeof(R) > 1) r1.Add<NV>(a0 + step, b0, b1);
                if (sizeof(R) > 2) r2.Add<NV>(a0 + (2 * step), b0, b1);
                if (sizeof(R) > 3) r3.Add<NV>(a0 + step3, b0, b1);
                if (sizeof(R) > 4) r4.Add<NV>(a4, b0, b1);
                if (sizeof(R) > 5) r5.Add<NV>(a4 + step, b0, b1);
                if (sizeof(R) > 6) r6.Add<NV>(a4 + (2 * step), b0, b1);
                if (sizeof(R) > 7) r7.Add<NV>(a4 + step3, b0, b1);
                if (sizeof(R) > 8) r8.Add<NV>(a8, b0, b1);
                if (sizeof(R) > 9) r9.Add<NV>(a8 + step, b0, b1);
                if (sizeof(R) > 10) r10.Add<NV>(a8 + (2 * step), b0, b1);
                if (sizeof(R) > 11) r11.Add<NV>(a8 + step3, b0, b1);
                if (sizeof(R) > 12) r12.Add<NV>(a12, b0, b1);
                if (sizeof(R) > 13) r13.Add<NV>(a12 + step, b0, b1);
                a0 += strideA;
                if (sizeof(R) > 4) a4 += strideA;
                if (sizeof(R) > 8) a8 += strideA;
                if (sizeof(R) > 12) a12 += strideA;
                b += strideB;
            }
        }

        byte* c = tile->C;
        nint strideC = tile->StrideRowC;
        byte* more = tile->Accumulate ? c : tile->Residual;
        if (more != null)
        {
            r0.Add<NV>(more);
            if (sizeof(R) > 1) r1.Add<NV>(more + (1 * strideC));
            if (sizeof(R) > 2) r2.Add<NV>(more + (2 * strideC));
            if (sizeof(R) > 3) r3.Add<NV>(more + (3 * strideC));
            if (sizeof(R) > 4) r4.Add<NV>(more + (4 * strideC));
            if (sizeof(R) > 5) r5.Add<NV>(more + (5 * strideC));
            if (sizeof(R) > 6) r6.Add<NV>(more + (6 * strideC));
            if (sizeof(R) > 7) r7.Add<NV>(more + (7 * strideC));
            if (sizeof(R) > 8) r8.Add<NV>(more + (8 * strideC));
            if (sizeof(R) > 9) r9.Add<NV>(more + (9 * strideC));
            if (sizeof(R) > 10) r10.Add<NV>(more + (10 * strideC));
            if (sizeof(R) > 11) r11.Add<NV>(more + (11 * strideC));
            if (sizeof(R) > 12) r12.Add<NV>(more + (12 * strideC));
            if (sizeof(R) > 13) r13.Add<NV>(more + (13 * strideC));
        }

        if (tile->Activation != Activation.None)
        {
            V most = V.All(tile->Activation == Activation.Relu6 ? 6f : float.PositiveInfinity);
            r0.Clamp<NV>(most);
            if (sizeof(R) > 1) r1.Clamp<NV>(most);
            if (sizeof(R) > 2) r2.Clamp<NV>(most);
            if (sizeof(R) > 3) r3.Clamp<NV>(most);
            if (sizeof(R) > 4) r4.Clamp<NV>(most);
            if (sizeof(R) > 5) r5.Clamp<NV>(most);
            if (sizeof(R) > 6) r6.Clamp<NV>(most);
            if (sizeof(R) > 7) r7.Clamp<NV>(most);
            if (sizeof(R) > 8) r8.Clamp<NV>(most);
            if (sizeof(R) > 9) r9.Clamp<NV>(most);
            if (sizeof(R) > 10) r10.Clamp<NV>(most);
            if (sizeof(R) > 11) r11.Clamp<NV>(most);
            if (sizeof(R) > 12) r12.Clamp<NV>(most);
            if (sizeof(R) > 13) r13.Clamp<NV>(most);
        }

        int last = tile->Columns - ((sizeof(NV) - 1) * V.Width);
        r0.Store<NV, MK>(c, last);
        if (sizeof(R) > 1) r1.Store<NV, MK>(c + (1 * strideC), last);
        if (sizeof(R) > 2) r2.Store<NV, MK>(c + (2 * strideC), last);
        if (sizeof(R) > 3) r3.Store<NV, MK>(c + (3 * strideC), last);
        if (sizeof(R) > 4) r4.Store<NV, MK>(c + (4 * strideC), last);
        if (sizeof(R) > 5) r5.Store<NV, MK>(c + (5 * strideC), last);
        if (sizeof(R) > 6) r6.Store<NV, MK>(c + (6 * strideC), last);
        if (sizeof(R) > 7) r7.Store<NV, MK>(c + (7 * strideC), last);
        if (sizeof(R) > 8) r8.Store<NV, MK>(c + (8 * strideC), last);
        if (sizeof(R) > 9) r9.Store<NV, MK>(c + (9 * strideC), last);
        if (sizeof(R) > 10) r10.Store<NV, MK>(c + (10 * strideC), last);
        if (sizeof(R) > 11) r11.Store<NV, MK>(c + (11 * strideC), last);
        if (sizeof(R) > 12) r12.Store<NV, MK>(c + (12 * strideC), last);
        if (sizeof(R) > 13) r13.Store<NV, MK>(c + (13 * strideC), last);
    }

    /// <summary>The two accumulators of one row.</summary>
    private struct Row
    {
        private V _left;
        private V _right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Set<NV>(float* p)
            where NV : unmanaged, IConst
        {
            _left = V.Load(p);
            if (sizeof(NV) > 1)
            {
                _right = V.Load(p + V.Width);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add<NV>(byte* a, V b0, V b1)
            where NV : unmanaged, IConst
        {
            if (sizeof(NV) > 1)
            {
                V x = V.All(*(float*)a);
                _left = V.Fma(x, b0, _left);
                _right = V.Fma(x, b1, _right);
            }
            else
            {
                _left = V.FmaAll((float*)a, b0, _left);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add<NV>(byte* c)
            where NV : unmanaged, IConst
        {
            _left += V.Load((float*)c);
            if (sizeof(NV) > 1)
            {
                _right += V.Load((float*)c + V.Width);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Clamp<NV>(V most)
            where NV : unmanaged, IConst
        {
            _left = V.AtMost(V.AtLeast(_left, V.Zero), most);
            if (sizeof(NV) > 1)
            {
                _right = V.AtMost(V.AtLeast(_right, V.Zero), most);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store<NV, MK>(byte* c, int last)
            where NV : unmanaged, IConst
            where MK : unmanaged, IConst
        {
            if (sizeof(NV) > 1)
            {
                V.Store(_left, (float*)c);
                Put<MK>(_right, (float*)c + V.Width, last);
            }
            else
            {
                Put<MK>(_left, (float*)c, last);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Put<MK>(V v, float* c, int last)
            where MK : unmanaged, IConst
        {
            if (sizeof(MK) > 1)
            {
                V.StoreFirst(v, c, last);
            }
            else
            {
                V.Store(v, c);
            }
        }
    }
}
