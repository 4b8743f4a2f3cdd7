using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.MultiTask.Balancing;

/// <summary>The losses of one batch, task by task. One object serves all steps.</summary>
public sealed class TaskLosses
{
    private readonly int[] _tasks;
    private readonly Tensor[] _losses;
    private readonly double[] _values;
    private readonly double[] _rowShares;
    private readonly List<Tensor> _features = [];

    /// <param name="taskCount">T, all tasks of the training; at least 1.</param>
    public TaskLosses(int taskCount)
    {
        _tasks = new int[Check.AtLeast(1, taskCount)];
        _losses = new Tensor[taskCount];
        _values = new double[taskCount];
        _rowShares = new double[taskCount];
    }

    /// <summary>K, the tasks that have labels in the batch; from 0 to T.</summary>
    public int Count { get; private set; }

    /// <summary>The places of the K tasks, ascending.</summary>
    public ReadOnlySpan<int> Tasks => _tasks.AsSpan(0, Count);

    /// <summary>K scalars.</summary>
    public ReadOnlySpan<Tensor> Losses => _losses.AsSpan(0, Count);

    /// <summary>The values of the K losses.</summary>
    public ReadOnlySpan<double> Values => _values.AsSpan(0, Count);

    /// <summary>For each of the K tasks the share of the batch's rows that have its label; in (0, 1].</summary>
    public ReadOnlySpan<double> RowShares => _rowShares.AsSpan(0, Count);

    /// <summary>Whether gradients are looked at at the shared representation.</summary>
    public bool WantsFeatures { get; set; }

    /// <summary>The representations that heads share, where they are wanted: one for each data set.</summary>
    public ReadOnlySpan<Tensor> Features => CollectionsMarshal.AsSpan(_features);

    /// <summary>What is added to the losses whatever their weights, such as an architecture's penalty; a scalar, or null.</summary>
    public Tensor? Penalty { get; private set; }

    /// <summary>The value of <see cref="Penalty"/>; NaN where there is none.</summary>
    public double PenaltyValue { get; private set; } = double.NaN;

    /// <summary>Adds a penalty to the losses.</summary>
    /// <param name="penalty">A scalar, or null.</param>
    public void Penalize(Tensor? penalty)
    {
        Penalty = penalty;
        PenaltyValue = penalty?.Item() ?? double.NaN;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Penalize(null);
        Count = 0;
        _features.Clear();
    }

    /// <summary>Adds the loss of a task.</summary>
    /// <param name="task">Its place among the T tasks, each once.</param>
    /// <param name="loss">A scalar.</param>
    /// <param name="rowShare">Share of the batch's rows that have its label; in (0, 1].</param>
    public void Add(int task, Tensor loss, double rowShare = 1)
    {
        int at = Count++;
        while (at > 0 && _tasks[at - 1] > task)
        {
            (_tasks[at], _losses[at], _values[at], _rowShares[at]) = (_tasks[at - 1], _losses[at - 1], _values[at - 1], _rowShares[at - 1]);
            at--;
        }

        (_tasks[at], _losses[at], _values[at], _rowShares[at]) = (task, loss, loss.Item(), rowShare);
    }

    /// <summary>A number for what the graph of these losses looks like: which tasks have one, how many features there are, and which parameters learn. Steps with the same number are alike.</summary>
    internal long GraphOf(ReadOnlySpan<Tensor> parameters)
    {
        const ulong Prime = 1099511628211;
        ulong hash = 14695981039346656037;
        foreach (int task in Tasks)
        {
            hash = (hash ^ (uint)(task + 1)) * Prime;
        }

        hash = (hash ^ ((ulong)_features.Count << 32)) * Prime;
        foreach (Tensor parameter in parameters)
        {
            hash = (hash ^ (parameter.RequiresGrad ? 1UL : 2UL)) * Prime;
        }

        return (long)hash;
    }

    /// <summary>Tells of a representation that several heads see. They are given what comes back.</summary>
    /// <param name="features">Shape [B, features].</param>
    /// <returns>The same numbers.</returns>
    public Tensor Represent(Tensor features)
    {
        if (!WantsFeatures || !features.RequiresGrad)
        {
            return features;
        }

        Tensor whole = features.IsPart ? features.Affine(1) : features;
        _features.Add(whole);
        return whole;
    }
}
