using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Random;

namespace Graft.MultiTask.Balancing;

/// <summary>An estimate of the Gramian of all shared parameters whose cost does not grow with the number of tasks.</summary>
/// <remarks>
/// <para>For a direction v of random signs, E[(Jv)(Jv)ᵀ] = J Jᵀ, and J v of all tasks is one pass in forward mode. A running mean over steps averages what one
/// direction leaves to chance. Norms of gradients change faster than their angles: where heads share a representation, J v is divided by the norms of the
/// tasks' gradients there, which cost little, and the mean is multiplied by those of the present step. Where the representation of a batch is large, they
/// are looked at in every eighth step.</para>
/// <para>It sets out from the exact Gramian, and comes back to it every 200 steps: few directions leave a matrix of low rank, whose weights are far too large
/// for the directions that were not looked at.</para>
/// <para>A mean of outer products, scaled from both sides: positive semi-definite always. Tasks without labels in a step keep what is known of them.</para>
/// <para>Cost: beside the step of equal weights about a forward pass for each direction, and a two-hundredth of an exact step. State: means and norms, T² + 2 T
/// numbers.</para>
/// </remarks>
internal sealed class SketchedGramian : IStateful
{
    // Of a mean of a hundred directions or so, one step in two hundred is exact: it costs little and keeps errors from growing old.
    private const int ExactEvery = 200;

    // How often gradients by the representation are looked at that are not kept.
    private const int LookEvery = 8;

    private readonly Tensor[] _shared;
    private readonly int _directions;
    private readonly double _memory;
    private readonly int _tasks;
    private readonly double[] _means;
    private readonly double[] _seen;
    private readonly double[] _norms;
    private readonly double[] _derivatives;
    private readonly float[] _signs;
    private readonly Gramian _gram = new();
    private Tensor? _rows;
    private long _separated;
    private bool _separates;

    public SketchedGramian(BalancingStep step, IReadOnlyList<Parameter> shared, int directions, double memory)
    {
        _shared = [.. shared.Select(p => p.Value)];
        _directions = directions;
        _memory = memory;
        _tasks = step.TaskCount;
        _means = new double[_tasks * _tasks];
        _seen = new double[_tasks];
        _norms = new double[_tasks];
        _derivatives = new double[_tasks];
        _signs = new float[shared.Sum(p => p.Shape.Count)];
    }

    /// <summary>Gradients by the representation up to this size are kept, in bytes: what fits into a cache.</summary>
    public long RowBytes { get; set; } = 2L << 20;

    /// <summary>Draws directions and gives the estimate so far.</summary>
    /// <param name="losses">K losses.</param>
    /// <param name="step">Of the same tasks.</param>
    /// <param name="ownCollect">Whether each task's own parameters collect their gradients on the way.</param>
    public Gramian Estimate(TaskLosses losses, BalancingStep step, bool ownCollect)
    {
        int count = losses.Count;
        ReadOnlySpan<int> tasks = losses.Tasks;
        Look(losses, step.Number, ownCollect);
        if (step.Number % ExactEvery == 0 || IsNew(tasks))
        {
            Anchor(losses);
            return _gram;
        }

        Fade(tasks, _memory);
        foreach (int i in tasks)
        {
            _seen[i] += 1 - _memory;
        }

        Span<double> derivatives = _derivatives.AsSpan(0, count);
        for (int d = 0; d < _directions; d++)
        {
            RandomStream stream = step.Stream("balancer/sketch", ((ulong)step.Number * (ulong)_directions) + (ulong)d);
            stream.FillSigns(_signs);
            ForwardMode.Jvp(losses.Losses, _shared, Tensor.ForStep(_signs, [_signs.Length]), derivatives);
            for (int i = 0; i < count; i++)
            {
                double norm = _norms[tasks[i]];
                derivatives[i] = norm > 0 ? derivatives[i] / norm : 0;
            }

            double share = (1 - _memory) / _directions;
            for (int i = 0; i < count; i++)
            {
                Span<double> means = _means.AsSpan(tasks[i] * _tasks, _tasks);
                for (int j = 0; j < count; j++)
                {
                    means[tasks[j]] += share * derivatives[i] * derivatives[j];
                }
            }
        }

        // From the means to the estimate: each task's gradient is as long as now.
        for (int i = 0; i < count; i++)
        {
            derivatives[i] = _norms[tasks[i]] / Math.Sqrt(_seen[tasks[i]]);
        }

        _gram.Resize(count);
        Span<double> gram = _gram.Room;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> means = _means.AsSpan(tasks[i] * _tasks, _tasks);
            for (int j = 0; j < count; j++)
            {
                gram[(i * count) + j] = means[tasks[j]] * derivatives[i] * derivatives[j];
            }
        }

