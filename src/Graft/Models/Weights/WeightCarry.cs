using Graft.Nn;
using Graft.Tensors;

namespace Graft.Models.Weights;

/// <summary>Carries weights by name from a source into a model.</summary>
public static class WeightCarry
{
    /// <summary>Carries the weights of a source.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="model">An initialized model; what is not carried keeps its first values.</param>
    /// <param name="reset">Layers, as prefixes of paths ("trunk.conv2", "heads"), that are made anew although the source has them.</param>
    public static CarryReport Carry(WeightSource source, Module model, IReadOnlyList<string>? reset = null)
    {
        var carried = new List<CarriedPath>();
        var anew = new List<CarriedPath>();
        var missing = new List<CarriedPath>();
        var wrong = new List<CarriedPath>();
        IReadOnlyDictionary<string, Tensor> target = model.StateDictionary();
        foreach ((string path, Tensor value) in target)
        {
            string shape = value.Shape.ToString();
            if (!source.Entries.TryGetValue(path, out WeightSource.Entry? found))
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
                value.Fill(found.CopyTo, found.Lend);
                carried.Add(new CarriedPath(path, shape) { Note = found.Note });
            }
        }

        var unexpected = source.Entries.Where(s => !target.ContainsKey(s.Key)).Select(s => new CarriedPath(s.Key, Shape.Create([.. s.Value.Sizes]).ToString()));
        return new CarryReport(source.Name, carried, anew, missing, [.. unexpected], wrong);
    }

    /// <summary>Carries what a file of pretrained weights has for the backbones of a model.</summary>
    /// <param name="source">As <see cref="WeightSource.For"/> gives it.</param>
    /// <param name="model">An initialized model.</param>
    /// <exception cref="GraftInputException">Nothing in the file fits.</exception>
    public static CarryReport CarryPretrained(WeightSource source, Module model) => RequireSome(Carry(source, model));

    /// <summary>Refuses a file that has nothing for a model that has weights.</summary>
    /// <param name="report">What became of its weights.</param>
    /// <exception cref="GraftInputException">Nothing was carried, or made anew because that was asked for.</exception>
    public static CarryReport RequireSome(CarryReport report) => report.Carried.Count + report.Reset.Count > 0 || report.Missing.Count + report.WrongShape.Count == 0
        ? report
        : throw new GraftInputException(
            report.Source,
            $"weights: expected tensors such as {Example(report.WrongShape.Concat(report.Missing))}, got none that fits but {Example(report.Unexpected)}. Is it another model's file? `graft inspect` shows what is in it.");

    /// <summary>Whether a path belongs to a layer: it is the layer, or begins with it and a dot.</summary>
    public static bool IsIn(string path, string layer) =>
        path.StartsWith(layer, StringComparison.Ordinal) && (path.Length == layer.Length || path[layer.Length] == '.');

    private static string Example(IEnumerable<CarriedPath> paths) => string.Join(", ", paths.Take(3).Select(p => $"{p.Path} {p.Shape}").DefaultIfEmpty("nothing"));
}
