using System.Globalization;
using Graft.Data;
using Graft.Tensors;

namespace Graft.Models.Formats;

/// <summary>A model of TensorFlow Lite: tensors and the operators between them, in one file of FlatBuffers.</summary>
/// <remarks>
/// <para>Names and sizes stand as in the file: kernels of convolutions are [out, height, width, in], those that go over each channel alone [1, height, width, channels], of dense layers
/// [out, in]. Whole numbers with a scale are read as scale · (q - zero), one scale for a tensor or one for each place along an axis; numbers of half precision as they are. A name
/// that an earlier tensor has gets a number behind it.</para>
/// <para>Offsets, lengths and counts are bounded before memory is taken: reading takes at most 4 times the file and 16 MB. Numbers are read when they are wanted; the file stays
/// open as long as its tensors are in use, or until it is disposed of.</para>
/// </remarks>
public sealed class TensorFlowLiteFile : IDisposable
{
    private const int FormatVersion = 3;
    private const int MaxGraphs = 1000;
    private const int PerTensor = 400;
    private const int PerOperator = 250;
    private const long Spare = 12L << 20;

    private readonly Dictionary<string, NamedArray> _constants = new(StringComparer.Ordinal);
    private readonly List<TensorFlowLiteTensor> _tensors = [];
    private readonly List<TensorFlowLiteOperator> _operators = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly FileBytes _file;
    private long _room;

    private TensorFlowLiteFile(FileBytes file)
    {
        _file = file;
        _room = Spare + (4 * file.Length);
    }

    /// <summary>What the file says of itself; empty where it says nothing.</summary>
    public string Description { get; private set; } = "";

    /// <summary>All constants by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, NamedArray> Tensors => _constants;

    /// <summary>The tensors of the main graph, computed ones among them.</summary>
    internal IReadOnlyList<TensorFlowLiteTensor> Values => _tensors;

    /// <summary>The operators of the main graph, in the order in which they run.</summary>
    internal IReadOnlyList<TensorFlowLiteOperator> Operators => _operators;

    /// <summary>Places of what goes into the main graph.</summary>
    internal IReadOnlyList<int> Inputs { get; private set; } = [];

    /// <summary>Places of what comes out of the main graph.</summary>
    internal IReadOnlyList<int> Outputs { get; private set; } = [];

    /// <summary>Whether a file begins as one of this format.</summary>
    /// <param name="head">Its first 16 bytes, or all there are.</param>
    public static bool Recognizes(ReadOnlySpan<byte> head) => head.Length >= 8 && head[4..8].SequenceEqual("TFL3"u8);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It cannot be read or is damaged.</exception>
    public static TensorFlowLiteFile Open(string path) => Of(FileBytes.Open(path, isMapped: true));

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    internal static TensorFlowLiteFile Of(FileBytes bytes)
    {
        var file = new TensorFlowLiteFile(bytes);
        try
        {
            file.Read();
            return file;
        }
        catch (GraftInputException)
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <summary>What a report may say besides the tensors.</summary>
    internal IReadOnlyDictionary<string, string> Facts() => new Dictionary<string, string>
    {
        ["description"] = Description,
        ["inputs"] = string.Join(", ", Inputs.Select(i => Shown(_tensors[i]))),
        ["outputs"] = string.Join(", ", Outputs.Select(i => Shown(_tensors[i]))),
        ["operators"] = string.Join(", ", _operators.CountBy(o => o.Name).OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => FormattableString.Invariant($"{o.Value} {o.Key}"))),
    };

    private static string Shown(TensorFlowLiteTensor tensor) => string.Create(
        CultureInfo.InvariantCulture,
        $"{OnnxFile.Short(tensor.Name)} {tensor.Type} [{string.Join(", ", tensor.Sizes)}]{(tensor.Steps is { Scales: [float scale] } steps ? $" as {scale} * (q - {steps.Zeros[0]})" : "")}");

