using Graft.Models.Formats;
using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Memory;

namespace Graft.Models.Weights;

/// <summary>Weights that may be carried into a model: those of another model, or of a file.</summary>
public sealed class WeightSource
{
    private readonly Dictionary<string, Entry> _entries;

    private WeightSource(string name, Dictionary<string, Entry> entries)
    {
        Name = name;
        _entries = entries;
    }

    /// <summary>What reports and messages call it.</summary>
    public string Name { get; }

    internal IReadOnlyDictionary<string, Entry> Entries => _entries;

    /// <summary>The weights of a model, under their paths.</summary>
    /// <param name="model">An initialized model; read when the weights are carried.</param>
    /// <param name="name">What reports call it.</param>
    public static WeightSource Of(Module model, string name) => Of(model.StateDictionary(), name);

    /// <summary>Values by path, as <see cref="Module.StateDictionary"/> gives them.</summary>
    /// <param name="values">The values.</param>
    /// <param name="name">What reports call them.</param>
    public static WeightSource Of(IReadOnlyDictionary<string, Tensor> values, string name) =>
        new(name, values.ToDictionary(v => v.Key, v => Of(v.Value), StringComparer.Ordinal));

    /// <summary>Arrays of a file by name.</summary>
    /// <param name="arrays">The arrays.</param>
    /// <param name="name">What reports call them.</param>
    public static WeightSource Of(IReadOnlyDictionary<string, NamedArray> arrays, string name) =>
        new(name, arrays.ToDictionary(a => a.Key, a => new Entry(a.Value.Sizes, a.Value.CopyTo) { Lend = a.Value.Lend }, StringComparer.Ordinal));

    /// <summary>The weights of a file for every backbone in a model, in the backbone's own names and layouts, under the backbone's path.</summary>
    /// <param name="file">The file.</param>
    /// <param name="model">The model; a backbone that stands in it several times, such as experts, starts from the same weights each time.</param>
    /// <param name="name">What reports call it.</param>
    /// <exception cref="GraftInputException">The file is not one of such a backbone.</exception>
    public static WeightSource For(Module model, WeightFile file, string name)
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach ((string path, Backbone backbone) in Trunks(model))
        {
            foreach ((string own, NamedArray array) in backbone.Translate(OfTrunk(file, backbone)))
            {
                entries[path.Length == 0 ? own : $"{path}.{own}"] = new Entry(array.Sizes, array.CopyTo, array.Note) { Lend = array.Lend };
            }
        }

        return new WeightSource(name, entries);
    }

    // A model that was trained here holds its backbone as its trunk, beside the heads.
    private static WeightFile OfTrunk(WeightFile file, Backbone backbone)
    {
        const string Trunk = "trunk.";
        bool isModel = file.Format is "graft" or "safetensors"
            && file.Tensors.Keys.Any(n => n.StartsWith(Trunk, StringComparison.Ordinal))
            && file.Tensors.Keys.All(n => n.StartsWith(Trunk, StringComparison.Ordinal) || n.StartsWith("heads.", StringComparison.Ordinal))
            && !backbone.NamedParameters().Any(p => p.Path.StartsWith(Trunk, StringComparison.Ordinal));
        return isModel
            ? new WeightFile(file.Format, file.Tensors.ToDictionary(t => t.Key.StartsWith(Trunk, StringComparison.Ordinal) ? t.Key[Trunk.Length..] : t.Key, t => t.Value, StringComparer.Ordinal))
            : file;
    }

    // A backbone within another is a part of it; what only puts backbones together has no weights in files.
    private static IEnumerable<(string Path, Backbone Backbone)> Trunks(Module model)
    {
        var taken = new List<string>();
        foreach ((string path, Module module) in model.NamedModules())
        {
            if (module is Backbone { TakesWeights: true } backbone && !taken.Exists(t => t.Length == 0 || WeightCarry.IsIn(path, t)))
            {
                taken.Add(path);
                yield return (path, backbone);
            }
        }
    }

    private static Entry Of(Tensor value)
    {
        float[]? values = null;
        return new Entry([.. value.Shape.Sizes], (start, into) => (values ??= value.ToArray()).AsSpan((int)start, into.Length).CopyTo(into));
    }

    internal sealed record Entry(IReadOnlyList<int> Sizes, Action<long, Span<float>> CopyTo, string? Note = null)
    {
        /// <summary>Shows numbers where they lie; null where they have to be copied.</summary>
        public NumberLender? Lend { get; init; }
    }
}
