using Graft.Benchmarks.Balancers;

namespace Graft.Benchmarks.Workloads;

/// <summary>A training step of eight tasks on one trunk, 100-512-512 with batch 256, weighed by PCGrad from exact gradients of all shared parameters.</summary>
internal sealed class BalancedWorkload() : Workload("balancer-k8")
{
    private const int Tasks = 8;

    private BalancerWorkload? _work;

    public override bool IsTraining => true;

    public override void Prepare() => _work = new BalancerWorkload(new BalancerCase("pcgrad", "exact", "mlp-100-512-512", Tasks));

    public override void Step() => _work!.Run();

    public override void Release() => _work = null;

    // Forward once; back for every task through the trunk; the products of the rows with each other, of which one triangle is needed, and their combination.
    protected override Cost Count()
    {
        BalancerModel model = _work!.Model;
        int rows = BalancerModel.Rows("mlp-100-512-512");
        int shared = (int)model.Trunk.ParameterCount;
        Cost first = Cost.OfProduct(rows, 512, 100), second = Cost.OfProduct(rows, 512, 512), head = Cost.OfProduct(rows, 1, 512);
        Cost trunk = first + second + (Tasks * (first + (2 * second)));
        return trunk + (3 * Tasks * head) + (0.5 * (Tasks + 1) / Tasks * Cost.OfProduct(Tasks, Tasks, shared)) + Cost.OfProduct(1, shared, Tasks)
            + Cost.OfUpdate(model.ParameterCount, slots: 2);
    }
}
