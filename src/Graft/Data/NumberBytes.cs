using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Graft.Data;

/// <summary>Numbers as files hold them: bytes of a type that is named as in safetensors.</summary>
internal static class NumberBytes
{
    private const int Block = 1 << 20;

    /// <summary>Bytes of one number, or 0 where the type is unknown.</summary>
    /// <param name="type">Such as F32, BF16 or I64.</param>
    public static int WidthOf(string type) => type switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" => 1,
        _ => 0,
    };

    /// <summary>Reads numbers as single precision.</summary>
    /// <param name="type">One whose width is known.</param>
    /// <param name="bytes">At least as many as the numbers need.</param>
    /// <param name="values">Gets them.</param>
    /// <param name="isBigEndian">Whether each number has its highest byte first.</param>
    public static void Read(string type, ReadOnlySpan<byte> bytes, Span<float> values, bool isBigEndian = false)
    {
        int width = WidthOf(type);
        bytes = bytes[..checked(values.Length * width)];
        if (isBigEndian == BitConverter.IsLittleEndian && width > 1)
        {
            ReadSwapped(type, bytes, values, width, isBigEndian);
            return;
        }

        switch (type)
        {
            case "F32": bytes.CopyTo(MemoryMarshal.AsBytes(values)); break;
            case "F64": Convert<double>(bytes, values); break;
            case "F16": Convert<Half>(bytes, values); break;
            case "BF16": ConvertBrain(bytes, values); break;
            case "I64": Convert<long>(bytes, values); break;
            case "U64": Convert<ulong>(bytes, values); break;
            case "I32": Convert<int>(bytes, values); break;
            case "U32": Convert<uint>(bytes, values); break;
            case "I16": Convert<short>(bytes, values); break;
            case "U16": Convert<ushort>(bytes, values); break;
            case "BOOL": ConvertTruth(bytes, values); break;
            case "I8": Convert<sbyte>(bytes, values); break;
            default: Convert<byte>(bytes, values); break;
        }
    }

    /// <summary>Reads numbers of a file as single precision: those that are so in the file straight into place, others block by block.</summary>
    /// <param name="type">One whose width is known.</param>
    /// <param name="file">The file.</param>
    /// <param name="at">0-based offset of the first.</param>
    /// <param name="values">Gets them.</param>
    /// <param name="isBigEndian">Whether each number has its highest byte first.</param>
    /// <exception cref="GraftInputException">The file ends before.</exception>
    public static void Read(string type, FileBytes file, long at, Span<float> values, bool isBigEndian = false)
    {
        if (type == "F32" && isBigEndian != BitConverter.IsLittleEndian)
        {
            for (int done = 0; done < values.Length; done += 1 << 28)       // a span of bytes has at most 2^31
            {
                Span<float> some = values[done..Math.Min(values.Length, done + (1 << 28))];
                file.Read(at + (4L * done), MemoryMarshal.AsBytes(some), "numbers");
            }

            return;
        }

        int width = WidthOf(type), most = Block / width;
        for (int done = 0; done < values.Length; done += most)
        {
            Span<float> some = values[done..Math.Min(values.Length, done + most)];
            using FileWindow window = file.Window(at + ((long)width * done), some.Length * width, "numbers");
            Read(type, window.Bytes, some, isBigEndian);
        }
    }

    private static void ReadSwapped(string type, ReadOnlySpan<byte> bytes, Span<float> values, int width, bool isBigEndian)
    {
        Span<byte> block = stackalloc byte[4096];
        int most = block.Length / width;
        for (int done = 0; done < values.Length; done += most)
        {
            Span<float> some = values[done..Math.Min(values.Length, done + most)];
            ReadOnlySpan<byte> from = bytes.Slice(done * width, some.Length * width);
            Span<byte> to = block[..from.Length];
            switch (width)
            {
                case 2: BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(from), MemoryMarshal.Cast<byte, ushort>(to)); break;
                case 4: BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(from), MemoryMarshal.Cast<byte, uint>(to)); break;
                default: BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ulong>(from), MemoryMarshal.Cast<byte, ulong>(to)); break;
            }

            Read(type, to, some, !isBigEndian);
        }
    }

    private static void Convert<T>(ReadOnlySpan<byte> bytes, Span<float> values)
        where T : unmanaged, INumberBase<T>
    {
        ReadOnlySpan<T> from = MemoryMarshal.Cast<byte, T>(bytes);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = float.CreateTruncating(from[i]);
        }
    }

    private static void ConvertTruth(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = bytes[i] == 0 ? 0 : 1;
        }
    }

    private static void ConvertBrain(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        ReadOnlySpan<ushort> from = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BitConverter.Int32BitsToSingle(from[i] << 16);
        }
    }
}
