using Graft.Tensors.Linalg;

namespace Graft.MultiTask.Balancing;

/// <summary>What an epoch's balancing looked like: means of weights, gradient norms and conflicts, and what was not solved. State: all of it.</summary>
public sealed class BalancingGauges : IStateful
{
    // An eigendecomposition takes K³: looked at so seldom that a step does not feel it.
    private readonly long _conditionEvery;

    private readonly SymmetricEigen _eigen = new();
    private readonly int _tasks;
    private double[] _scratch = [];
    private readonly double[] _sums;
    private readonly long[] _counts;
    private long _unsolved;
    private long _solved;
    private string _note = "";

    /// <param name="taskCount">T, at least 1.</param>
    public BalancingGauges(int taskCount)
    {
        _tasks = taskCount;
        _conditionEvery = 16 * Math.Max(1, (long)taskCount * taskCount * taskCount / 64);
        _sums = new double[(2 * taskCount) + (taskCount * taskCount) + 1];
        _counts = new long[_sums.Length];
    }

    /// <summary>Steps whose problem was not solved to its tolerance.</summary>
    public long Unsolved => _unsolved;

    /// <summary>Steps in which weights or a direction were computed.</summary>
    public long Solved => _solved;

    /// <summary>What was done instead the last time a problem had no solution; empty where it never happened.</summary>
    public string Note => _note;

    /// <summary>The mean weight of a task; NaN where it had none.</summary>
    /// <param name="task">Its place.</param>
    public double Weight(int task) => Mean(task);

    /// <summary>The mean norm of a task's gradient; NaN where nobody looked.</summary>
    /// <param name="task">Its place.</param>
    public double Norm(int task) => Mean(_tasks + task);

    /// <summary>The mean cosine between two tasks' gradients, from -1 to 1; NaN where nobody looked.</summary>
    /// <param name="i">A place.</param>
    /// <param name="j">A place.</param>
    public double Cosine(int i, int j) => Mean(CosineAt(i, j));

    /// <summary>The mean of the logarithm to base 10 of the Gramian's condition number, from 0 to 16, looked at in the first step and now and then (with
    /// up to four tasks in every sixteenth step, with more as much more seldom as it takes longer); NaN where nobody did.</summary>
    public double Condition => Mean(_sums.Length - 1);

    /// <summary>Forgets everything: an epoch begins.</summary>
    public void Clear()
    {
        Array.Clear(_sums);
        Array.Clear(_counts);
        (_unsolved, _solved, _note) = (0, 0, "");
    }

    /// <inheritdoc/>
    public void Save(State state)
    {
        state.Set("sums", (double[])_sums.Clone());
        state.Set("counts", (long[])_counts.Clone());
        state.Set("unsolved", _unsolved);
        state.Set("solved", _solved);
        state.Set("note", _note);
    }

    /// <inheritdoc/>
    public void Load(State state)
    {
        double[] sums = state.Get<double[]>("sums");
        long[] counts = state.Get<long[]>("counts");
        if (sums.Length != _sums.Length || counts.Length != _counts.Length)
        {
            throw new GraftInputException("", $"checkpoint: expected gauges of {_tasks} tasks, got {sums.Length} numbers. It belongs to another training.");
        }

        sums.CopyTo(_sums, 0);
        counts.CopyTo(_counts, 0);
        (_unsolved, _solved, _note) = (state.Get<long>("unsolved"), state.Get<long>("solved"), state.Get<string>("note"));
    }

    internal void Weigh(ReadOnlySpan<int> tasks, ReadOnlySpan<double> weights)
    {
        for (int i = 0; i < tasks.Length; i++)
        {
            Add(tasks[i], weights[i]);
        }
    }

    internal void See(ReadOnlySpan<int> tasks, Gramian gram)
    {
        if (_solved % _conditionEvery == 0)
        {
            SeeCondition(gram);
        }

        Span<double> norms = stackalloc double[tasks.Length];
        for (int i = 0; i < tasks.Length; i++)
        {
            norms[i] = Math.Sqrt(Math.Max(0, gram[i, i]));
            Add(_tasks + tasks[i], norms[i]);
            for (int j = 0; j <= i; j++)
            {
                double both = norms[i] * norms[j];
                if (both > 0)
                {
                    Add(CosineAt(tasks[i], tasks[j]), Math.Clamp(gram[i, j] / both, -1, 1));
                }
            }
        }
    }

    internal void Solve(Solution solution)
    {
        _solved++;
        _unsolved += solution.IsSolved ? 0 : 1;
        _note = solution.Note.Length > 0 ? solution.Note : _note;
    }

    // Of two tasks, whichever is named first.
    private int CosineAt(int i, int j) => (2 * _tasks) + (Math.Max(i, j) * _tasks) + Math.Min(i, j);

    private void SeeCondition(Gramian gram)
    {
        int n = gram.Count;
        if (_scratch.Length < (n + 1) * n)
        {
            _scratch = new double[(n + 1) * n];
        }

        Span<double> values = _scratch.AsSpan(0, n);
        _ = _eigen.Decompose(gram.Values, values, _scratch.AsSpan(n, n * n));
        if (values[0] > 0)
        {
            Add(_sums.Length - 1, Math.Min(16, Math.Log10(values[0] / Math.Max(values[n - 1], values[0] * 1e-16))));
        }
    }

    private void Add(int at, double value)
    {
        _sums[at] += value;
        _counts[at]++;
    }

    private double Mean(int at) => _counts[at] == 0 ? double.NaN : _sums[at] / _counts[at];
}