    private void Read()
    {
        var head = new byte[8];
        _file.Read(0, head, "a beginning");
        var model = FlatTable.Root(_file);
        if (!Recognizes(head) || model.Int32(0) != FormatVersion)
        {
            throw Damaged("version 3 of the format", FormattableString.Invariant($"version {model.Int32(0)}"));
        }

        FlatList codes = model.List(1, 4), graphs = model.List(2, 4), buffers = model.List(4, 4);
        Description = Text(model, 3);
        Pay(100L * codes.Count);
        string[] names = [.. Enumerable.Range(0, codes.Count).Select(i => NameOf(codes.Table(i)))];
        if (graphs.Count is 0 or > MaxGraphs)
        {
            throw Damaged($"1 to {MaxGraphs} graphs", FormattableString.Invariant($"{graphs.Count}"));
        }

        for (int i = 0; i < graphs.Count; i++)
        {
            FlatTable graph = graphs.Table(i);
            FlatList tensors = graph.List(0, 4);
            for (int k = 0; k < tensors.Count; k++)
            {
                TensorFlowLiteTensor tensor = Tensor(tensors.Table(k), buffers);
                if (i == 0)
                {
                    _tensors.Add(tensor);
                }
            }

            if (i == 0)
            {
                ReadGraph(graph, names);
            }
        }
    }

    private void ReadGraph(FlatTable graph, string[] names)
    {
        Inputs = Places(graph.List(1, 4));
        Outputs = Places(graph.List(2, 4));
        FlatList operators = graph.List(3, 4);
        for (int i = 0; i < operators.Count; i++)
        {
            FlatTable op = operators.Table(i);
            int code = op.Int32(0);
            Pay(PerOperator);
            _operators.Add(new TensorFlowLiteOperator(
                code >= 0 && code < names.Length ? names[code] : throw Damaged($"operators of {names.Length} kinds", FormattableString.Invariant($"kind {code}")),
                Places(op.List(1, 4), least: -1), Places(op.List(2, 4)), op.Table(4)));
        }
    }

    // Numbers up to 127 stand in an older field, which is as large as it can be where the newer one says more.
    private string NameOf(FlatTable code) => TensorFlowLiteOperator.NameOf(Math.Max((sbyte)code.Byte(0), code.Int32(3)), Text(code, 1));

    private string Text(FlatTable table, int field)
    {
        Pay(6L * table.List(field, 1).Count);
        return table.Text(field);
    }

    private int[] Places(FlatList list, int least = 0)
    {
        Pay(8L * list.Count);
        int[] places = list.Int32s();
        return Array.TrueForAll(places, p => p >= least && p < _tensors.Count) ? places
            : throw Damaged($"places of {_tensors.Count} tensors", FormattableString.Invariant($"{places.First(p => p < least || p >= _tensors.Count)}"));
    }

    private TensorFlowLiteTensor Tensor(FlatTable table, FlatList buffers)
    {
        FlatList shape = table.List(0, 4);
        Pay(PerTensor);
        string given = Text(table, 3), own = given.Length > 0 ? given : "tensor", shown = OnnxFile.Short(own);
        for (int i = 2; !_names.Add(own); i++)
        {
            own = string.Create(CultureInfo.InvariantCulture, $"{(given.Length > 0 ? given : "tensor")}:{i}");
            Pay(1000);      // many of one name are looked through again and again
        }

        int[] sizes = shape.Count <= Shape.MaxRank ? shape.Int32s() : throw Damaged($"'{shown}' with at most {Shape.MaxRank} axes", FormattableString.Invariant($"{shape.Count}"));
        long count = 1;
        foreach (int size in sizes)
        {
            count = size < 0 || count * size > int.MaxValue ? throw Damaged($"'{shown}' with at most 2147483647 numbers", $"[{string.Join(", ", sizes)}]") : count * size;
        }

        string type = TensorFlowLiteTensor.TypeOf(table.Byte(1));
        TensorFlowLiteSteps? steps = type is "U8" or "I8" or "I16" or "I32" or "I64" && table.Table(4) is { } quantization ? Steps(quantization, sizes, shown) : null;
        var tensor = new TensorFlowLiteTensor(own, sizes, type, null, steps);
        int buffer = table.Int32(2);
        if (buffer < 0 || buffer >= Math.Max(1, buffers.Count))
        {
            throw Damaged($"'{shown}' in one of {buffers.Count} buffers", FormattableString.Invariant($"buffer {buffer}"));
        }

        if (buffer == 0 || Stretch(buffers.Table(buffer)) is not ({ } at, > 0 and long bytes))
        {
            return tensor;
        }

        int width = NumberBytes.WidthOf(type);
        if (width == 0 || table.Table(6) is not null)
        {
            throw Damaged($"'{shown}' of numbers of a type that can be read", width == 0 ? type : "a sparse tensor");
        }

        if (bytes != count * width)
        {
            throw Damaged(string.Create(CultureInfo.InvariantCulture, $"'{shown}' {type} [{string.Join(", ", sizes)}] in {count * width} bytes"), FormattableString.Invariant($"{bytes}"));
        }

        Pay(4 * count);
        tensor = tensor with { Constant = tensor.Read(_file, at) };
        _constants.Add(own, tensor.Constant);
        return tensor;
    }

