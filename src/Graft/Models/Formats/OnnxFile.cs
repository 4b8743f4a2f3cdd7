using System.Globalization;
using Google.Protobuf;
using Graft.Data;
using Graft.Models.Formats.Onnx;
using Graft.Models.Graphs;

namespace Graft.Models.Formats;

/// <summary>ONNX models: read as graphs of operators of version 17, and written.</summary>
/// <remarks>Reads operator sets 7 to 21 of the standard's own domain; older forms of operators are turned into those of version 17. Numbers of all types but
/// texts and complex ones are read, also those in files beside the model. Long arrays stay in the file, which is mapped, until they are wanted: see
/// <see cref="OnnxOutline"/>. Messages, depths, sizes and lengths are checked before memory is taken: reading takes at most 4 times the file and 16 MB.</remarks>
public static class OnnxFile
{
    private const int OldestOperators = 7;
    private const int NewestOperators = 21;
    private const int WrittenOperators = 17;
    private const int WrittenVersion = 8;
    private const long MaxBytes = int.MaxValue - (1L << 20);

    /// <summary>Reads a model.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It cannot be read, is damaged, or of another version.</exception>
    public static Graph Read(string path) => Opened(path, Read);

    /// <summary>Reads a model's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="GraftInputException">It is damaged, or of another version.</exception>
    public static Graph Read(byte[] bytes, string name) => Read(new FileBytes(bytes, name), null);

    private static Graph Read(FileBytes file, string? folder)
    {
        string name = file.Shown;
        ModelProto model = Parse(file);
        long version = model.OpsetImport.FirstOrDefault(o => o.Domain is "" or "ai.onnx")?.Version
            ?? throw new GraftInputException(name, "onnx: expected a model with a version of its operators, got none.");
        if (version is < OldestOperators or > NewestOperators)
        {
            throw new GraftInputException(name, string.Create(CultureInfo.InvariantCulture, $"onnx: expected operators of version {OldestOperators} to {NewestOperators}, got {version}."));
        }

        try
        {
            return new OnnxReader(model, version, new OnnxData(file, folder)).Read();
        }
        catch (GraftInputException e) when (e.Findings[0].File.Length == 0)
        {
            throw new GraftInputException(name, "onnx: " + e.Message, inner: e);
        }
    }

    /// <summary>Reads the weights of a model, by name: its initializers, and constants of several floating point numbers.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="GraftInputException">It is damaged.</exception>
    public static IReadOnlyDictionary<string, NamedArray> ReadWeights(byte[] bytes, string name) => ReadWeights(new FileBytes(bytes, name), null);

    /// <summary>Reads the weights of a model, by name: its initializers, and constants of several floating point numbers.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It cannot be read or is damaged.</exception>
    public static IReadOnlyDictionary<string, NamedArray> ReadWeights(string path) => Opened(path, ReadWeights);

    private static Dictionary<string, NamedArray> ReadWeights(FileBytes file, string? folder)
    {
        var data = new OnnxData(file, folder);
        string name = file.Shown;
        var tensors = new Dictionary<string, NamedArray>(StringComparer.Ordinal);
        GraphProto graph = Parse(file).Graph;
        foreach (NodeProto node in graph.Node)
        {
            if (node.OpType == "Constant" && node.Output.Count > 0 && node.Attribute.FirstOrDefault(a => a.Name == "value")?.T is { } tensor
                && OnnxTensor.TypeOf(tensor)?.Contains('F', StringComparison.Ordinal) == true && tensor.Dims.Any(d => d > 1))
            {
                tensors[node.Output[0]] = OnnxTensor.Array(tensor, data);
            }
        }

        foreach (TensorProto tensor in graph.Initializer)
        {
            if (!tensors.TryAdd(tensor.Name, OnnxTensor.Array(tensor, data)))
            {
                throw new GraftInputException(name, $"onnx: expected distinct names of weights, got '{Short(tensor.Name)}' twice.");
            }
        }

        return tensors;
    }

    /// <summary>Writes a model: version 8 of the format, version 17 of the operators. The file is replaced whole or not at all.</summary>
    /// <param name="graph">The model; its metadata goes into the file.</param>
    /// <param name="path">The file; its folder exists.</param>
    /// <exception cref="GraftInputException">It is larger than 2 GB, which the format does not allow.</exception>
    /// <exception cref="IOException">It cannot be written; the former file is kept.</exception>
    public static void Write(Graph graph, string path)
    {
        ArgumentNullException.ThrowIfNull(graph);
        long bytes = graph.Constants.Values.Sum(t => t.Count * (t.IsInteger ? 8L : 4L));
        if (bytes > MaxBytes)
        {
            throw new GraftInputException(path, string.Create(CultureInfo.InvariantCulture, $"onnx: expected a model of at most 2 GB, which the format allows, got {bytes / 1e9:0.0} GB."));
        }

        ModelProto model = ToMessage(graph);
        AtomicFile.Write(path, stream => model.WriteTo(stream));
    }

    /// <summary>Who wrote a model, with which operators, its inputs and outputs, and its metadata.</summary>
    internal static Dictionary<string, string> Facts(string path)
    {
        using FileBytes file = FileBytes.Open(path, isMapped: true);
        ModelProto model = Parse(file);
        var weights = model.Graph.Initializer.Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        var facts = new Dictionary<string, string>
        {
            ["writer"] = $"{model.ProducerName} {model.ProducerVersion}".Trim(),
            ["operators"] = string.Join(", ", model.OpsetImport.Select(o => string.Create(CultureInfo.InvariantCulture, $"{(o.Domain.Length == 0 ? "ai.onnx" : o.Domain)} {o.Version}"))),
            ["inputs"] = string.Join(", ", model.Graph.Input.Where(i => !weights.Contains(i.Name)).Select(Shown)),
            ["outputs"] = string.Join(", ", model.Graph.Output.Select(Shown)),
        };
        foreach (StringStringEntryProto entry in model.MetadataProps)
        {
            facts[entry.Key] = entry.Value;
        }

        return facts;
    }

