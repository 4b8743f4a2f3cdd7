using System.Globalization;
using Google.Protobuf.Reflection;
using Graft.Models.Formats.Onnx;

namespace Graft.Models.Formats;

/// <summary>Walks the bytes of an ONNX model before anything is made of them: how deep messages lie, and how much memory the small ones would take.</summary>
/// <remarks>A message of two bytes becomes an object of a hundred; a file of nothing else would take fifty times its size.</remarks>
internal ref struct OnnxBounds
{
    private const int MaxDepth = 24;
    private const int PerMessage = 200;
    private const int PerText = 48;
    private const int PerNumber = 24;
    private const long Spare = 8L << 20;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string _file;
    private long _cost;

    private OnnxBounds(ReadOnlySpan<byte> bytes, string file)
    {
        _bytes = bytes;
        _file = file;
    }

    /// <summary>Checks a whole file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="file">What messages call it.</param>
    /// <exception cref="GraftInputException">A length leaves the file, messages lie too deep, or there are too many small parts.</exception>
    public static void Check(ReadOnlySpan<byte> bytes, string file) => new OnnxBounds(bytes, file).Message(ModelProto.Descriptor, 0, bytes.Length, 0);

    private void Message(MessageDescriptor type, int start, int end, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Damaged("messages that lie deeper than ", MaxDepth);
        }

        Pay(PerMessage);
        int at = start;
        while (at < end)
        {
            ulong tag = Varint(ref at, end);
            if (tag is 0 or > uint.MaxValue)
            {
                throw Damaged("a broken field at byte ", at);
            }

            FieldDescriptor? field = type.FindFieldByNumber((int)(tag >> 3));
            switch (tag & 7)
            {
                case 0:
                    Varint(ref at, end);
                    Pay(field is { IsRepeated: true } ? PerNumber : 0);
                    break;
                case 1:
                    Skip(ref at, 8, end);
                    Pay(field is { IsRepeated: true } ? PerNumber : 0);
                    break;
                case 5:
                    Skip(ref at, 4, end);
                    Pay(field is { IsRepeated: true } ? PerNumber : 0);
                    break;
                case 2:
                    ulong length = Varint(ref at, end);
                    int from = at;
                    Skip(ref at, length, end);
                    Content(field, from, at, depth);
                    break;
                default:
                    throw Damaged("a group at byte ", at);
            }
        }
    }

    private void Content(FieldDescriptor? field, int from, int to, int depth)
    {
        switch (field?.FieldType)
        {
            case null:
                break;
            case FieldType.Message:
                Message(field.MessageType, from, to, depth + 1);
                break;
            case FieldType.String:
                Pay(PerText + (2L * (to - from)));
                break;
            case FieldType.Bytes:
                Pay(PerText);      // the numbers themselves are bounded by the file
                break;
            case FieldType.Float or FieldType.Double:
                Pay(PerNumber);
                break;
            default:
                long numbers = 0;
                foreach (byte b in _bytes[from..to])
                {
                    numbers += b < 0x80 ? 1 : 0;
                }

                Pay(PerNumber * numbers);
                break;
        }
    }

    private void Pay(long cost)
    {
        _cost += cost;
        if (_cost > Spare + _bytes.Length)
        {
            throw new GraftInputException(_file, "onnx: expected a model, got one of more small parts than a file of its size has.");
        }
    }

    private readonly ulong Varint(ref int at, int end)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (at >= end)
            {
                break;
            }

            byte b = _bytes[at++];
            value |= shift < 64 ? (ulong)(b & 0x7f) << shift : 0;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Damaged("a broken number at byte ", at);
    }

    private readonly void Skip(ref int at, ulong length, int end)
    {
        if (length > (ulong)(end - at))
        {
            throw Damaged("a part that leaves it at byte ", at);
        }

        at += (int)length;
    }

    private readonly GraftInputException Damaged(string what, int number) =>
        new(_file, $"onnx: expected a model, got {what}{number.ToString(CultureInfo.InvariantCulture)}.");
}
