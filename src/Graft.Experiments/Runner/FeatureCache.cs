using System.Globalization;
using System.Runtime.CompilerServices;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Models;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Data;

namespace Graft.Experiments.Runner;

/// <summary>What the frozen part of a trunk gives for each row, computed once: later epochs train what is behind it, and later runs find it on the disk.</summary>
internal sealed class FeatureCache
{
    // What blocks give for all rows of all sides must fit the memory: 512 MB.
    private const long MostNumbers = 1L << 27;

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

    /// <summary>What learns: a model of the heads alone, which takes features and begins with the values of the whole model; or the model itself, which takes what its frozen blocks gave.</summary>
    public TaskModel Head { get; }

    /// <summary>What is said of it, a line each.</summary>
    public IReadOnlyList<string> Notices => _model.FirstBlock == 0 ? _store.Notices
        : [string.Create(CultureInfo.InvariantCulture, $"The first {_model.FirstBlock} of {_model.Trunk.BlockCount} blocks of {_model.Trunk} are frozen: they ran once for each row."), .. _store.Notices];

    /// <summary>A cache for a model whose trunk is frozen, or its first blocks; null where none are, rows are changed by chance, or have no fixed shape.</summary>
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

        if (!model.Trunk.Parameters().All(p => p.IsFrozen))
        {
            int blocks = BlocksOf(model, rows);
            model.BeginAt(blocks);
            return blocks == 0 ? null : new FeatureCache(model, model, store, progress, cancel);
        }

        var head = new TaskModel(new LinearModel(), new InputShape(InputKind.Table, [model.Trunk.Features]), model.Tasks);
        head.Initialize(model.Seed);
        Copy(model, head);
        return new FeatureCache(model, head, store, progress, cancel);
    }

    /// <summary>Rows with their features in place of their inputs.</summary>
    public LabeledRows Of(LabeledRows rows) => _features.GetValue(rows, Compute);

    /// <summary>Brings what the heads learned into the whole model.</summary>
    public void Finish()
    {
        if (Head != _model)
        {
            Copy(Head, _model);
        }
    }

    /// <summary>Lets the model take rows again.</summary>
    public void End() => _model.BeginAt(0);

    // The last block whose output for all rows fits the memory; later ones are mostly smaller.
    private static int BlocksOf(TaskModel model, JobData rows)
    {
        PreparedData[] sets = [.. rows.Tasks.Select(rows.DataOf).Distinct()];
        int blocks = Array.TrueForAll(sets, s => s.Inputs.Shape == model.Trunk.Input) ? FrozenFront.BlocksOf(model, rows.Sample(2)) : 0;
        long count = sets.Sum(s => Enum.GetValues<Side>().Sum(side => (long)s.Rows(side).Count));
        while (blocks > 0 && count * model.Trunk.BlockOutput(blocks - 1).Length > MostNumbers)
        {
            blocks--;
        }

        return blocks;
    }

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

    private LabeledRows Compute(LabeledRows rows) => _model.FirstBlock > 0 ? _store.Behind(_model.Trunk, rows, _model.FirstBlock - 1, _progress, _cancel)
        : _model.Sharing is null ? _store.Of(_model.Trunk, rows, null, _progress, _cancel) : ComputeShared(rows);

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
