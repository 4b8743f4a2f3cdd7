using System.Reflection;
using Graft.MultiTask.Balancing;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Training;

namespace Graft.Benchmarks.Balancers;

/// <summary>Training steps of a model whose tasks a balancer weighs: Adam for perceptrons, SGD with momentum for pictures.</summary>
internal sealed class BalancerWorkload : ILossSource
{
    private readonly BalancingDriver _driver;
    private readonly ModelUpdate _update;
    private readonly float[] _x;
    private readonly float[][] _numbers;
    private readonly int[][] _classes;
    private readonly Shape _shape;

    /// <param name="row">What to train.</param>
    /// <param name="balancer">In place of the row's own.</param>
    public BalancerWorkload(BalancerCase row, Balancer? balancer = null)
    {
        Row = row;
        Model = BalancerModel.Of(row.Model, row.Tasks);
        int rows = BalancerModel.Rows(row.Model);
        bool isPicture = row.Model == "cifar-cnn";
        _shape = isPicture ? [rows, 3, 32, 32] : [rows, row.Model == "mlp-20-64-64" ? 20 : 100];
        _x = Values.Of(_shape.Count, 1);
        _numbers = isPicture ? [] : [.. Enumerable.Range(0, row.Tasks).Select(k => Values.Of(rows, (ulong)k + 2))];
        _classes = isPicture ? [.. Enumerable.Range(0, row.Tasks).Select(k => Enumerable.Range(0, rows).Select(i => (i + k) % 10).ToArray())] : [];
        Optimizer optimizer = isPicture ? new Sgd(0.001f, momentum: 0.9) : new Adam();
        _update = new ModelUpdate(Model, optimizer);
        TaskKind kind = isPicture ? TaskKind.MultiClass : TaskKind.Regression;
        _driver = new BalancingDriver(
            balancer ?? Make(row.Balancer), new BalancingStep([.. Enumerable.Repeat(kind, row.Tasks)]), [.. Model.Trunk.Parameters()], [.. Model.Heads.SelectMany(h => h.Parameters())], row.Options);
    }

    public BalancerCase Row { get; }

    public BalancerModel Model { get; }

    /// <summary>The balancers' names, of those that need no list to be made.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(Balancer).Assembly.GetTypes().Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(Balancer)) && !t.IsSubclassOf(typeof(BilevelBalancer)))
            .Where(t => t.GetConstructors().Any(c => c.GetParameters().All(p => p.HasDefaultValue)))
            .Select(t => t.GetCustomAttribute<NamedAttribute>()?.Name).OfType<string>().Order(StringComparer.Ordinal),
    ];

    public static Balancer Make(string name)
    {
        Type type = typeof(Balancer).Assembly.GetTypes().First(t => t.IsSubclassOf(typeof(Balancer)) && t.GetCustomAttribute<NamedAttribute>()?.Name == name);
        ConstructorInfo constructor = type.GetConstructors().First(c => c.GetParameters().All(p => p.HasDefaultValue));
        return (Balancer)constructor.Invoke([.. constructor.GetParameters().Select(p => p.DefaultValue)]);
    }

    public void Run() => _driver.Run(this, _update, 1);

    public void Next(bool validation)
    {
        // The same batch each time: what is measured is the step.
    }

    public void Compute(TaskLosses losses, bool leavesTrace, bool validation)
    {
        Tensor x = _classes.Length > 0 ? Tensor.ForStepChannelsLast(_x, _shape) : Tensor.ForStep(_x, _shape);
        Tensor features = losses.Represent(Model.Trunk.Forward(x));
        int rows = _shape[0];
        for (int k = 0; k < Row.Tasks; k++)
        {
            Tensor output = Model.Heads[k].Forward(features);
            losses.Add(k, _classes.Length > 0 ? output.CrossEntropy(Tensor.ForStep(_classes[k], [rows])) : output.MseLoss(Tensor.ForStep(_numbers[k], [rows, 1])));
        }
    }
}
