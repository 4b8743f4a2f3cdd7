using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.MultiTask.Balancing;

/// <summary>The gradients of each task by what the balancer looks at, and the way from weights back to the shared parameters.</summary>
internal sealed class TaskRows
{
    private readonly GradientSource _source;
    private readonly Tensor[] _shared;
    private readonly Tensor[] _leaves;
    private readonly int[] _layerStarts;
    private readonly int[] _layerLeaves;
    private readonly Gramian _gram = new();
    private readonly Gramian _layer = new();
    private float[] _products = [];
    private TaskLosses? _losses;
    private Tensor? _rows;
    private long _separated;
    private bool _separates;

    public TaskRows(GradientSource source, IReadOnlyList<Parameter> shared)
    {
        _source = source;
        _shared = [.. shared.Select(p => p.Value)];
        Parameter[] chosen = source == GradientSource.LastLayer && shared.Count > 0 ? [.. shared.Where(p => LayerOf(p) == LayerOf(shared[^1]))] : [.. shared];
        _leaves = [.. chosen.Select(p => p.Value)];
        List<int> starts = [], leaves = [];
        int at = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            if (i == 0 || LayerOf(chosen[i]) != LayerOf(chosen[i - 1]))
            {
                starts.Add(at);
                leaves.Add(i);
            }

            at += chosen[i].Shape.Count;
        }

        _layerStarts = [.. starts, at];
        _layerLeaves = [.. leaves, chosen.Length];
    }

    /// <summary>K rows of P numbers, of the last computation. Only where they were kept.</summary>
    public Tensor Rows => _rows ?? throw new InvalidOperationException("TaskRows: expected rows that were kept, got none.");

    /// <summary>Rows up to this size are kept, in bytes; see <see cref="Jacobian"/>.</summary>
    public long KeepBytes { get; set; } = Jacobian.KeptBytes;

    /// <summary>P.</summary>
    public int Length => Rows.Shape[1];

    /// <summary>Layers that the shared parameters belong to.</summary>
    public int LayerCount => _source is GradientSource.Exact ? _layerStarts.Length - 1 : 1;

    /// <summary>Whether what was looked at is all that tasks share: the step is found from it.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Computes the Gramian, and the rows where they are wanted or take little memory.</summary>
    /// <param name="losses">K losses.</param>
    /// <param name="ownCollect">Whether parameters of one task alone collect their gradients on the way; where <see cref="IsWhole"/>.</param>
    /// <param name="needsRows">Whether the rows are kept whatever their size.</param>
    public Gramian Compute(TaskLosses losses, bool ownCollect, bool needsRows)
    {
        _losses = losses;
        ReadOnlySpan<Tensor> leaves = Leaves(losses);
        if (_source == GradientSource.Representation && losses.GraphOf(_shared) is var graph && graph != _separated)
        {
            (_separates, _separated) = (Jacobian.Separates(losses.Losses, leaves, _shared), graph);
        }

        IsWhole = _source == GradientSource.Exact || (_source == GradientSource.Representation && _separates);
        long keep = needsRows || _source == GradientSource.Representation ? long.MaxValue : KeepBytes;
        _gram.Resize(losses.Count);
        _rows = Jacobian.Gramian(losses.Losses, leaves, _gram.Room, ownCollect && IsWhole, keep);
        return _gram;
    }

    /// <summary>The rows as numbers.</summary>
    public TaskGradients Gradients() => new(Rows.InPlace(), Rows.Shape[0]);

    /// <summary>The Gramian of one layer's part of the rows.</summary>
    public Gramian OfLayer(int layer)
    {
        _layer.Resize(Rows.Shape[0]);
        Jacobian.GramianOfPart(Rows, _layerStarts[layer], _layerStarts[layer + 1] - _layerStarts[layer], _layer.Room);
        return _layer;
    }

    /// <summary>Adds one layer's part of Σ_i w_i ∇l_i to the gradients of its parameters.</summary>
    public void FollowLayer(int layer, ReadOnlySpan<double> weights)
    {
        int first = _layerLeaves[layer];
        Jacobian.CombinePart(Rows, _layerStarts[layer], weights, _leaves.AsSpan(first, _layerLeaves[layer + 1] - first));
    }

    /// <summary>Adds Σ_i w_i ∇l_i to the gradients of the shared parameters, by the rows or by one more backward pass. Where <see cref="IsWhole"/>.</summary>
    public void Follow(ReadOnlySpan<double> weights)
    {
        if (_rows is { } rows)
        {
            Jacobian.Combine(rows, weights, Leaves(_losses!));
        }
        else
        {
            Jacobian.BackwardTo(_losses!.Losses, weights, _shared);
        }
    }

    /// <summary>Adds a direction in place of Σ_i w_i ∇l_i.</summary>
    /// <param name="direction">P numbers, in the order of a row.</param>
    public void Follow(ReadOnlySpan<float> direction) => Jacobian.AddToGradients(Tensor.ForStep(direction, [direction.Length]), Leaves(_losses!));

    /// <summary>Adds Σ_i w_i ∇l_i to the gradients of the shared parameters by a backward pass, and each task's gradient, weighted or not, to those of its own
    /// parameters.</summary>
    public void Backward(TaskLosses losses, ReadOnlySpan<double> weights, bool weighsOwn)
    {
        if (weighsOwn)
        {
            Jacobian.Backward(losses.Losses, weights);
        }
        else
        {
            Jacobian.Backward(losses.Losses, weights, _shared);
        }
    }

    /// <summary>J₁ J₂ᵀ, by the tasks of the first; 0 for those that the second batch does not have.</summary>
    /// <param name="first">Rows of the first batch.</param>
    /// <param name="tasks">Its K tasks.</param>
    /// <param name="second">The losses of the second batch.</param>
    /// <param name="products">Gets K by K numbers.</param>
    public void Cross(Tensor first, ReadOnlySpan<int> tasks, TaskLosses second, Span<double> products)
    {
        products[..(tasks.Length * tasks.Length)].Clear();
        if (second.Count == 0)
        {
            return;
        }

        Tensor rows = Jacobian.Rows(second.Losses, Leaves(second), othersCollect: false);
        using var silence = new NoGrad();
        int count = tasks.Length * second.Count;
        if (_products.Length < count)
        {
            _products = new float[count];
        }

        Span<float> values = _products.AsSpan(0, count);
        first.MatMul(rows.Transpose()).CopyTo(values);
        for (int j = 0; j < second.Count; j++)
        {
            int place = tasks.IndexOf(second.Tasks[j]);
            for (int i = 0; i < tasks.Length && place >= 0; i++)
            {
                products[(i * tasks.Length) + place] = values[(i * second.Count) + j];
            }
        }
    }

    private static string LayerOf(Parameter parameter) => parameter.Path.LastIndexOf('.') is >= 0 and int dot ? parameter.Path[..dot] : "";

    private ReadOnlySpan<Tensor> Leaves(TaskLosses losses) => _source != GradientSource.Representation ? _leaves
        : losses.Features.Length > 0 ? losses.Features
        : throw new GraftInputException("", "gradients: expected one representation that all heads share, got features of each task's own. Use exact or last-layer, or the architecture hard-sharing or omoe.");
}
