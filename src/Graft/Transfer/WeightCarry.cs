using Graft.Models.Formats;
using Graft.Nn;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Carries weights by name from a source into a model.</summary>
public static class WeightCarry
{
    /// <summary>Carries the weights of another model.</summary>
    /// <param name="source">The source's values by path, as <see cref="Module.StateDictionary"/> gives them.</param>
    /// <param name="name">What the report calls the source.</param>
    /// <param name="model">An initialized model; what is not carried keeps its first values.</param>
    /// <param name="reset">Layers, as prefixes of paths ("trunk.conv2", "heads"), that are made anew although the source has them.</param>
    public static CarryReport Carry(IReadOnlyDictionary<string, Tensor> source, string name, Module model, IReadOnlyList<string>? reset = null) =>
        Carry(source.ToDictionary(s => s.Key, s => new Found([.. s.Value.Shape.Sizes], s.Value.ToArray), StringComparer.Ordinal), name, model, reset);

    /// <summary>Carries the weights of a file.</summary>
    /// <param name="source">What the file holds.</param>
    /// <param name="name">What the report calls the source.</param>
    /// <param name="model">An initialized model; what is not carried keeps its first values.</param>
    /// <param name="reset">Layers, as prefixes of paths, that are made anew although the source has them.</param>
    public static CarryReport Carry(IReadOnlyDictionary<string, NamedArray> source, string name, Module model, IReadOnlyList<string>? reset = null) =>
        Carry(source.ToDictionary(s => s.Key, s => new Found(s.Value.Sizes, () => s.Value.Values), StringComparer.Ordinal), name, model, reset);

    /// <summary>Whether a path belongs to a layer: it is the layer, or begins with it and a dot.</summary>
    public static bool IsIn(string path, string layer) =>
        path.StartsWith(layer, StringComparison.Ordinal) && (path.Length == layer.Length || path[layer.Length] == '.');

    private static CarryReport Carry(Dictionary<string, Found> source, string name, Module model, IReadOnlyList<string>? reset)
    {
        var carried = new List<CarriedPath>();
        var anew = new List<CarriedPath>();
        var missing = new List<CarriedPath>();
        var wrong = new List<CarriedPath>();
        IReadOnlyDictionary<string, Tensor> target = model.StateDictionary();
        foreach ((string path, Tensor value) in target)
        {
            string shape = value.Shape.ToString();
            if (!source.TryGetValue(path, out Found? found))
            {
                missing.Add(new CarriedPath(path, shape));
            }
            else if (reset?.Any(layer => IsIn(path, layer)) == true)
            {
                anew.Add(new CarriedPath(path, shape));
            }
            else if (!value.Shape.Sizes.SequenceEqual([.. found.Sizes]))
            {
                wrong.Add(new CarriedPath(path, shape, Shape.Create([.. found.Sizes]).ToString()));
            }
            else
            {
                value.Assign(found.Values());
                carried.Add(new CarriedPath(path, shape));
            }
        }

        var unexpected = source.Where(s => !target.ContainsKey(s.Key)).Select(s => new CarriedPath(s.Key, Shape.Create([.. s.Value.Sizes]).ToString()));
        return new CarryReport(name, carried, anew, missing, [.. unexpected], wrong);
    }

    private sealed record Found(IReadOnlyList<int> Sizes, Func<float[]> Values);
}
