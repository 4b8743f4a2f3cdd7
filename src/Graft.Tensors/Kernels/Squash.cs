namespace Graft.Tensors.Kernels;

/// <summary>Sigmoid and hyperbolic tangent of numbers that have just been computed, in place.</summary>
/// <remarks>Loops of their own rather than parts of larger ones: the JIT inlines so much into one method and no more.</remarks>
internal static unsafe class Squash
{
    /// <summary>p = 1 / (1 + e^-p).</summary>
    public static void Sigmoid<V>(float* p, int count)
        where V : struct, IVec<V>
    {
        int i = 0;
        for (; i + V.Width <= count; i += V.Width)
        {
            V.Store(VecMath.Sigmoid(V.Load(p + i)), p + i);
        }

        if (i < count)
        {
            V.StoreFirst(VecMath.Sigmoid(V.LoadFirst(p + i, count - i)), p + i, count - i);
        }
    }

    /// <summary>p = tanh(p).</summary>
    public static void Tanh<V>(float* p, int count)
        where V : struct, IVec<V>
    {
        int i = 0;
        for (; i + V.Width <= count; i += V.Width)
        {
            V.Store(VecMath.Tanh(V.Load(p + i)), p + i);
        }

        if (i < count)
        {
            V.StoreFirst(VecMath.Tanh(V.LoadFirst(p + i, count - i)), p + i, count - i);
        }
    }
}
