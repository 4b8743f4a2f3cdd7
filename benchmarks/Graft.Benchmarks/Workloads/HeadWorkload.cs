using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Nn.Layers;
using Graft.Nn.Losses;
using Graft.Nn.Optimizers;

namespace Graft.Benchmarks.Workloads;

/// <summary>An epoch of a linear head on features that a frozen trunk gave once: shuffled batches from the loader, cross entropy, Adam.</summary>
internal sealed class HeadWorkload() : Workload("frozen-head")
{
    private const int Rows = 5000, Features = 512, Classes = 10, BatchSize = 128;

    private readonly CrossEntropyLoss _loss = new();
    private Linear? _head;
    private Adam? _optimizer;
    private Loader? _loader;

    public override bool IsTraining => true;

    public override void Prepare()
    {
        _head = new Linear(Features, Classes);
        _head.Initialize(1);
        _optimizer = new Adam();
        _optimizer.Attach(_head.Parameters());
        var features = new LabeledRows(
            "features", new InputShape(InputKind.Table, [Features]), Values.Of(Rows * Features, 1), [TargetValues.OfClasses(Values.Classes(Rows, Classes))]);
        _loader = new Loader(features, BatchSize, seed: 1);
    }

    public override void Step()
    {
        for (int i = 0; i < _loader!.BatchesPerEpoch; i++)
        {
            Batch batch = _loader.Next();
            _optimizer!.ZeroGrad();
            _loss.Apply(_head!.Forward(batch.Input), batch.Targets[0]).Backward();
            _optimizer.Step();
        }
    }

    public override void Release() => (_head, _optimizer, _loader) = (null, null, null);

    // Forward, and back to the weights.
    protected override Cost Count() =>
        (2 * Cost.OfProduct(Rows, Classes, Features)) + (_loader!.BatchesPerEpoch * Cost.OfUpdate(_head!.ParameterCount, slots: 2));
}