        return _gram;
    }

    /// <summary>Adds Σ_i w_i ∇l_i to the gradients of the shared parameters by the rest of the backward pass.</summary>
    /// <returns>False: nothing of it has been done so far.</returns>
    public bool TryFollow(TaskLosses losses, ReadOnlySpan<double> weights)
    {
        if (_rows is not { } rows)
        {
            return false;
        }

        Jacobian.Combine(rows, weights, losses.Features);
        return true;
    }

    /// <inheritdoc/>
    public void Save(State state)
    {
        state.Set("means", (double[])_means.Clone());
        state.Set("seen", (double[])_seen.Clone());
        state.Set("norms", (double[])_norms.Clone());
    }

    /// <inheritdoc/>
    public void Load(State state)
    {
        double[] means = state.Get<double[]>("means"), seen = state.Get<double[]>("seen"), norms = state.Get<double[]>("norms");
        if (means.Length != _means.Length || seen.Length != _seen.Length || norms.Length != _norms.Length)
        {
            throw new GraftInputException("", $"checkpoint: expected a sketch of {_tasks} tasks, got {seen.Length}. It belongs to another training.");
        }

        means.CopyTo(_means, 0);
        seen.CopyTo(_seen, 0);
        norms.CopyTo(_norms, 0);
    }

    private bool IsNew(ReadOnlySpan<int> tasks)
    {
        foreach (int i in tasks)
        {
            if (_seen[i] == 0)
            {
                return true;
            }
        }

        return false;
    }

    // The exact Gramian, from which the mean sets out.
    private void Anchor(TaskLosses losses)
    {
        _gram.Resize(losses.Count);
        Jacobian.Gramian(losses.Losses, _shared, _gram.Room);
        Fade(losses.Tasks, 0);
        for (int i = 0; i < losses.Count; i++)
        {
            int task = losses.Tasks[i];
            _seen[task] = 1;
            for (int j = 0; j < losses.Count; j++)
            {
                double norms = _norms[task] * _norms[losses.Tasks[j]];
                _means[(task * _tasks) + losses.Tasks[j]] = norms > 0 ? _gram[i, j] / norms : 0;
            }
        }
    }

    // Takes a share of what is known of some tasks: the root of it from either side, so that the matrix stays semi-definite.
    private void Fade(ReadOnlySpan<int> tasks, double share)
    {
        double root = Math.Sqrt(share);
        foreach (int i in tasks)
        {
            _seen[i] *= share;
            foreach (ref double mean in _means.AsSpan(i * _tasks, _tasks))
            {
                mean *= root;
            }
        }

        for (int i = 0; i < _tasks; i++)
        {
            Span<double> means = _means.AsSpan(i * _tasks, _tasks);
            foreach (int j in tasks)
            {
                means[j] *= root;
            }
        }
    }

    // The norms of the gradients by the representation; 1 each where there is none.
    private void Look(TaskLosses losses, long number, bool ownCollect)
    {
        _rows = null;
        ReadOnlySpan<Tensor> features = losses.Features;
        if (features.Length > 0 && losses.GraphOf(_shared) is var graph && graph != _separated)
        {
            (_separates, _separated) = (Jacobian.Separates(losses.Losses, features, _shared), graph);
        }

        if (features.Length == 0 || !_separates)
        {
            foreach (int task in losses.Tasks)
            {
                _norms[task] = 1;
            }

            return;
        }

        long bytes = 0;
        foreach (Tensor part in features)
        {
            bytes += part.Count * (long)sizeof(float);
        }

        if (bytes * losses.Count > RowBytes)
        {
            LookOneByOne(losses, number);
            return;
        }

        Tensor rows = Jacobian.Rows(losses.Losses, features, ownCollect);
        Span<double> norms = _derivatives.AsSpan(0, losses.Count);
        Jacobian.Norms(rows, norms);
        for (int i = 0; i < losses.Count; i++)
        {
            _norms[losses.Tasks[i]] = norms[i];
        }

        _rows = rows;
    }

    private void LookOneByOne(TaskLosses losses, long number)
    {
        for (int i = 0; i < losses.Count; i++)
        {
            int task = losses.Tasks[i];
            if (number % LookEvery == 0 || _norms[task] == 0)
            {
                using var scope = new TensorScope();
                Jacobian.Norms(Jacobian.Rows(losses.Losses.Slice(i, 1), losses.Features), _norms.AsSpan(task, 1));
            }
        }
    }
}
