using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>Loads and stores of whole registers or of the last, shorter piece, so that a loop's body stands once for both.</summary>
internal static unsafe class Lanes<V>
    where V : struct, IVec<V>
{
    /// <summary>A whole register, or its first lanes and zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<Partial>(float* p, int count)
        where Partial : IConst =>
        Partial.Value == 1 ? V.LoadFirst(p, count) : V.Load(p);

    /// <summary>A whole register, or its first lanes and a number in the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<Partial>(float* p, int count, V others)
        where Partial : IConst =>
        Partial.Value == 1 ? V.Select(V.FirstLanes(count), V.LoadFirst(p, count), others) : V.Load(p);

    /// <summary>A whole register, or its first lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<Partial>(V v, float* p, int count)
        where Partial : IConst
    {
        if (Partial.Value == 1)
        {
            V.StoreFirst(v, p, count);
        }
        else
        {
            V.Store(v, p);
        }
    }

    /// <summary>Stores, and adds the same to a total elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put<Partial>(V v, float* p, float* total, int count)
        where Partial : IConst
    {
        Store<Partial>(v, p, count);
        Store<Partial>(Load<Partial>(total, count) + v, total, count);
    }

    /// <summary>A whole register, past the cache where wanted, or its first lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<Partial, Far>(V v, float* p, int count)
        where Partial : IConst
        where Far : IConst
    {
        if (Far.Value == 1 && Partial.Value == 0)
        {
            V.StoreFar(v, p);
        }
        else
        {
            Store<Partial>(v, p, count);
        }
    }

    /// <summary>The value, with lanes beyond the last set to 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Only<Partial>(V v, int count)
        where Partial : IConst =>
        Partial.Value == 1 ? V.And(V.FirstLanes(count), v) : v;

    /// <summary>Tasks for so many rows of so many floats: fixed by the shape, each worth a fork.</summary>
    public static int RowsPerTask(long rows, long width, long grain = 16 * 1024) =>
        (int)Math.Clamp(grain / Math.Max(1, width), 1, Math.Max(1, Math.Min(rows, int.MaxValue)));
}
