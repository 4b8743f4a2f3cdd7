using System.Buffers.Binary;

namespace Graft.Data.Sources;

/// <summary>A sound in a WAV file: whole numbers of 8, 16, 24 or 32 bits, or floats of 32 bits; several channels are mixed to their mean.</summary>
/// <param name="Rate">Samples a second; 1,000 to 768,000.</param>
/// <param name="Samples">About −1 to 1.</param>
internal sealed record WavFile(int Rate, float[] Samples)
{
    private const int MaxChunks = 1000;
    private const int Whole = 1;
    private const int Float = 3;
    private const int Extensible = 0xFFFE;

    /// <param name="file">The whole file.</param>
    /// <param name="shown">Its name in messages.</param>
    /// <param name="maxSeconds">Longest sound.</param>
    /// <exception cref="GraftInputException">The file is damaged, of another kind, or too long.</exception>
    public static WavFile Read(ReadOnlyMemory<byte> file, string shown, double maxSeconds)
    {
        var reader = new ByteReader(file, shown);
        bool isRiff = reader.Take(4, "a WAV signature").Span.SequenceEqual("RIFF"u8);
        _ = reader.U32("a length");
        if (!isRiff || !reader.Take(4, "a WAV signature").Span.SequenceEqual("WAVE"u8))
        {
            throw reader.Error("expected a WAV file (RIFF ... WAVE), got another kind");
        }

        (int Format, int Channels, int Rate, int Bits)? format = null;
        for (int i = 0; i < MaxChunks; i++)
        {
            ReadOnlyMemory<byte> name = reader.Take(4, "a chunk's name");
            uint length = reader.U32("a chunk's length");
            if (name.Span.SequenceEqual("data"u8))
            {
                // A recorder that was cut off, or wrote to a pipe, leaves the length open.
                length = length == uint.MaxValue ? (uint)reader.Remaining : length;
                (int kind, int channels, int rate, int bits) = format ?? throw reader.Error("expected a format before the sound, got the sound");
                int frame = channels * (bits / 8);
                ReadOnlyMemory<byte> data = reader.Take(length, "sound");
                int count = data.Length / frame;
                if (count == 0 || count > maxSeconds * rate)
                {
                    throw reader.Error(FormattableString.Invariant($"expected a sound of more than 0 and at most {maxSeconds} seconds, got {(double)count / rate:0.###}"));
                }

                float[] samples = Mix(data.Span, count, channels, kind, bits);
                return Array.TrueForAll(samples, float.IsFinite) ? new WavFile(rate, samples) : throw reader.Error("expected finite samples, got others");
            }

            ByteReader chunk = reader.Part(length, "a chunk");
            _ = reader.Take(Math.Min(length & 1, reader.Remaining), "padding");
            if (name.Span.SequenceEqual("fmt "u8))
            {
                format = Format(chunk);
            }
        }

        throw reader.Error($"expected the sound within {MaxChunks} chunks, got more");
    }

    private static (int Format, int Channels, int Rate, int Bits) Format(ByteReader chunk)
    {
        int format = chunk.U16("a format");
        int channels = chunk.U16("a number of channels");
        uint rate = chunk.U32("a rate");
        _ = chunk.Take(6, "a format");
        int bits = chunk.U16("a sample's bits");
        if (format == Extensible)
        {
            _ = chunk.Take(8, "a format");
            format = chunk.U16("a format");
        }

        bool isKnown = (format, bits) is (Whole, 8 or 16 or 24 or 32) or (Float, 32);
        return isKnown && channels is >= 1 and <= 64 && rate is >= 1000 and <= 768_000
            ? (format, channels, (int)rate, bits)
            : throw chunk.Error($"expected 8, 16, 24 or 32 bits or floats of 32 bits, 1 to 64 channels, 1000 to 768000 Hz, got format {format} of {bits} bits, {channels} channels, {rate} Hz");
    }

    private static float[] Mix(ReadOnlySpan<byte> data, int count, int channels, int kind, int bits)
    {
        var samples = new float[count];
        int size = bits / 8;
        for (int i = 0; i < count; i++)
        {
            float sum = 0;
            for (int c = 0; c < channels; c++)
            {
                sum += Sample(data.Slice(((i * channels) + c) * size, size), kind, bits);
            }

            samples[i] = sum / channels;
        }

        return samples;
    }

    private static float Sample(ReadOnlySpan<byte> at, int kind, int bits) => (kind, bits) switch
    {
        (Float, _) => BinaryPrimitives.ReadSingleLittleEndian(at),
        (_, 8) => (at[0] - 128) / 128f,
        (_, 16) => BinaryPrimitives.ReadInt16LittleEndian(at) / 32768f,
        (_, 24) => (at[0] | (at[1] << 8) | ((sbyte)at[2] << 16)) / 8388608f,
        _ => BinaryPrimitives.ReadInt32LittleEndian(at) / 2147483648f,
    };
}
