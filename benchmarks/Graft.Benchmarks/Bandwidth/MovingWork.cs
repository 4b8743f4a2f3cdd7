using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Benchmarks.Bandwidth;

/// <summary>An operation that does little to much memory.</summary>
/// <param name="name">Its name.</param>
/// <param name="megabytes">What has to move at least, in millions of bytes: every operand is read once, every result written once. Lines that a plain store reads before it
/// writes to them do not count, so work that stores so reaches two thirds of a copy.</param>
/// <param name="onlyReads">Whether next to nothing is written: then it is measured by reading, else by copying.</param>
internal abstract class MovingWork(string name, double megabytes, bool onlyReads = false)
{
    public string Name => name;

    public double Megabytes => megabytes;

    public bool OnlyReads => onlyReads;

    /// <summary>Makes what it works on.</summary>
    public abstract void Prepare();

    /// <summary>Does it once.</summary>
    /// <returns>Seconds that it took.</returns>
    public abstract double Run();

    /// <summary>Lets go of what <see cref="Prepare"/> made.</summary>
    public abstract void Release();

    public override string ToString() => name;
}

/// <summary>An op without gradients.</summary>
internal sealed class ForwardMove(string name, double megabytes, Func<Tensor[]> operands, Func<Tensor[], Tensor> op, bool onlyReads = false)
    : MovingWork(name, megabytes, onlyReads)
{
    private Tensor[] _operands = [];

    public override void Prepare() => _operands = operands();

    public override double Run()
    {
        using var noGrad = new NoGrad();
        using var scope = new TensorScope();
        WorkTime begin = WorkTime.Now;
        op(_operands);
        return WorkTime.Now - begin;
    }

    public override void Release() => _operands = [];
}

/// <summary>The way back through an op; the way there is not timed. The gradient to begin with is copied, which counts: read and written once.</summary>
/// <param name="name">Its name.</param>
/// <param name="megabytes">What has to move at least.</param>
/// <param name="operands">What the op takes; those up to <paramref name="variables"/> have gradients.</param>
/// <param name="op">The op.</param>
internal sealed class BackwardMove(string name, double megabytes, int variables, Func<Tensor[]> operands, Func<Tensor[], Tensor> op) : MovingWork(name, megabytes)
{
    private Tensor[] _operands = [];
    private Tensor _gradient;

    public override void Prepare()
    {
        _operands = operands();
        for (int i = 0; i < variables; i++)
        {
            _operands[i] = Tensor.Variable(_operands[i]);
        }

        using var scope = new TensorScope();
        using var noGrad = new NoGrad();
        _gradient = (op(_operands) * 1e-3f).Keep();
    }

    public override double Run()
    {
        foreach (Tensor operand in _operands)
        {
            operand.ClearGrad();
        }

        using var scope = new TensorScope();
        Tensor y = op(_operands);
        WorkTime begin = WorkTime.Now;
        y.Backward(_gradient);
        return WorkTime.Now - begin;
    }

    public override void Release() => (_operands, _gradient) = ([], default);
}

/// <summary>A step of an optimizer.</summary>
internal sealed class UpdateMove(string name, double megabytes, int side, Func<Nn.Optimizers.Optimizer> make) : MovingWork(name, megabytes)
{
    private Nn.Module? _model;
    private Nn.Optimizers.Optimizer? _optimizer;

    public override void Prepare()
    {
        _model = new Nn.Layers.Linear(side, side, bias: false);
        _model.Initialize(1);
        _optimizer = make();
        _optimizer.Attach(_model.Parameters());
        using var scope = new TensorScope();
        foreach (Nn.Parameter parameter in _model.Parameters())
        {
            (parameter.Value * 1e-3f).Sum().Backward();
        }
    }

    public override double Run()
    {
        WorkTime begin = WorkTime.Now;
        _optimizer!.Step();
        return WorkTime.Now - begin;
    }

    public override void Release() => (_model, _optimizer) = (null, null);
}
