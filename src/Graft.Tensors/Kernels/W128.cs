using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>Four floats: SSE, ARM64, or plain scalar code where intrinsics are switched off.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe struct W128 : IVec<W128>
{
    private readonly Vector128<float> _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W128(Vector128<float> v) => _v = v;

    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 4;
    }

    public static W128 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.Zero);
    }

    public static W128 One
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 All(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 AllBits(int bits) => new(Vector128.Create(bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Load(float* p) => new(Vector128.Load(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 LoadFirst(float* p, int count) => count switch
    {
        >= 4 => Load(p),
        3 => new(Vector128.Create(p[0], p[1], p[2], 0)),
        2 => new(Vector128.Create(p[0], p[1], 0, 0)),
        1 => new(Vector128.CreateScalar(p[0])),
        _ => Zero,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(W128 v, float* p) => v._v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFar(W128 v, float* p) => v._v.StoreAlignedNonTemporal(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(W128 v, float* p, int count)
    {
        if (count >= 4)
        {
            v._v.Store(p);
            return;
        }

        if (count > 0)
        {
            p[0] = v._v[0];
        }

        if (count > 1)
        {
            p[1] = v._v[1];
        }

        if (count > 2)
        {
            p[2] = v._v[2];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 operator +(W128 a, W128 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 operator -(W128 a, W128 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 operator *(W128 a, W128 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 operator /(W128 a, W128 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 operator -(W128 a) => new(-a._v);

    // "Estimate" names the choice described at IVec.Fma, not a loss of precision: it is the fused instruction, or a * b + c.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Fma(W128 a, W128 b, W128 c) => new(Vector128.MultiplyAddEstimate(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Fma(W128 a, float* b, W128 c) => new(Vector128.MultiplyAddEstimate(a._v, Vector128.Load(b), c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 FmaAll(float* a, W128 b, W128 c) => new(Vector128.MultiplyAddEstimate(Vector128.Create(*a), b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Min(W128 a, W128 b) => new(Vector128.Min(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Max(W128 a, W128 b) => new(Vector128.Max(a._v, b._v));

    // The native instruction returns its second operand where either is NaN (x86) or NaN (ARM): x goes second.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 AtMost(W128 x, W128 bound) => new(Vector128.MinNative(bound._v, x._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 AtLeast(W128 x, W128 bound) => new(Vector128.MaxNative(bound._v, x._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Abs(W128 a) => new(Vector128.Abs(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Sqrt(W128 a) => new(Vector128.Sqrt(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Round(W128 a) => new(Vector128.Round(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Floor(W128 a) => new(Vector128.Floor(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 CopySign(W128 magnitude, W128 sign) => new(Vector128.CopySign(magnitude._v, sign._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Greater(W128 a, W128 b) => new(Vector128.GreaterThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 GreaterOrEqual(W128 a, W128 b) => new(Vector128.GreaterThanOrEqual(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Less(W128 a, W128 b) => new(Vector128.LessThan(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Equal(W128 a, W128 b) => new(Vector128.Equals(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 EqualBits(W128 a, W128 b) => new(Vector128.Equals(a._v.AsInt32(), b._v.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 FirstLanes(int count) => new(First(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 IsNaN(W128 a) => new(Vector128.IsNaN(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Select(W128 mask, W128 a, W128 b) => new(Vector128.ConditionalSelect(mask._v, a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Pick(W128 from, W128 a, W128 b)
    {
        Vector128<int> lanes = from._v.AsInt32();
        return Avx512F.VL.IsSupported
            ? new(Avx512F.VL.PermuteVar4x32x2(a._v, lanes, b._v))
            : new(Vector128.Shuffle(a._v, lanes) | Vector128.Shuffle(b._v, lanes - Vector128.Create(4)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 And(W128 a, W128 b) => new(a._v & b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 AndNot(W128 mask, W128 a) => new(Vector128.AndNot(a._v, mask._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 Or(W128 a, W128 b) => new(a._v | b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(W128 v) => (v._v[0] + v._v[2]) + (v._v[1] + v._v[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sums(W128 a, W128 b, W128 c, W128 d, float* to)
    {
        // Lanes 0 + 2 and 1 + 3 of a, then of b; those of c and d; then the first of each pair and the second.
        if (Sse.IsSupported)
        {
            Vector128<float> ab = Sse.Shuffle(a._v, b._v, 0b01_00_01_00) + Sse.Shuffle(a._v, b._v, 0b11_10_11_10);
            Vector128<float> cd = Sse.Shuffle(c._v, d._v, 0b01_00_01_00) + Sse.Shuffle(c._v, d._v, 0b11_10_11_10);
            (Sse.Shuffle(ab, cd, 0b10_00_10_00) + Sse.Shuffle(ab, cd, 0b11_01_11_01)).Store(to);
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<float> ab = Pairs(a._v, b._v), cd = Pairs(c._v, d._v);
            (AdvSimd.Arm64.UnzipEven(ab, cd) + AdvSimd.Arm64.UnzipOdd(ab, cd)).Store(to);
        }
        else
        {
            to[0] = Sum(a);
            to[1] = Sum(b);
            to[2] = Sum(c);
            to[3] = Sum(d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Pairs(Vector128<float> a, Vector128<float> b) =>
        AdvSimd.Arm64.ZipLow(a.AsDouble(), b.AsDouble()).AsSingle() + AdvSimd.Arm64.ZipHigh(a.AsDouble(), b.AsDouble()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(double* to, W128 v)
    {
        (Vector128<double> lower, Vector128<double> upper) = Vector128.Widen(v._v);
        (Vector128.Load(to) + lower).Store(to);
        (Vector128.Load(to + 2) + upper).Store(to + 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float HorizontalMax(W128 v) => MathF.Max(MathF.Max(v._v[0], v._v[2]), MathF.Max(v._v[1], v._v[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Greatest(W128 v)
    {
        Vector128<float> pairs = Vector128.MaxNative(v._v, Vector128.Shuffle(v._v, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(pairs, Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float HorizontalMin(W128 v) => MathF.Min(MathF.Min(v._v[0], v._v[2]), MathF.Min(v._v[1], v._v[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static W128 From(Vector128<float> v) => new(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<float> Raw(W128 v) => v._v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 ScaleByPow2(W128 x, W128 n)
    {
        if (Avx512F.VL.IsSupported)
        {
            return new(Avx512F.VL.Scale(x._v, n._v));
        }

        // Two factors: one float's exponents do not reach that far.
        Vector128<float> half = Vector128.Floor(n._v * 0.5f);
        return new(x._v * Pow2(half) * Pow2(n._v - half));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Pow2(Vector128<float> n) => Vector128.ShiftLeft(Vector128.ConvertToInt32Native(n) + Vector128.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 TwoTo(W128 n) => new(Avx512F.VL.IsSupported ? Avx512F.VL.Scale(Vector128<float>.One, n._v) : Pow2(n._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 ExponentOf(W128 x) =>
        new(Vector128.ConvertToSingle((Vector128.ShiftRightLogical(x._v.AsInt32(), 23) & Vector128.Create(255)) - Vector128.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static W128 MantissaOf(W128 x) =>
        new(((x._v.AsInt32() & Vector128.Create(0x007FFFFF)) | Vector128.Create(0x3F800000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> First(int count) =>
        Vector128.LessThan(Vector128.CreateSequence(0, 1), Vector128.Create(count)).AsSingle();
}