    private static string Shown(ValueInfoProto value) =>
        $"{value.Name} [{string.Join(", ", value.Type?.TensorType?.Shape?.Dim.Select(d => d.DimParam.Length > 0 ? d.DimParam : d.DimValue.ToString(CultureInfo.InvariantCulture)) ?? [])}]";

    /// <summary>A name that fits a message.</summary>
    internal static string Short(string text) => (text.Length <= 60 ? text : text[..60] + "...").ReplaceLineEndings(" ");

    // The file stays open for what is read from it later.
    private static T Opened<T>(string path, Func<FileBytes, string?, T> read)
    {
        FileBytes file = FileBytes.Open(path, isMapped: true);
        try
        {
            return read(file, Path.GetDirectoryName(Path.GetFullPath(path)));
        }
        catch (GraftInputException)
        {
            file.Dispose();
            throw;
        }
    }

    private static ModelProto Parse(FileBytes file)
    {
        try
        {
            ModelProto model = ModelProto.Parser.WithDiscardUnknownFields(true).ParseFrom(OnnxOutline.Of(file));
            return model.Graph is null ? throw new GraftInputException(file.Shown, "onnx: expected a model, got one without a graph.") : model;
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new GraftInputException(file.Shown, $"onnx: expected a model, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }
    }

    private static ModelProto ToMessage(Graph graph)
    {
        var model = new ModelProto { IrVersion = WrittenVersion, ProducerName = "Graft", ProducerVersion = typeof(OnnxFile).Assembly.GetName().Version!.ToString(3), Graph = new GraphProto { Name = graph.Name } };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = WrittenOperators });
        model.MetadataProps.AddRange(graph.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => new StringStringEntryProto { Key = m.Key, Value = m.Value }));
        model.Graph.Input.AddRange(graph.Inputs.Select(ToMessage));
        model.Graph.Output.AddRange(graph.Outputs.Select(ToMessage));
        model.Graph.Initializer.AddRange(graph.Constants.Select(c => OnnxTensor.ToMessage(c.Key, c.Value)));
        foreach (GraphNode node in graph.Nodes)
        {
            var message = new NodeProto { Name = node.Name, OpType = node.Operator };
            message.Input.AddRange(node.Inputs);
            message.Output.AddRange(node.Outputs);
            message.Attribute.AddRange(node.Attributes.Select(a => ToMessage(a.Key, a.Value)));
            model.Graph.Node.Add(message);
        }

        return model;
    }

    private static ValueInfoProto ToMessage(GraphValue value)
    {
        var type = new TypeProto.Types.Tensor { ElemType = (int)(value.IsInteger ? TensorProto.Types.DataType.Int64 : TensorProto.Types.DataType.Float) };
        if (value.Sizes is { } sizes)
        {
            type.Shape = new TensorShapeProto();
            type.Shape.Dim.AddRange(sizes.Select((size, i) => size >= 0
                ? new TensorShapeProto.Types.Dimension { DimValue = size }
                : new TensorShapeProto.Types.Dimension { DimParam = i == 0 ? "batch" : string.Create(CultureInfo.InvariantCulture, $"{value.Name}_{i}") }));
        }

        return new ValueInfoProto { Name = value.Name, Type = new TypeProto { TensorType = type } };
    }

    private static AttributeProto ToMessage(string name, object value)
    {
        var message = new AttributeProto { Name = name };
        switch (value)
        {
            case long i:
                (message.I, message.Type) = (i, AttributeProto.Types.AttributeType.Int);
                break;
            case float f:
                (message.F, message.Type) = (f, AttributeProto.Types.AttributeType.Float);
                break;
            case string s:
                (message.S, message.Type) = (ByteString.CopyFromUtf8(s), AttributeProto.Types.AttributeType.String);
                break;
            case long[] list:
                message.Ints.AddRange(list);
                message.Type = AttributeProto.Types.AttributeType.Ints;
                break;
            case float[] list:
                message.Floats.AddRange(list);
                message.Type = AttributeProto.Types.AttributeType.Floats;
                break;
            case string[] list:
                message.Strings.AddRange(list.Select(ByteString.CopyFromUtf8));
                message.Type = AttributeProto.Types.AttributeType.Strings;
                break;
            case GraphTensor tensor:
                (message.T, message.Type) = (OnnxTensor.ToMessage("", tensor), AttributeProto.Types.AttributeType.Tensor);
                break;
            default:
                throw new ArgumentException($"OnnxFile: expected attribute '{name}' to be a long, float, string, a list of them or a tensor, got {value.GetType().Name}.");
        }

        return message;
    }
}

internal sealed class OnnxFormat : WeightFormat
{
    public override string Name => "onnx";

    // A model begins with the version of the format, field 1, and goes on with another of its first eight fields or the operators.
    public override bool Recognizes(ReadOnlySpan<byte> head, string path) =>
        path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || (head.Length > 2 && head[0] == 8 && head[1] is > 0 and < 32 && head[2] is 0x12 or 0x1a or 0x22 or 0x28 or 0x32 or 0x3a or 0x42);

    public override IReadOnlyDictionary<string, NamedArray> Read(string path) => OnnxFile.ReadWeights(path);

    public override IReadOnlyDictionary<string, string> Facts(string path) => OnnxFile.Facts(path);
}