    // Buffers of models of more than 2 GB lie behind everything else.
    private (long At, long Bytes)? Stretch(FlatTable buffer)
    {
        FlatList data = buffer.List(0, 1);
        ulong offset = buffer.UInt64(1), size = buffer.UInt64(2);
        if (data.Count > 0 || offset <= 1 || size == 0)
        {
            return (data.Start, data.Count);
        }

        long at = (long)Math.Min(offset, long.MaxValue), bytes = (long)Math.Min(size, long.MaxValue);
        _file.Check(at, bytes, "a buffer");
        return (at, bytes);
    }

    private TensorFlowLiteSteps? Steps(FlatTable given, int[] sizes, string shown)
    {
        FlatList scales = given.List(2, 4), zeros = given.List(3, 8);
        Pay(4L * (scales.Count + zeros.Count));
        int axis = given.Int32(6);
        if (scales.Count == 0)
        {
            return null;
        }

        if (given.Byte(4) != 0 || zeros.Count > scales.Count
            || (scales.Count > 1 && (axis < 0 || axis >= sizes.Length || sizes[axis] != scales.Count || (zeros.Count is not (0 or 1) && zeros.Count != scales.Count))))
        {
            throw Damaged($"'{shown}' [{string.Join(", ", sizes)}] with a scale, or one for each place of an axis", FormattableString.Invariant($"{scales.Count} scales and {zeros.Count} zeros for axis {axis}"));
        }

        float[] numbers = scales.Numbers("F32");
        return !Array.TrueForAll(numbers, s => float.IsFinite(s) && s >= 0) ? throw Damaged($"'{shown}' with scales that are finite numbers >= 0", "others")
            : Array.TrueForAll(numbers, s => s == 0) ? null
            : new TensorFlowLiteSteps(numbers, zeros.Count == 0 ? [0f] : zeros.Numbers("I64"), axis);
    }

    private void Pay(long cost)
    {
        _room -= cost;
        if (_room < 0)
        {
            throw new GraftInputException(_file.Shown, "tensorflow-lite: expected a model, got one of more parts or numbers than a file of its size has.");
        }
    }

    private GraftInputException Damaged(string expected, string actual) => new(_file.Shown, $"tensorflow-lite: expected {expected}, got {actual}.");
}

internal sealed class TensorFlowLiteFormat : WeightFormat
{
    public override string Name => "tensorflow-lite";

    public override bool Recognizes(ReadOnlySpan<byte> head, string path) => TensorFlowLiteFile.Recognizes(head);

    public override IReadOnlyDictionary<string, NamedArray> Read(string path) => TensorFlowLiteFile.Open(path).Tensors;

    public override IReadOnlyDictionary<string, string> Facts(string path)
    {
        using var file = TensorFlowLiteFile.Open(path);
        return file.Facts();
    }
}
