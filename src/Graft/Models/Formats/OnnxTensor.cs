using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Graft.Data;
using Graft.Models.Formats.Onnx;
using Graft.Models.Graphs;

namespace Graft.Models.Formats;

/// <summary>Tensors of ONNX files: checked against their data before memory is taken.</summary>
internal static class OnnxTensor
{
    private const int MaxSmallIntegers = 1 << 20;      // a byte becomes eight

    /// <summary>The type's name as in safetensors, or null where its numbers cannot be read.</summary>
    public static string? TypeOf(TensorProto tensor) => (TensorProto.Types.DataType)tensor.DataType switch
    {
        TensorProto.Types.DataType.Float => "F32",
        TensorProto.Types.DataType.Float16 => "F16",
        TensorProto.Types.DataType.Bfloat16 => "BF16",
        TensorProto.Types.DataType.Double => "F64",
        TensorProto.Types.DataType.Uint8 => "U8",
        TensorProto.Types.DataType.Int8 => "I8",
        TensorProto.Types.DataType.Uint16 => "U16",
        TensorProto.Types.DataType.Int16 => "I16",
        TensorProto.Types.DataType.Int32 => "I32",
        TensorProto.Types.DataType.Int64 => "I64",
        TensorProto.Types.DataType.Uint32 => "U32",
        TensorProto.Types.DataType.Uint64 => "U64",
        TensorProto.Types.DataType.Bool => "BOOL",
        _ => null,
    };

    /// <summary>Whether numbers of that type are integers or truths.</summary>
    public static bool IsInteger(int type) =>
        TypeOf(new TensorProto { DataType = type }) is { } name && !name.Contains('F', StringComparison.Ordinal);

    /// <summary>Its numbers as floating point numbers.</summary>
    public static NamedArray Array(TensorProto tensor, OnnxData data)
    {
        (string type, int[] sizes, int count, (FileBytes File, long Start, long Length)? range) = Measure(tensor, data);
        if (range is { } place)
        {
            int width = NumberBytes.WidthOf(type);
            return new NamedArray(sizes, (start, into) => NumberBytes.Read(type, place.File, place.Start + (start * width), into)) { Type = type };
        }

        if (tensor.HasRawData)
        {
            ByteString raw = tensor.RawData;
            int size = NumberBytes.WidthOf(type);
            return new NamedArray(sizes, (start, into) => NumberBytes.Read(type, raw.Span.Slice(checked((int)(start * size)), into.Length * size), into)) { Type = type };
        }

        var values = new float[count];
        switch (type)
        {
            case "F32":
                tensor.FloatData.CopyTo(values, 0);
                break;
            case "F64":
                Fill(values, tensor.DoubleData, d => (float)d);
                break;
            case "F16":
                Fill(values, tensor.Int32Data, bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits));
                break;
            case "BF16":
                Fill(values, tensor.Int32Data, bits => BitConverter.Int32BitsToSingle(bits << 16));
                break;
            case "I64":
                Fill(values, tensor.Int64Data, i => (float)i);
                break;
            case "U32" or "U64":
                Fill(values, tensor.Uint64Data, i => (float)i);
                break;
            default:
                Fill(values, tensor.Int32Data, i => (float)i);
                break;
        }

