using Graft.Models;
using Graft.Models.Graphs;
using Graft.Models.Weights;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tasks;

namespace Graft.Transfer.Plans;

/// <summary>How much of a source model a new model takes over, and what of it may change.</summary>
[Family("plans")]
public abstract class TransferPlan : IArm
{
    // Stands for all batch normalization of the trunk, where layers are named.
    private const string Norms = "norms";

    /// <summary>Whether it needs a source model.</summary>
    public abstract bool UsesSource { get; }

    /// <summary>Carries weights into a model and freezes what shall stay.</summary>
    /// <param name="model">An initialized model of the new tasks.</param>
    /// <param name="source">The weights of the source; null where <see cref="UsesSource"/> is false.</param>
    /// <returns>What became of every weight; null where nothing is carried.</returns>
    /// <exception cref="GraftInputException">A layer is named that the model does not have, or weights of a layer that shall stay do not fit.</exception>
    public abstract CarryReport? Prepare(TaskModel model, WeightSource? source);

    /// <summary>Carries the weights of a model into another and freezes what shall stay.</summary>
    /// <param name="model">An initialized model of the new tasks.</param>
    /// <param name="source">The source model; null where <see cref="UsesSource"/> is false.</param>
    /// <param name="name">What the report calls the source.</param>
    /// <returns>What became of every weight; null where nothing is carried.</returns>
    /// <exception cref="GraftInputException">A layer is named that the model does not have, or weights of a layer that shall stay do not fit.</exception>
    public CarryReport? Prepare(TaskModel model, TaskModel? source, string name) => Prepare(model, source is null ? null : WeightSource.Of(source, name));

    /// <summary>Looks whether what the plan names is there, before anything is trained.</summary>
    /// <param name="model">A model of the new tasks; stays as it is.</param>
    /// <exception cref="GraftInputException">The model has no such layer, or a class no such output.</exception>
    public virtual void Check(TaskModel model)
    {
    }

    // Heads of tasks that are rehearsed are not in the model yet.
    private protected static void CheckLayers(TaskModel model, IReadOnlyList<string> layers)
    {
        foreach (string layer in layers.Where(l => l != Norms && !WeightCarry.IsIn(l, "heads")))
        {
            PathOf(model, layer);
        }

        if (layers.Contains(Norms))
        {
            NormsOf(model);
        }
    }

    private protected static CarryReport CarryInto(TaskModel model, WeightSource? source, IReadOnlyList<string>? reset)
    {
        ArgumentNullException.ThrowIfNull(source);
        string[] layers = [.. (reset ?? []).Select(l => PathOf(model, l))];
        return WeightCarry.Carry(source, model, layers);
    }

    /// <summary>Freezes layers of the trunk or sets them free.</summary>
    private protected static void Freeze(TaskModel model, IReadOnlyList<string>? layers, bool frozen)
    {
        foreach (string layer in layers ?? [])
        {
            if (layer == Norms)
            {
                Array.ForEach(NormsOf(model), n => n.Freeze(frozen));
                continue;
            }

            string path = PathOf(model, layer);
            foreach ((string name, Module module) in model.NamedModules())
            {
                if (WeightCarry.IsIn(name, path))
                {
                    module.Freeze(frozen);
                }
            }
        }
    }

    // Layers of graphs are told by their running statistics.
    private static Module[] NormsOf(TaskModel model)
    {
        Module[] norms = [.. model.NamedModules().Where(m => WeightCarry.IsIn(m.Path, "trunk") && m.Module is BatchNorm or GraphLayer { HasStatistics: true }).Select(m => m.Module)];
        return norms.Length > 0 ? norms : throw new GraftInputException("", $"layers: expected batch normalization in {model.Trunk} for '{Norms}', got none.");
    }

    /// <summary>Refuses to keep a layer frozen that starts anew because the source lacks it or has it in another shape: it would never learn.</summary>
    private protected static CarryReport CheckFrozen(TaskModel model, CarryReport report)
    {
        var lost = report.Missing.Concat(report.WrongShape).ToLookup(p => model.Trunk.Layers.FirstOrDefault(l => WeightCarry.IsIn(p.Path, "trunk." + l)) ?? "");
        Finding[] findings =
        [
            .. from layer in model.Trunk.Layers
               where lost.Contains(layer) && model.NamedModules().Any(m => m.Module.IsFrozen && WeightCarry.IsIn(m.Path, "trunk." + layer))
               select new Finding(report.Source, 0, 0, $"expected the weights of a frozen layer to fit, got {lost[layer].First()}. {(layer == model.Trunk.Layers[0] ? "Encode both data alike (inputs-of in an experiment file), or use" : "Use")} reset: [{layer}]."),
        ];
        return findings.Length == 0 ? report : throw new GraftInputException(findings);
    }

    // A layer by its name, or all whose names begin with one and a dot: "layer1" for layer1.0 and layer1.1.
    private static string PathOf(TaskModel model, string layer)
    {
        Backbone trunk = model.Trunk;
        return trunk.Layers.Any(l => WeightCarry.IsIn(l, layer)) ? "trunk." + layer
            : layer is "heads" || model.Heads.Keys.Any(h => layer == "heads." + h) ? layer
            : throw new GraftInputException("", $"layers: expected layers of {trunk} ({(trunk.Layers.Count == 0 ? "it has none" : string.Join(", ", trunk.Layers))}) or heads, got '{layer}'.");
    }
}
