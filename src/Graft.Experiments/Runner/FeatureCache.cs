using System.Runtime.CompilerServices;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Models;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Data;

namespace Graft.Experiments.Runner;

/// <summary>The features of a frozen trunk, computed once: later epochs train the heads on them, and later runs find them on the disk.</summary>
internal sealed class FeatureCache
{
    private readonly TaskModel _model;

    // The rows of a side are made anew each time they are asked for; their features are the same, so they are kept by size and name of the side.
    private readonly ConditionalWeakTable<LabeledRows, LabeledRows> _features = [];

    private readonly FeatureStore _store;
    private readonly Action<int, int> _progress;
    private readonly CancellationToken _cancel;

    private FeatureCache(TaskModel model, TaskModel head, FeatureStore store, Action<int, int> progress, CancellationToken cancel)
    {
        _model = model;
        Head = head;
        _store = store;
        _progress = progress;
        _cancel = cancel;
    }

    /// <summary>A model of the heads alone, which takes features. Its first values are those of the whole model.</summary>
    public TaskModel Head { get; }

    /// <summary>A cache for a model whose trunk is frozen; null where rows are changed by chance, or have no fixed shape.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">What it learns from.</param>
    /// <param name="store">Where features are kept.</param>
    /// <param name="progress">Is told how many rows are computed, of how many.</param>
    /// <param name="cancel">Ends it.</param>
    public static FeatureCache? For(TaskModel model, JobData rows, FeatureStore store, Action<int, int> progress, CancellationToken cancel)
    {
        if (rows.Tasks.Any(t => rows.DataOf(t).Augmentation is not null))
        {
            return null;
        }

        var head = new TaskModel(new LinearModel(), new InputShape(InputKind.Table, [model.Trunk.Features]), model.Tasks);
        head.Initialize(model.Seed);
        Copy(model, head);
        return new FeatureCache(model, head, store, progress, cancel);
    }

    /// <summary>Rows with their features in place of their inputs.</summary>
    public LabeledRows Of(LabeledRows rows) => _features.GetValue(rows, Compute);

    /// <summary>Brings what the heads learned into the whole model.</summary>
    public void Finish(TaskModel model) => Copy(Head, model);

    private static void Copy(TaskModel from, TaskModel to)
    {
        IReadOnlyDictionary<string, Tensor> source = from.StateDictionary();
        foreach ((string path, Tensor value) in to.StateDictionary())
        {
            if (path.StartsWith("heads.", StringComparison.Ordinal))
            {
                value.Assign(source[path].ToArray());
            }
        }
    }

    private LabeledRows Compute(LabeledRows rows) => _model.Sharing is null ? _store.Of(_model.Trunk, rows, null, _progress, _cancel) : ComputeShared(rows);

    // An architecture gives its features through the model, and they are not kept.
    private LabeledRows ComputeShared(LabeledRows rows)
    {
        int width = _model.Trunk.Features;
        var values = new float[checked(rows.Count * width)];
        bool wasTraining = _model.IsTraining;
        _model.Train(false);
        using var silence = new NoGrad();
        var batches = new SequentialBatches(rows, 256);
        bool more = true;
        while (more)
        {
            using var scope = new TensorScope();
            Batch? batch = batches.Next();
            more = batch is not null;
            if (batch is not null)
            {
                _model.Features(batch.Input, batch.Lengths).Shared.CopyTo(values.AsSpan(batch.Rows[0] * width));
            }
        }

        _model.Train(wasTraining);
        return new LabeledRows(rows.Name, new InputShape(InputKind.Table, [width]), values, rows.Targets, [.. rows.Ids]) { Weights = rows.Weights };
    }
}