        return new NamedArray(sizes, values) { Type = type };
    }

    /// <summary>Its numbers for a graph.</summary>
    public static GraphTensor ToGraph(TensorProto tensor, OnnxData data)
    {
        if (TypeOf(tensor) is not null && !IsInteger(tensor.DataType))
        {
            return new GraphTensor(Array(tensor, data));
        }

        (string type, int[] sizes, int count, (FileBytes File, long Start, long Length)? range) = Measure(tensor, data);

        if (count > MaxSmallIntegers && NumberBytes.WidthOf(type) < 8)
        {
            throw Wrong(tensor, data.Shown, $"at most {MaxSmallIntegers} integers of type {type} in a constant", Text(count));
        }

        var integers = new long[count];
        if (range is null && !tensor.HasRawData)
        {
            switch (type)
            {
                case "I64":
                    tensor.Int64Data.CopyTo(integers, 0);
                    break;
                case "U32" or "U64":
                    Fill(integers, tensor.Uint64Data, i => unchecked((long)i));
                    break;
                default:
                    Fill(integers, tensor.Int32Data, i => (long)i);
                    break;
            }
        }
        else
        {
            int width = NumberBytes.WidthOf(type);
            ReadOnlySpan<byte> bytes = range is { } place ? place.File.Take(place.Start, place.Length, "numbers") : tensor.RawData.Span;
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> one = bytes.Slice(i * width, width);
                integers[i] = type switch
                {
                    "I64" or "U64" => MemoryMarshal.Read<long>(one),
                    "I32" => MemoryMarshal.Read<int>(one),
                    "U32" => MemoryMarshal.Read<uint>(one),
                    "I16" => MemoryMarshal.Read<short>(one),
                    "U16" => MemoryMarshal.Read<ushort>(one),
                    "I8" => (sbyte)one[0],
                    _ => one[0],
                };
            }
        }

        return new GraphTensor(sizes, integers);
    }

    /// <summary>A message with the numbers as bytes.</summary>
    public static TensorProto ToMessage(string name, GraphTensor tensor)
    {
        var message = new TensorProto { Name = name, DataType = (int)(tensor.Values is null ? TensorProto.Types.DataType.Int64 : TensorProto.Types.DataType.Float) };
        message.Dims.AddRange(tensor.Sizes.Select(s => (long)s));
        byte[] bytes = tensor.Values is null ? MemoryMarshal.AsBytes<long>(tensor.Integers).ToArray() : MemoryMarshal.AsBytes<float>(tensor.Values).ToArray();
        message.RawData = UnsafeByteOperations.UnsafeWrap(bytes);
        return message;
    }

    // What a tensor says of itself, and where its numbers lie where that is not in the message.
    private static (string Type, int[] Sizes, int Count, (FileBytes File, long Start, long Length)? Range) Measure(TensorProto tensor, OnnxData data)
    {
        string file = data.Shown;
        string type = TypeOf(tensor) ?? throw Wrong(tensor, file, "numbers", $"type {Text(tensor.DataType)} of the ONNX standard");
        long count = 1;
        var sizes = new int[tensor.Dims.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            long size = tensor.Dims[i];
            if (size is < 0 or > int.MaxValue || (size > 0 && count > int.MaxValue / size) || sizes.Length > 16)
            {
                throw Wrong(tensor, file, "sizes of at most 2147483647 numbers", $"[{string.Join(", ", tensor.Dims.Take(16))}]");
            }

            sizes[i] = (int)size;
            count *= size;
        }

        if (data.RangeOf(tensor) is { } range)
        {
            bool fits = tensor.RangeField is 0 or TensorProto.RawDataFieldNumber || (type == "F32" && tensor.RangeField == TensorProto.FloatDataFieldNumber) || (type == "F64" && tensor.RangeField == TensorProto.DoubleDataFieldNumber);
            return fits && range.Length == count * NumberBytes.WidthOf(type)
                ? (type, sizes, (int)count, range)
                : throw Wrong(tensor, file, $"{Text(count * NumberBytes.WidthOf(type))} bytes for [{string.Join(", ", sizes)}]", Text(range.Length));
        }

        long there = tensor.HasRawData ? tensor.RawData.Length : type switch
        {
            "F32" => tensor.FloatData.Count,
            "F64" => tensor.DoubleData.Count,
            "I64" => tensor.Int64Data.Count,
            "U32" or "U64" => tensor.Uint64Data.Count,
            _ => tensor.Int32Data.Count,
        };
        long expected = tensor.HasRawData ? count * NumberBytes.WidthOf(type) : count;
        return there == expected
            ? (type, sizes, (int)count, null)
            : throw Wrong(tensor, file, $"{Text(expected)} {(tensor.HasRawData ? "bytes" : "numbers")} for [{string.Join(", ", sizes)}]", Text(there));
    }

    private static void Fill<TIn, TOut>(TOut[] to, RepeatedField<TIn> from, Func<TIn, TOut> convert)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = convert(from[i]);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    internal static GraftInputException Wrong(TensorProto tensor, string file, string expected, string actual) =>
        new(file, $"onnx: tensor '{OnnxFile.Short(tensor.Name)}': expected {expected}, got {actual}.");
}
