using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Optimizer steps over a flat run of weights, each in one pass over weights, gradients and states.</summary>
/// <remarks>
/// The formulas, and their order of operations where it can be seen, are those of PyTorch's optimizers. States begin as zeros.
/// Settings are double, so that 1 - 0.999 is 0.001: a caller with a float should convert the number that was written, not its bits.
/// Gradients are multiplied by <c>gradientScale</c> first: clipping costs no pass of its own.
/// </remarks>
internal static unsafe partial class Optimize
{
    private const int Grain = 16 * 1024;

    /// <summary>One loop step: new weights and states of the lanes at an index.</summary>
    private interface IUpdate
    {
        void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst;
    }

    /// <summary>v = momentum v + (1 - dampening) g (v = g in the first step); w -= lr (g + momentum v if Nesterov, else v), g including decay w.</summary>
    /// <param name="n">Weights.</param>
    /// <param name="w">Weights.</param>
    /// <param name="g">Gradients; not changed.</param>
    /// <param name="velocity">State, or null where momentum is 0.</param>
    /// <param name="learningRate">lr.</param>
    /// <param name="momentum">0: plain gradient descent.</param>
    /// <param name="dampening">Of the gradient, from the second step on.</param>
    /// <param name="nesterov">Looks ahead.</param>
    /// <param name="weightDecay">Adds this share of w to the gradient.</param>
    /// <param name="first">Whether the velocity is still empty.</param>
    /// <param name="gradientScale">Times the gradient.</param>
    public static void Sgd(
        nint n, float* w, float* g, float* velocity, double learningRate, double momentum, double dampening, bool nesterov,
        double weightDecay, bool first, double gradientScale = 1)
    {
        var update = new SgdUpdate
        {
            W = w,
            G = g,
            Velocity = momentum == 0 ? null : velocity,
            Rate = (float)learningRate,
            Momentum = first ? 0 : (float)momentum,
            Share = first ? 1 : (float)(1 - dampening),
            LookAhead = (float)momentum,
            Nesterov = nesterov,
            Decay = (float)weightDecay,
            Scale = (float)gradientScale,
        };
        Run(n, ref update);
    }

