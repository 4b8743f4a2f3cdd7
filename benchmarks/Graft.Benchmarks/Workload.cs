namespace Graft.Benchmarks;

/// <summary>Something to time, one step at a time.</summary>
internal abstract class Workload
{
    public abstract string Name { get; }

    /// <summary>Multiplications and additions of one step.</summary>
    public abstract double Flops { get; }

    /// <summary>The time that shows the design is right on a full-rate AVX-512 machine with two cores, in seconds; 0: none.</summary>
    public virtual double Bar => 0;

    /// <summary>Makes what the steps need.</summary>
    public abstract void Prepare();

    public abstract void Step();
}
