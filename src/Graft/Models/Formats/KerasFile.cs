using System.Globalization;
using Graft.Data;
using Graft.Data.Hdf5;
using Graft.Data.Sources;

namespace Graft.Models.Formats;

/// <summary>A layer of a Keras file.</summary>
/// <param name="Name">Its name, such as "conv2d_1".</param>
/// <param name="Weights">Its weights in Keras' order, named as in <see cref="KerasFile.Tensors"/>; none for layers without weights.</param>
public sealed record KerasLayer(string Name, IReadOnlyList<KeyValuePair<string, NamedArray>> Weights);

/// <summary>The files that Keras writes: HDF5 of versions 1 and 2, weights alone or a whole model whose weights lie in the group "model_weights"; of version 3, .keras archives and
/// .weights.h5.</summary>
/// <remarks>
/// <para>Names and sizes stand as in the file: "conv1/kernel:0", kernels of convolutions [height, width, in, out], of dense layers [in, out]. Where two layers give their
/// weights the same names, the layer's name comes first. What an optimizer kept is passed over.</para>
/// <para>Version 3 numbers a layer's weights and calls the group by the layer's class: see <see cref="KerasVariables"/> for how they get names here: "conv1/kernel".</para>
/// <para>Numbers are read when they are wanted.</para>
/// </remarks>
public sealed class KerasFile : IDisposable
{
    private const int MaxParts = 10_000;

    private readonly Hdf5File _file;

