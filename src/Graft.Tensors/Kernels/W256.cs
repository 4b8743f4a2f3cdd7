using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>Eight floats: AVX2.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe struct W256 : IVec<W256>
{
    private readonly Vector256<float> _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W256(Vector256<float> v) => _v = v;

    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 8;
    }

    public static W256 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256<float>.Zero);
    }

    public static W256 One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector256<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 All(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 AllBits(int bits) => new(Vector256.Create(bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Load(float* p) => new(Vector256.Load(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 LoadFirst(float* p, int count) => Avx.IsSupported
        ? new(Avx.MaskLoad(p, First(count)))
        : Halves(
            W128.LoadFirst(p, Math.Min(count, 4)),
            count > 4 ? W128.LoadFirst(p + 4, count - 4) : W128.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(W256 v, float* p) => v._v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFar(W256 v, float* p) => v._v.StoreAlignedNonTemporal(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(W256 v, float* p, int count)
    {
        if (Avx.IsSupported)
        {
            Avx.MaskStore(p, First(count), v._v);
            return;
        }

        W128.StoreFirst(W128.From(v._v.GetLower()), p, Math.Min(count, 4));
        if (count > 4)
        {
            W128.StoreFirst(W128.From(v._v.GetUpper()), p + 4, count - 4);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 operator +(W256 a, W256 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 operator -(W256 a, W256 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 operator *(W256 a, W256 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 operator /(W256 a, W256 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 operator -(W256 a) => new(-a._v);

    // "Estimate" names the choice described at IVec.Fma, not a loss of precision: it is the fused instruction, or a * b + c.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Fma(W256 a, W256 b, W256 c) => new(Vector256.MultiplyAddEstimate(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Fma(W256 a, float* b, W256 c) => new(Vector256.MultiplyAddEstimate(a._v, Vector256.Load(b), c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 FmaAll(float* a, W256 b, W256 c) => new(Vector256.MultiplyAddEstimate(Vector256.Create(*a), b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Min(W256 a, W256 b) => new(Vector256.Min(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Max(W256 a, W256 b) => new(Vector256.Max(a._v, b._v));

    // The native instruction returns its second operand where either is NaN (x86) or NaN (ARM): x goes second.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 AtMost(W256 x, W256 bound) => new(Vector256.MinNative(bound._v, x._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 AtLeast(W256 x, W256 bound) => new(Vector256.MaxNative(bound._v, x._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Abs(W256 a) => new(Vector256.Abs(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Sqrt(W256 a) => new(Vector256.Sqrt(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Round(W256 a) => new(Vector256.Round(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Floor(W256 a) => new(Vector256.Floor(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 CopySign(W256 magnitude, W256 sign) => new(Vector256.CopySign(magnitude._v, sign._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Greater(W256 a, W256 b) => new(Vector256.GreaterThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 GreaterOrEqual(W256 a, W256 b) => new(Vector256.GreaterThanOrEqual(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Less(W256 a, W256 b) => new(Vector256.LessThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Equal(W256 a, W256 b) => new(Vector256.Equals(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 EqualBits(W256 a, W256 b) => new(Vector256.Equals(a._v.AsInt32(), b._v.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 FirstLanes(int count) => new(First(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 IsNaN(W256 a) => new(Vector256.IsNaN(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Select(W256 mask, W256 a, W256 b) => new(Vector256.ConditionalSelect(mask._v, a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Pick(W256 from, W256 a, W256 b)
    {
        Vector256<int> lanes = from._v.AsInt32();
        return Avx512F.VL.IsSupported
            ? new(Avx512F.VL.PermuteVar8x32x2(a._v, lanes, b._v))
            : new(Vector256.Shuffle(a._v, lanes) | Vector256.Shuffle(b._v, lanes - Vector256.Create(8)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 And(W256 a, W256 b) => new(a._v & b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 AndNot(W256 mask, W256 a) => new(Vector256.AndNot(a._v, mask._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 Or(W256 a, W256 b) => new(a._v | b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(W256 v) => W128.Sum(Folded(v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums(W256 a, W256 b, W256 c, W256 d, float* to) => W128.Sums(Folded(a), Folded(b), Folded(c), Folded(d), to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(double* to, W256 v)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(v._v);
        (Vector256.Load(to) + lower).Store(to);
        (Vector256.Load(to + 4) + upper).Store(to + 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float HorizontalMax(W256 v) => W128.HorizontalMax(W128.From(Vector128.Max(v._v.GetLower(), v._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Greatest(W256 v) => W128.Greatest(W128.From(Vector128.MaxNative(v._v.GetLower(), v._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float HorizontalMin(W256 v) => W128.HorizontalMin(W128.From(Vector128.Min(v._v.GetLower(), v._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static W256 From(Vector256<float> v) => new(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Raw(W256 v) => v._v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> First(int count) =>
        Vector256.LessThan(Vector256.CreateSequence(0, 1), Vector256.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static W128 Folded(W256 v) => W128.From(v._v.GetLower() + v._v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static W256 Halves(W128 lower, W128 upper) => new(Vector256.Create(W128.Raw(lower), W128.Raw(upper)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 ScaleByPow2(W256 x, W256 n)
    {
        if (Avx512F.VL.IsSupported)
        {
            return new(Avx512F.VL.Scale(x._v, n._v));
        }

        // Two factors: one float's exponents do not reach that far.
        Vector256<float> half = Vector256.Floor(n._v * 0.5f);
        return new(x._v * Pow2(half) * Pow2(n._v - half));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Pow2(Vector256<float> n) => Vector256.ShiftLeft(Vector256.ConvertToInt32Native(n) + Vector256.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 TwoTo(W256 n) => new(Avx512F.VL.IsSupported ? Avx512F.VL.Scale(Vector256<float>.One, n._v) : Pow2(n._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 ExponentOf(W256 x) =>
        new(Vector256.ConvertToSingle((Vector256.ShiftRightLogical(x._v.AsInt32(), 23) & Vector256.Create(255)) - Vector256.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W256 MantissaOf(W256 x) =>
        new(((x._v.AsInt32() & Vector256.Create(0x007FFFFF)) | Vector256.Create(0x3F800000)).AsSingle());
}
