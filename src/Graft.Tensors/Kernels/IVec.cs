namespace Graft.Tensors.Kernels;

/// <summary>
/// A register of <see cref="Width"/> floats. Every kernel is written once against this interface; the JIT compiles it for
/// <see cref="W512"/>, <see cref="W256"/> and <see cref="W128"/>, and each member becomes one or two instructions.
/// </summary>
/// <remarks>
/// A mask is a register whose lanes are all ones or all zeros in every bit. Pointers need no alignment.
/// Results differ between widths only where sums are formed (<see cref="Sum"/>, and loops that keep one partial sum a lane).
/// </remarks>
internal unsafe interface IVec<V>
    where V : struct, IVec<V>
{
    /// <summary>Lanes: 16, 8 or 4.</summary>
    static abstract int Width { get; }

    static abstract V Zero { get; }

    static abstract V One { get; }

    /// <summary>The same number in every lane.</summary>
    static abstract V All(float value);

    /// <summary>The same 32 bits in every lane: integers that are only moved and selected, never added.</summary>
    static abstract V AllBits(int bits);

    static abstract V Load(float* p);

    /// <summary>Lanes 0 .. count-1 from memory, the others 0; reads nothing beyond p + count. 0 &lt;= count &lt;= Width.</summary>
    static abstract V LoadFirst(float* p, int count);

    static abstract void Store(V v, float* p);

    /// <summary>Writes to memory past the cache: for much that nobody reads soon. p is a multiple of the register's size; <see cref="PastCache.Arrived"/> ends a run of these.</summary>
    static abstract void StoreFar(V v, float* p);

    /// <summary>Writes lanes 0 .. count-1 and nothing else. 0 &lt;= count &lt;= Width.</summary>
    static abstract void StoreFirst(V v, float* p, int count);

    static abstract V operator +(V a, V b);

    static abstract V operator -(V a, V b);

    static abstract V operator *(V a, V b);

    static abstract V operator /(V a, V b);

    static abstract V operator -(V a);

    /// <summary>a * b + c: rounded once where the hardware has the instruction, twice where it does not.</summary>
    static abstract V Fma(V a, V b, V c);

    /// <summary>The same with b from memory: the load is part of the instruction.</summary>
    static abstract V Fma(V a, float* b, V c);

    /// <summary>The number at a in all lanes, times b, plus c.</summary>
    static abstract V FmaAll(float* a, V b, V c);

    /// <summary>The lesser; NaN where either is NaN; -0 is less than +0.</summary>
    static abstract V Min(V a, V b);

    /// <summary>The greater; NaN where either is NaN; +0 is greater than -0.</summary>
    static abstract V Max(V a, V b);

    /// <summary>x where it is below the bound, else the bound: one instruction. NaN in x stays NaN; the bound must not be NaN.</summary>
    static abstract V AtMost(V x, V bound);

    /// <summary>x where it is above the bound, else the bound: one instruction. NaN in x stays NaN; the bound must not be NaN.</summary>
    static abstract V AtLeast(V x, V bound);

    static abstract V Abs(V a);

    static abstract V Sqrt(V a);

    /// <summary>To the nearest integer, ties to the even one.</summary>
    static abstract V Round(V a);

    static abstract V Floor(V a);

    /// <summary>The magnitude of one with the sign of the other.</summary>
    static abstract V CopySign(V magnitude, V sign);

    /// <summary>Mask of a &gt; b; false where either is NaN.</summary>
    static abstract V Greater(V a, V b);

    /// <summary>Mask of a &gt;= b; false where either is NaN.</summary>
    static abstract V GreaterOrEqual(V a, V b);

    /// <summary>Mask of a &lt; b; false where either is NaN.</summary>
    static abstract V Less(V a, V b);

    /// <summary>Mask of a == b; false where either is NaN.</summary>
    static abstract V Equal(V a, V b);

    /// <summary>Mask of lanes with the same 32 bits.</summary>
    static abstract V EqualBits(V a, V b);

    static abstract V IsNaN(V a);

    /// <summary>Mask of lanes 0 .. count-1.</summary>
    static abstract V FirstLanes(int count);

    /// <summary>a where the mask is set, b elsewhere.</summary>
    static abstract V Select(V mask, V a, V b);

    /// <summary>Any lanes of two registers: lane i is lane n of a where the 32 bits of from's lane i are an integer n below <see cref="Width"/>, and lane n - Width of b where n is below twice
    /// that. Other integers give any number.</summary>
    static abstract V Pick(V from, V a, V b);

    /// <summary>Bitwise a &amp; b; with a mask: the value where the mask is set, 0 elsewhere.</summary>
    static abstract V And(V a, V b);

    /// <summary>Bitwise ~mask &amp; a: 0 where the mask is set, the value elsewhere.</summary>
    static abstract V AndNot(V mask, V a);

    static abstract V Or(V a, V b);

    /// <summary>Sum of the lanes in a fixed tree: the upper half is added to the lower half until one lane is left.</summary>
    static abstract float Sum(V v);

    /// <summary>to[0] .. to[3]: the sums of four registers, each by the tree of <see cref="Sum"/>.</summary>
    static abstract void Sums(V a, V b, V c, V d, float* to);

    /// <summary>to[lane] += each lane, in double precision.</summary>
    static abstract void AddTo(double* to, V v);

    /// <summary>The greatest lane; NaN where any is NaN.</summary>
    static abstract float HorizontalMax(V v);

    /// <summary>The greatest lane in a third of the instructions; anything where one is NaN.</summary>
    static abstract float Greatest(V v);

    /// <summary>The least lane; NaN where any is NaN.</summary>
    static abstract float HorizontalMin(V v);

    /// <summary>x * 2^n for integral n from -252 to 254, rounded once where the result is denormal; NaN where n is NaN.</summary>
    static abstract V ScaleByPow2(V x, V n);

    /// <summary>2^n for integral n from -126 to 127, infinity for 128; any number where n is NaN.</summary>
    static abstract V TwoTo(V n);

    /// <summary>floor(log2 |x|) of normal numbers; -127 for 0 and denormals, 128 for infinities and NaN.</summary>
    static abstract V ExponentOf(V x);

    /// <summary>|x| / 2^ExponentOf(x), in [1, 2), of normal numbers.</summary>
    static abstract V MantissaOf(V x);
}
