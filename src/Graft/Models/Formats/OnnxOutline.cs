using System.Globalization;
using Google.Protobuf.Reflection;
using Graft.Data;
using Graft.Models.Formats.Onnx;

namespace Graft.Models.Formats;

/// <summary>Walks the bytes of an ONNX model and copies them but for long arrays of numbers, of which it writes where they lie in the file.</summary>
/// <remarks>
/// <para>So the parts of a model that become objects are small, whatever its weights are; numbers are read from the file when they are wanted. Lengths of messages that
/// become shorter are written in five bytes, which readers take as they are.</para>
/// <para>A message of two bytes becomes an object of a hundred; a file of nothing else would take fifty times its size: what the small parts cost in memory is
/// counted on the way, and how deep messages lie.</para>
/// </remarks>
internal sealed class OnnxOutline
{
    private const int MaxDepth = 24;
    private const int PerMessage = 200;
    private const int PerText = 48;
    private const int PerNumber = 24;
    private const long Spare = 8L << 20;
    private const int Long = 4096;           // bytes from which on numbers stay in the file
    private const int LengthBytes = 5;

    private readonly FileCursor _file;
    private readonly MemoryStream _copy;
    private long _cost;

    private OnnxOutline(FileBytes file, MemoryStream copy)
    {
        _file = new FileCursor(file);
        _copy = copy;
    }

    /// <summary>Makes the copy.</summary>
    /// <param name="file">The file.</param>
    /// <returns>A model whose long tensors have a range in place of their numbers.</returns>
    /// <exception cref="GraftInputException">A length leaves the file, messages lie too deep, or there are too many small parts.</exception>
    public static ReadOnlySpan<byte> Of(FileBytes file)
    {
        using var copy = new MemoryStream();
        new OnnxOutline(file, copy).Message(ModelProto.Descriptor, file.Length, 0);
        return copy.GetBuffer().AsSpan(0, (int)copy.Length);
    }

    private void Message(MessageDescriptor type, long end, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Damaged("messages that lie deeper than ", MaxDepth);
        }

        Pay(PerMessage);
        while (_file.Position < end)
        {
            ulong tag = Varint(end);
            if (tag is 0 or > uint.MaxValue)
            {
                throw Damaged("a broken field at byte ", _file.Position);
            }

            FieldDescriptor? field = type.FindFieldByNumber((int)(tag >> 3));
            bool isOurs = field is not null && type == TensorProto.Descriptor && field.FieldNumber >= TensorProto.RangeFieldFieldNumber;      // no file has them
            switch (tag & 7)
            {
                case 0:
                    ulong value = Varint(end);
                    Pay(field is { IsRepeated: true } ? PerNumber : 0);
                    if (!isOurs)
                    {
                        Write(tag);
                        Write(value);
                    }

                    break;
                case 1 or 5:
                    Pay(field is { IsRepeated: true } ? PerNumber : 0);
                    Write(tag);
                    Copy((tag & 7) == 1 ? 8 : 4, end);
                    break;
                case 2:
                    ulong length = Varint(end);
                    if (length > (ulong)(end - _file.Position))
                    {
                        throw Damaged("a part that leaves it at byte ", _file.Position);
                    }

                    Content(type, field, tag, (long)length, depth);
                    break;
                default:
                    throw Damaged("a group at byte ", _file.Position);
            }
        }
    }

    private void Content(MessageDescriptor type, FieldDescriptor? field, ulong tag, long length, int depth)
    {
        bool isNumbers = type == TensorProto.Descriptor && field?.FieldNumber is TensorProto.RawDataFieldNumber or TensorProto.FloatDataFieldNumber or TensorProto.DoubleDataFieldNumber;
        if (isNumbers && length >= Long)
        {
            Pay(PerText);
            WriteNumber(TensorProto.RangeFieldFieldNumber, (ulong)field!.FieldNumber);
            WriteNumber(TensorProto.RangeStartFieldNumber, (ulong)_file.Position);
            WriteNumber(TensorProto.RangeBytesFieldNumber, (ulong)length);
            _file.Skip(length, "numbers");
            return;
        }

        Write(tag);
        switch (field?.FieldType)
        {
            case FieldType.Message when length >= Long:
                long at = _copy.Length;
                _copy.Write(stackalloc byte[LengthBytes]);
                Message(field.MessageType, _file.Position + length, depth + 1);
                Patch(at, _copy.Length - at - LengthBytes);
                return;
            case FieldType.Message:
                Write((ulong)length);
                Message(field.MessageType, _file.Position + length, depth + 1);
                return;
            case FieldType.String:
                Pay(PerText + (2 * length));
                break;
            case FieldType.Bytes:
                Pay(PerText);      // the numbers themselves are bounded by the file
                break;
            case null:
                break;
            case FieldType.Float or FieldType.Double:
                Pay(PerNumber);
                break;
            default:
                Write((ulong)length);
                CopyIntegers(length);
                return;
        }

        Write((ulong)length);
        Copy(length, long.MaxValue);
    }

    private void CopyIntegers(long length)
    {
        for (long left = length; left > 0;)
        {
            ReadOnlySpan<byte> some = _file.Take(Math.Min(left, FileCursor.Ahead), "integers");
            long numbers = 0;
            foreach (byte b in some)
            {
                numbers += b < 0x80 ? 1 : 0;
            }

            Pay(PerNumber * numbers);
            _copy.Write(some);
            left -= some.Length;
        }
    }

    private void Copy(long length, long end)
    {
        if (length > end - _file.Position)
        {
            throw Damaged("a part that leaves it at byte ", _file.Position);
        }

        for (long left = length; left > 0;)
        {
            ReadOnlySpan<byte> some = _file.Take(Math.Min(left, FileCursor.Ahead), "a part");
            _copy.Write(some);
            left -= some.Length;
        }
    }

    private void Pay(long cost)
    {
        _cost += cost;
        if (_cost > Spare + _file.File.Length || _copy.Length > Array.MaxLength / 2)
        {
            throw new GraftInputException(_file.File.Shown, "onnx: expected a model, got one of more small parts than a file of its size has.");
        }
    }

    private void WriteNumber(int field, ulong value)
    {
        Write((ulong)field << 3);
        Write(value);
    }

    private void Write(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _copy.WriteByte((byte)(value | 0x80));
        }

        _copy.WriteByte((byte)value);
    }

    // A length in as many bytes as were left for it.
    private void Patch(long at, long length)
    {
        Span<byte> place = _copy.GetBuffer().AsSpan((int)at, LengthBytes);
        for (int i = 0; i < LengthBytes; i++, length >>= 7)
        {
            place[i] = (byte)((length & 0x7F) | (i < LengthBytes - 1 ? 0x80L : 0));
        }
    }

    private ulong Varint(long end)
    {
        ulong value = 0;
        ReadOnlySpan<byte> bytes = _file.Peek((int)Math.Min(10, end - _file.Position));
        for (int i = 0; i < bytes.Length; i++)
        {
            value |= i < 10 ? (ulong)(bytes[i] & 0x7f) << (7 * i) : 0;
            if (bytes[i] < 0x80)
            {
                _file.Skip(i + 1, "a number");
                return value;
            }
        }

        throw Damaged("a broken number at byte ", _file.Position);
    }

    private GraftInputException Damaged(string what, long number) =>
        new(_file.File.Shown, $"onnx: expected a model, got {what}{number.ToString(CultureInfo.InvariantCulture)}.");
}
