using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>Sixteen floats: AVX-512.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe struct W512 : IVec<W512>
{
    private readonly Vector512<float> _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W512(Vector512<float> v) => _v = v;

    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 16;
    }

    public static W512 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<float>.Zero);
    }

    public static W512 One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector512<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 All(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 AllBits(int bits) => new(Vector512.Create(bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Load(float* p) => new(Vector512.Load(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 LoadFirst(float* p, int count) => Avx512F.IsSupported
        ? new(Avx512F.MaskLoad(p, First(count), Vector512<float>.Zero))
        : Halves(
            W256.LoadFirst(p, Math.Min(count, 8)),
            count > 8 ? W256.LoadFirst(p + 8, count - 8) : W256.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(W512 v, float* p) => v._v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFar(W512 v, float* p) => v._v.StoreAlignedNonTemporal(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(W512 v, float* p, int count)
    {
        if (Avx512F.IsSupported)
        {
            Avx512F.MaskStore(p, First(count), v._v);
            return;
        }

        W256.StoreFirst(W256.From(v._v.GetLower()), p, Math.Min(count, 8));
        if (count > 8)
        {
            W256.StoreFirst(W256.From(v._v.GetUpper()), p + 8, count - 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 operator +(W512 a, W512 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 operator -(W512 a, W512 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 operator *(W512 a, W512 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 operator /(W512 a, W512 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 operator -(W512 a) => new(-a._v);

    // "Estimate" names the choice described at IVec.Fma, not a loss of precision: it is the fused instruction, or a * b + c.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Fma(W512 a, W512 b, W512 c) => new(Vector512.MultiplyAddEstimate(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Fma(W512 a, float* b, W512 c) => new(Vector512.MultiplyAddEstimate(a._v, Vector512.Load(b), c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 FmaAll(float* a, W512 b, W512 c) => new(Vector512.MultiplyAddEstimate(Vector512.Create(*a), b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Min(W512 a, W512 b) => new(Vector512.Min(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Max(W512 a, W512 b) => new(Vector512.Max(a._v, b._v));

    // The native instruction returns its second operand where either is NaN (x86) or NaN (ARM): x goes second.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 AtMost(W512 x, W512 bound) => new(Vector512.MinNative(bound._v, x._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 AtLeast(W512 x, W512 bound) => new(Vector512.MaxNative(bound._v, x._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Abs(W512 a) => new(Vector512.Abs(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Sqrt(W512 a) => new(Vector512.Sqrt(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Round(W512 a) => new(Vector512.Round(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Floor(W512 a) => new(Vector512.Floor(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 CopySign(W512 magnitude, W512 sign) => new(Vector512.CopySign(magnitude._v, sign._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Greater(W512 a, W512 b) => new(Vector512.GreaterThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 GreaterOrEqual(W512 a, W512 b) => new(Vector512.GreaterThanOrEqual(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Less(W512 a, W512 b) => new(Vector512.LessThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Equal(W512 a, W512 b) => new(Vector512.Equals(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 EqualBits(W512 a, W512 b) => new(Vector512.Equals(a._v.AsInt32(), b._v.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 FirstLanes(int count) => new(First(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 IsNaN(W512 a) => new(Vector512.IsNaN(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Select(W512 mask, W512 a, W512 b) => new(Vector512.ConditionalSelect(mask._v, a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Pick(W512 from, W512 a, W512 b)
    {
        Vector512<int> lanes = from._v.AsInt32();
        return Avx512F.IsSupported
            ? new(Avx512F.PermuteVar16x32x2(a._v, lanes, b._v))
            : new(Vector512.Shuffle(a._v, lanes) | Vector512.Shuffle(b._v, lanes - Vector512.Create(16)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 And(W512 a, W512 b) => new(a._v & b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 AndNot(W512 mask, W512 a) => new(Vector512.AndNot(a._v, mask._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 Or(W512 a, W512 b) => new(a._v | b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(W512 v) => W256.Sum(Folded(v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums(W512 a, W512 b, W512 c, W512 d, float* to) => W256.Sums(Folded(a), Folded(b), Folded(c), Folded(d), to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(double* to, W512 v)
    {
        (Vector512<double> lower, Vector512<double> upper) = Vector512.Widen(v._v);
        (Vector512.Load(to) + lower).Store(to);
        (Vector512.Load(to + 8) + upper).Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float HorizontalMax(W512 v) => W256.HorizontalMax(W256.From(Vector256.Max(v._v.GetLower(), v._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Greatest(W512 v) => W256.Greatest(W256.From(Vector256.MaxNative(v._v.GetLower(), v._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float HorizontalMin(W512 v) => W256.HorizontalMin(W256.From(Vector256.Min(v._v.GetLower(), v._v.GetUpper())));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> First(int count) =>
        Vector512.LessThan(Vector512.CreateSequence(0, 1), Vector512.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static W256 Folded(W512 v) => W256.From(v._v.GetLower() + v._v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static W512 Halves(W256 lower, W256 upper) => new(Vector512.Create(W256.Raw(lower), W256.Raw(upper)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 ScaleByPow2(W512 x, W512 n)
    {
        if (Avx512F.IsSupported)
        {
            return new(Avx512F.Scale(x._v, n._v));
        }

        // Two factors: one float's exponents do not reach that far.
        Vector512<float> half = Vector512.Floor(n._v * 0.5f);
        return new(x._v * Pow2(half) * Pow2(n._v - half));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pow2(Vector512<float> n) => Vector512.ShiftLeft(Vector512.ConvertToInt32Native(n) + Vector512.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 TwoTo(W512 n) => new(Avx512F.IsSupported ? Avx512F.Scale(Vector512<float>.One, n._v) : Pow2(n._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 ExponentOf(W512 x) =>
        new(Vector512.ConvertToSingle((Vector512.ShiftRightLogical(x._v.AsInt32(), 23) & Vector512.Create(255)) - Vector512.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W512 MantissaOf(W512 x) =>
        new(((x._v.AsInt32() & Vector512.Create(0x007FFFFF)) | Vector512.Create(0x3F800000)).AsSingle());
}