    /// <summary>m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g²; w -= lr / (1 - b1^t) · m / (sqrt(v) / sqrt(1 - b2^t) + eps).</summary>
    /// <param name="n">Weights.</param>
    /// <param name="w">Weights.</param>
    /// <param name="g">Gradients; not changed.</param>
    /// <param name="m">State: mean of the gradient.</param>
    /// <param name="v">State: mean of its square.</param>
    /// <param name="largest">State of AMSGrad: the largest v so far takes v's place; or null.</param>
    /// <param name="step">t, from 1.</param>
    /// <param name="learningRate">lr.</param>
    /// <param name="beta1">b1.</param>
    /// <param name="beta2">b2.</param>
    /// <param name="epsilon">eps.</param>
    /// <param name="weightDecay">Decay.</param>
    /// <param name="decoupled">AdamW: w is first multiplied by 1 - lr · decay; else Adam: decay · w is added to the gradient.</param>
    /// <param name="gradientScale">Times the gradient.</param>
    public static void Adam(
        nint n, float* w, float* g, float* m, float* v, float* largest, long step, double learningRate, double beta1, double beta2,
        double epsilon, double weightDecay, bool decoupled, double gradientScale = 1)
    {
        var update = new AdamUpdate
        {
            W = w,
            G = g,
            M = m,
            V2 = v,
            Largest = largest,
            Rate = (float)(learningRate / (1 - Math.Pow(beta1, step))),
            Beta1 = (float)beta1,
            Rest1 = (float)(1 - beta1),
            Beta2 = (float)beta2,
            Rest2 = (float)(1 - beta2),
            Correction = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step))),
            Epsilon = (float)epsilon,
            Decay = decoupled ? 0 : (float)weightDecay,
            Keep = decoupled ? (float)(1 - (learningRate * weightDecay)) : 1,
            Scale = (float)gradientScale,
        };
        Run(n, ref update);
    }

    /// <summary>s = a s + (1 - a) g²; u = g / (sqrt(s - mean² where centered) + eps); w -= lr u, through a momentum buffer where asked for.</summary>
    /// <param name="n">Weights.</param>
    /// <param name="w">Weights.</param>
    /// <param name="g">Gradients; not changed.</param>
    /// <param name="square">State: mean square.</param>
    /// <param name="mean">State of the centered form: mean gradient; or null.</param>
    /// <param name="velocity">State, or null where momentum is 0.</param>
    /// <param name="learningRate">lr.</param>
    /// <param name="alpha">a.</param>
    /// <param name="epsilon">eps.</param>
    /// <param name="momentum">Of u.</param>
    /// <param name="weightDecay">Adds this share of w to the gradient.</param>
    /// <param name="gradientScale">Times the gradient.</param>
    public static void RmsProp(
        nint n, float* w, float* g, float* square, float* mean, float* velocity, double learningRate, double alpha, double epsilon,
        double momentum, double weightDecay, double gradientScale = 1)
    {
        var update = new RmsPropUpdate
        {
            W = w,
            G = g,
            Square = square,
            Mean = mean,
            Velocity = momentum == 0 ? null : velocity,
            Rate = (float)learningRate,
            Alpha = (float)alpha,
            Rest = (float)(1 - alpha),
            Epsilon = (float)epsilon,
            Momentum = (float)momentum,
            Decay = (float)weightDecay,
            Scale = (float)gradientScale,
        };
        Run(n, ref update);
    }

    /// <summary>s += g²; w -= lr / (1 + (t - 1) · lrDecay) · g / (sqrt(s) + eps).</summary>
    /// <param name="n">Weights.</param>
    /// <param name="w">Weights.</param>
    /// <param name="g">Gradients; not changed.</param>
    /// <param name="sum">State: sum of squares.</param>
    /// <param name="step">t, from 1.</param>
    /// <param name="learningRate">lr.</param>
    /// <param name="rateDecay">lrDecay.</param>
    /// <param name="epsilon">eps.</param>
    /// <param name="weightDecay">Adds this share of w to the gradient.</param>
    /// <param name="gradientScale">Times the gradient.</param>
    public static void Adagrad(
        nint n, float* w, float* g, float* sum, long step, double learningRate, double rateDecay, double epsilon, double weightDecay,
        double gradientScale = 1)
    {
        var update = new AdagradUpdate
        {
            W = w,
            G = g,
            Sum = sum,
            Rate = (float)(learningRate / (1 + ((step - 1) * rateDecay))),
            Epsilon = (float)epsilon,
            Decay = (float)weightDecay,
            Scale = (float)gradientScale,
        };
        Run(n, ref update);
    }

    /// <summary>x *= factor.</summary>
    public static void Scale(nint n, float* x, float factor)
    {
        var update = new ScaleUpdate { X = x, Factor = factor };
        Run(n, ref update);
    }

    /// <summary>Sum of x², in a tree fixed by n: lanes, then pieces of fixed size in order, in double precision.</summary>
    public static double SumOfSquares(nint n, float* x) =>
        Width.Is512 ? SumOfSquares<W512>(n, x) : Width.Is256 ? SumOfSquares<W256>(n, x) : SumOfSquares<W128>(n, x);

    internal static double SumOfSquares<V>(nint n, float* x)
        where V : struct, IVec<V>
    {
        int pieces = Pieces(n);
        var sums = (double*)Workspace.Get(Workspace.Slot.Partial, 2 * (nint)Math.Max(1, pieces));
        var job = new SquareJob<V> { N = n, X = x, Sums = sums };
        Team.For(pieces, ref job);
        double total = 0;
        for (int i = 0; i < pieces; i++)
        {
            total += sums[i];
        }

        return total;
    }

    private static int Pieces(nint n) => (int)((n + Grain - 1) / Grain);

    private static void Run<U>(nint n, ref U update)
        where U : struct, IUpdate
    {
        if (Width.Is512)
        {
            var job = new Job<U, W512> { Update = update, N = n };
            Team.For(Pieces(n), ref job);
        }
        else if (Width.Is256)
        {
            var job = new Job<U, W256> { Update = update, N = n };
            Team.For(Pieces(n), ref job);
        }
        else
        {
            var job = new Job<U, W128> { Update = update, N = n };
            Team.For(Pieces(n), ref job);
        }
    }

    private struct Job<U, V> : IJob
        where U : struct, IUpdate
        where V : struct, IVec<V>
    {
        public U Update;
        public nint N;

        public void Run(int index)
        {
            // A copy of the settings on the stack: the JIT keeps what it can in registers.
            U update = Update;
            nint i = (nint)index * Grain, last = Math.Min(N, i + Grain);
            for (; i + V.Width <= last; i += V.Width)
            {
                update.Step<V, No>(i, V.Width);
            }

            if (i < last)
            {
                update.Step<V, Yes>(i, (int)(last - i));
            }
        }
    }

    private struct SquareJob<V> : IJob
        where V : struct, IVec<V>
    {
        public nint N;
        public float* X;
        public double* Sums;

        public readonly void Run(int index)
        {
            nint i = (nint)index * Grain, last = Math.Min(N, i + Grain);
            V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
            for (; i + (4 * V.Width) <= last; i += 4 * V.Width)
            {
                float* p = X + i;
                V a = V.Load(p), b = V.Load(p + V.Width), c = V.Load(p + (2 * V.Width)), d = V.Load(p + (3 * V.Width));
                s0 = V.Fma(a, a, s0);
                s1 = V.Fma(b, b, s1);
                s2 = V.Fma(c, c, s2);
                s3 = V.Fma(d, d, s3);
            }

            for (; i < last; i += V.Width)
            {
                V a = V.LoadFirst(X + i, (int)Math.Min(V.Width, last - i));
                s0 = V.Fma(a, a, s0);
            }

            Sums[index] = V.Sum((s0 + s2) + (s1 + s3));
        }
    }

    private struct SgdUpdate : IUpdate
    {
        public float* W;
        public float* G;
        public float* Velocity;
        public float Rate;
        public float Momentum;
        public float Share;
        public float LookAhead;
        public bool Nesterov;
        public float Decay;
        public float Scale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst
        {
            V w = Lanes<V>.Load<Partial>(W + i, count);
            V g = V.Fma(w, V.All(Decay), Lanes<V>.Load<Partial>(G + i, count) * V.All(Scale));
            if (Velocity != null)
            {
                // In the first step the old velocity is not looked at: it might be anything.
                V v = g * V.All(Share);
                v = Momentum == 0 ? v : V.Fma(Lanes<V>.Load<Partial>(Velocity + i, count), V.All(Momentum), v);
                Lanes<V>.Store<Partial>(v, Velocity + i, count);
                g = Nesterov ? V.Fma(v, V.All(LookAhead), g) : v;
            }

            Lanes<V>.Store<Partial>(V.Fma(g, V.All(-Rate), w), W + i, count);
        }
    }

    private struct AdamUpdate : IUpdate
    {
        public float* W;
        public float* G;
        public float* M;
        public float* V2;
        public float* Largest;
        public float Rate;
        public float Beta1;
        public float Rest1;
        public float Beta2;
        public float Rest2;
        public float Correction;
        public float Epsilon;
        public float Decay;
        public float Keep;
        public float Scale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst
        {
            V w = Lanes<V>.Load<Partial>(W + i, count) * V.All(Keep);
            V g = V.Fma(w, V.All(Decay), Lanes<V>.Load<Partial>(G + i, count) * V.All(Scale));
            V m = V.Fma(Lanes<V>.Load<Partial>(M + i, count), V.All(Beta1), g * V.All(Rest1));
            V v = V.Fma(Lanes<V>.Load<Partial>(V2 + i, count), V.All(Beta2), g * g * V.All(Rest2));
            Lanes<V>.Store<Partial>(m, M + i, count);
            Lanes<V>.Store<Partial>(v, V2 + i, count);
            if (Largest != null)
            {
                v = V.Max(v, Lanes<V>.Load<Partial>(Largest + i, count));
                Lanes<V>.Store<Partial>(v, Largest + i, count);
            }

            V below = V.Fma(V.Sqrt(v), V.All(Correction), V.All(Epsilon));
            Lanes<V>.Store<Partial>(w - (V.All(Rate) * (m / below)), W + i, count);
        }
    }

    private struct RmsPropUpdate : IUpdate
    {
        public float* W;
        public float* G;
        public float* Square;
        public float* Mean;
        public float* Velocity;
        public float Rate;
        public float Alpha;
        public float Rest;
        public float Epsilon;
        public float Momentum;
        public float Decay;
        public float Scale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst
        {
            V w = Lanes<V>.Load<Partial>(W + i, count);
            V g = V.Fma(w, V.All(Decay), Lanes<V>.Load<Partial>(G + i, count) * V.All(Scale));
            V s = V.Fma(Lanes<V>.Load<Partial>(Square + i, count), V.All(Alpha), g * g * V.All(Rest));
            Lanes<V>.Store<Partial>(s, Square + i, count);
            if (Mean != null)
            {
                V mean = V.Fma(Lanes<V>.Load<Partial>(Mean + i, count), V.All(Alpha), g * V.All(Rest));
                Lanes<V>.Store<Partial>(mean, Mean + i, count);
                s = V.AtLeast(V.Fma(-mean, mean, s), V.Zero);    // rounding may leave less than nothing
            }

            g /= V.Sqrt(s) + V.All(Epsilon);
            if (Velocity != null)
            {
                g = V.Fma(Lanes<V>.Load<Partial>(Velocity + i, count), V.All(Momentum), g);
                Lanes<V>.Store<Partial>(g, Velocity + i, count);
            }

            Lanes<V>.Store<Partial>(V.Fma(g, V.All(-Rate), w), W + i, count);
        }
    }

    private struct AdagradUpdate : IUpdate
    {
        public float* W;
        public float* G;
        public float* Sum;
        public float Rate;
        public float Epsilon;
        public float Decay;
        public float Scale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst
        {
            V w = Lanes<V>.Load<Partial>(W + i, count);
            V g = V.Fma(w, V.All(Decay), Lanes<V>.Load<Partial>(G + i, count) * V.All(Scale));
            V s = V.Fma(g, g, Lanes<V>.Load<Partial>(Sum + i, count));
            Lanes<V>.Store<Partial>(s, Sum + i, count);
            Lanes<V>.Store<Partial>(w - (V.All(Rate) * (g / (V.Sqrt(s) + V.All(Epsilon)))), W + i, count);
        }
    }

    private struct ScaleUpdate : IUpdate
    {
        public float* X;
        public float Factor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst =>
            Lanes<V>.Store<Partial>(Lanes<V>.Load<Partial>(X + i, count) * V.All(Factor), X + i, count);
    }
}
