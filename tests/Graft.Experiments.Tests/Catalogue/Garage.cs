using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;
using Graft.Tensors;

namespace Graft.Experiments.Tests.Catalogue;

/// <summary>Parts and records that bind every type of value; nothing of Graft's own, so that these tests stay as they are.</summary>
[Family("engines")]
internal abstract class Engine;

internal enum FuelKind
{
    Wood,
    HeavyOil,
}

[Named("steam")]
[Paper("Watt, Steam engine, 1769", "https://example.org/watt")]
internal sealed class Steam(double pressure = 2, int boilers = 1) : Engine
{
    public double Pressure { get; } = Check.Positive(pressure);

    public int Boilers { get; } = Check.AtLeast(1, boilers);
}

[Named("diesel", Alias = "oil")]
internal sealed class Diesel(float rate, FuelKind fuel = FuelKind.HeavyOil, params int[] pistonSizes) : Engine
{
    public float Rate { get; } = rate;

    public FuelKind Fuel { get; } = fuel;

    public int[] PistonSizes { get; } = [.. pistonSizes.Select(s => Check.AtLeast(1, s, nameof(pistonSizes)))];
}

[Named("hybrid")]
internal sealed class Hybrid(Engine first, Engine? second = null) : Engine
{
    public Engine First { get; } = first;

    public Engine? Second { get; } = second;
}

[Family("loads", Key = "load")]
internal abstract class Load;

[Named("coal")]
internal sealed class Coal(double weight) : Load
{
    public double Weight { get; } = weight;
}

internal sealed record Trim(string? color = null, bool shiny = false) : SpecRecord
{
    public string? Color { get; } = color;

    public bool Shiny { get; } = shiny;
}

internal sealed record Wagon([Inline] Part<Load> load, [Inline] Trim trim, int axles = 2) : SpecRecord
{
    public Part<Load> Load { get; } = load;

    public Trim Trim { get; } = trim;

    public int Axles { get; } = axles;
}

internal sealed record Brake([Shorthand] double force = 1, TimeSpan? delay = null) : SpecRecord
{
    public double Force { get; } = Check.NonNegative(force);

    public TimeSpan? Delay { get; } = delay;
}

internal sealed record Train(
    string name,
    Part<Engine> engine,
    Engine? helper = null,
    [Counts] IReadOnlyList<ulong>? numbers = null,
    IReadOnlyDictionary<string, Wagon>? wagons = null,
    IReadOnlyList<Part<Engine>>? spares = null,
    Brake? brake = null,
    long? mileage = null,
    double maxSpeed = 80,
    SpecNode? note = null) : SpecRecord
{
    public string Name { get; } = name;

    public Part<Engine> Engine { get; } = engine;

    public Engine? Helper { get; } = helper;

    public IReadOnlyList<ulong>? Numbers { get; } = numbers;

    public IReadOnlyDictionary<string, Wagon>? Wagons { get; } = wagons;

    public IReadOnlyList<Part<Engine>>? Spares { get; } = spares;

    public Brake? Brake { get; } = brake;

    public long? Mileage { get; } = mileage;

    public double MaxSpeed { get; } = Check.Positive(maxSpeed);

    public SpecNode? Note { get; } = note;
}

internal static class Garage
{
    public static PartCatalogue Catalogue { get; } = new(typeof(Garage).Assembly);

    public static Train Bind(string yaml) => Catalogue.Bind<Train>(SpecReader.Read("t.yaml", yaml));
}
