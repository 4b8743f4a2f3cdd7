using Graft.Models.Formats;

namespace Graft.Models.Graphs;

/// <summary>Files that hold a graph of operators: ONNX, TensorFlow Lite, full Keras models (HDF5 and .keras) and layers models of TensorFlow.js.</summary>
public static class GraphFile
{
    /// <summary>Reads a file; which format it is, its first bytes and its name say.</summary>
    /// <param name="path">The file; of TensorFlow.js the model.json.</param>
    /// <exception cref="GraftInputException">It cannot be read, is damaged, holds weights alone, or layers of kinds that are not known.</exception>
    public static Graph Read(string path) => ReadSource(path).Graph;

    internal static GraphSource ReadSource(string path)
    {
        var head = new byte[16];
        try
        {
            using FileStream stream = File.OpenRead(path);
            int read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            head = head[..read];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraftInputException(path, $"graph: expected a readable file, got: {e.Message}", inner: e);
        }

        return head is [0x89, (byte)'H', (byte)'D', (byte)'F', ..] || KerasArchive.Recognizes(head) ? Keras(path)
            : TensorFlowLiteFile.Recognizes(head) ? TensorFlowLite(path)
            : path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? TensorFlowJs(path)
            : path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || new OnnxFormat().Recognizes(head, path) ? new GraphSource(OnnxFile.Read(path), new Dictionary<string, WeightOrigin>())
            : throw new GraftInputException(path, "graph: expected an ONNX file, one of TensorFlow Lite, a full model of Keras or a model.json of TensorFlow.js, got a file of another format.");
    }

    private static GraphSource Keras(string path)
    {
        using var file = KerasFile.Open(path);
        var layers = new Dictionary<string, IReadOnlyList<KeyValuePair<string, NamedArray>>>(StringComparer.Ordinal);
        foreach (KerasLayer layer in file.Layers)
        {
            layers[layer.Name] = layer.Weights;
        }

        return KerasGraph.Read(file.ModelConfig ?? throw WeightsAlone(path), layers, path, file.KerasVersion);
    }

    private static GraphSource TensorFlowLite(string path)
    {
        using var file = TensorFlowLiteFile.Open(path);
        return TensorFlowLiteGraph.Read(file, path);
    }

    // Weights are called "layer/kernel"; a layer's own name may have such parts too.
    private static GraphSource TensorFlowJs(string path)
    {
        using var file = TensorFlowJsFile.Open(path);
        var layers = file.Tensors.GroupBy(t => t.Key[..Math.Max(0, t.Key.LastIndexOf('/'))], StringComparer.Ordinal)
            .ToDictionary(g => g.Key, IReadOnlyList<KeyValuePair<string, NamedArray>> (g) => [.. g], StringComparer.Ordinal);
        return KerasGraph.Read(file.ModelConfig ?? throw WeightsAlone(path), layers, path);
    }

    private static GraftInputException WeightsAlone(string path) =>
        new(path, "graph: expected a model with a description of its layers, got weights alone. Name the network they belong to, and the file as its weights.");
}