    private KerasFile(Hdf5File file, KerasArchive? archive)
    {
        _file = file;
        if (archive is not null || (!HasNames(file) && KerasVariables.Recognizes(file)))
        {
            ModelConfig = archive?.Config;
            KerasVersion = archive is null ? "3" : archive.KerasVersion;
            Layers = KerasVariables.Read(file, ModelConfig, Hdf5Weights.Room(file) - (archive is null ? 0 : file.Bytes.Length));
            Tensors = Layers.SelectMany(l => l.Weights).ToDictionary(StringComparer.Ordinal);
            return;
        }

        ModelConfig = Text(file.Root, "model_config");
        Hdf5Object weights = file.Root.Find("model_weights") is { IsGroup: true } inner ? inner : file.Root;
        KerasVersion = Text(weights, "keras_version") ?? Text(file.Root, "keras_version");
        Layers = ReadLayers(weights);
        Tensors = Layers.SelectMany(l => l.Weights).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The model's layers and how they are joined, as JSON; null where the file holds weights alone.</summary>
    public string? ModelConfig { get; }

    /// <summary>The version of Keras that wrote the file; null where it does not say so, as those of version 1.</summary>
    public string? KerasVersion { get; }

    /// <summary>The layers, in the model's order.</summary>
    public IReadOnlyList<KerasLayer> Layers { get; }

    /// <summary>All weights by name, in the model's order.</summary>
    public IReadOnlyDictionary<string, NamedArray> Tensors { get; }

    /// <summary>Whether an HDF5 file holds layers as Keras writes them.</summary>
    /// <param name="path">An HDF5 file; a damaged one does not.</param>
    public static bool Recognizes(string path)
    {
        try
        {
            using var file = Hdf5File.Open(path, path);
            return HasNames(file) || KerasVariables.Recognizes(file);
        }
        catch (GraftInputException)
        {
            return false;
        }
    }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It cannot be read, is damaged, or no file of Keras.</exception>
    public static KerasFile Open(string path)
    {
        FileBytes bytes = FileBytes.Open(path, isMapped: true);
        try
        {
            using FileStream? stream = IsArchive(bytes) ? SourceFile.Open(path, path) : null;
            return Of(bytes, stream);
        }
        catch (GraftInputException)
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    internal static KerasFile Of(FileBytes bytes) => Of(bytes, IsArchive(bytes) ? new MemoryStream(bytes.Take(0, bytes.Length, "a file")) : null);

    private static KerasFile Of(FileBytes bytes, Stream? stream)
    {
        KerasArchive? archive = stream is null ? null : KerasArchive.Read(bytes, stream);
        var file = Hdf5File.Of(archive?.Weights ?? bytes);
        try
        {
            return new KerasFile(file, archive);
        }
        catch (GraftInputException)
        {
            file.Dispose();
            throw;
        }
    }

    private static bool IsArchive(FileBytes bytes) => bytes.Length > 4 && KerasArchive.Recognizes(bytes.Take(0, 4, "a file's beginning"));

    private static bool HasNames(Hdf5File file) => (file.Root.Find("model_weights") ?? file.Root).Attributes.Keys.Any(k => k is "layer_names" or "layer_names0");

    private List<KerasLayer> ReadLayers(Hdf5Object weights)
    {
        var layers = new List<(string Name, List<(string Name, NamedArray Array)> Weights)>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        long room = Hdf5Weights.Room(_file);
        foreach (string layer in Texts(weights, "layer_names") ?? throw _file.Error("expected the attribute layer_names of a Keras file, got none"))
        {
            Hdf5Object group = weights.Find(layer) is { IsGroup: true } found ? found : throw _file.Error($"expected a group for the layer '{layer}', got none");
            var own = new List<(string, NamedArray)>();
            foreach (string name in Texts(group, "weight_names") ?? [])
            {
                Hdf5Object array = group.Find(name) is { IsDataset: true } held && held.Dataset.IsNumeric ? held : throw _file.Error($"expected numbers for the weights '{name}' of the layer '{layer}', got none");
                own.Add((name, Hdf5Weights.Tensor(_file, array, name, ref room)));
                names[name] = names.GetValueOrDefault(name) + 1;
            }

            layers.Add((layer, own));
        }

        var distinct = new HashSet<string>(StringComparer.Ordinal);
        string Distinct(string layer, string name)
        {
            string full = names[name] == 1 ? name : $"{layer}/{name}";
            return distinct.Add(full) ? full : throw _file.Error($"expected distinct names, got '{full}' twice");
        }

        return [.. layers.Select(l => new KerasLayer(l.Name, [.. l.Weights.Select(w => KeyValuePair.Create(Distinct(l.Name, w.Name), w.Array))]))];
    }

    // A list that is too long for one attribute goes on as name0, name1, ...
    private static IReadOnlyList<string>? Texts(Hdf5Object at, string name)
    {
        if (at.Attributes.TryGetValue(name, out Hdf5Attribute? whole))
        {
            return whole.Texts();
        }

        var texts = new List<string>();
        for (int i = 0; i < MaxParts && at.Attributes.TryGetValue(name + i.ToString(CultureInfo.InvariantCulture), out Hdf5Attribute? part); i++)
        {
            texts.AddRange(part.Texts());
        }

        return texts.Count > 0 ? texts : null;
    }

    private static string? Text(Hdf5Object at, string name) =>
        at.Attributes.TryGetValue(name, out Hdf5Attribute? attribute) && (attribute.Type.IsText || attribute.Type.IsLongText) && attribute.Texts() is [string text] ? text : null;
}

internal sealed class KerasFormat : WeightFormat
{
    public override string Name => "keras";

    public override bool Recognizes(ReadOnlySpan<byte> head, string path) => KerasArchive.Recognizes(head)
        ? path.EndsWith(".keras", StringComparison.OrdinalIgnoreCase)
        : Hdf5Format.IsHdf5(head, path) && KerasFile.Recognizes(path);

    public override IReadOnlyDictionary<string, NamedArray> Read(string path) => KerasFile.Open(path).Tensors;

    public override IReadOnlyDictionary<string, string> Facts(string path)
    {
        using KerasFile file = KerasFile.Open(path);
        var facts = new Dictionary<string, string>
        {
            ["keras-version"] = file.KerasVersion ?? "1",
            ["layers"] = file.Layers.Count.ToString(CultureInfo.InvariantCulture),
        };
        if (file.ModelConfig is { } model)
        {
            facts["model-config"] = model;
        }

        return facts;
    }
}
