namespace Graft.Data.Pictures;

/// <summary>Decodes one JPEG file (ITU T.81): its markers, and scan by scan its blocks.</summary>
internal sealed class JpegDecoder
{
    private const int MaxScans = 200;
    private const int MaxMarkers = 10_000;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly ByteReader _reader;
    private readonly string _name;
    private readonly long _maxPixels;
    private readonly int[]?[] _tables = new int[4][];
    private readonly JpegHuffman?[] _meanCodes = new JpegHuffman[4];
    private readonly JpegHuffman?[] _detailCodes = new JpegHuffman[4];
    private int _restartInterval;
    private int _scans;
    private int _orientation = 1;
    private int _adobeTransform = -1;
    private bool _isJfif;
    private JpegFrame? _frame;

    public JpegDecoder(ReadOnlyMemory<byte> file, string name, long maxPixels)
    {
        _file = file;
        _name = name;
        _maxPixels = maxPixels;
        _reader = new ByteReader(file, name, isBigEndian: true);
        _ = _reader.Take(2, "a JPEG signature");
    }

    public PictureSize Size()
    {
        JpegFrame frame = ReadMarkers(onlyFrame: true);
        int channels = frame.Components.Length == 1 ? 1 : 3;
        return _orientation >= 5 ? new PictureSize(frame.Height, frame.Width, channels) : new PictureSize(frame.Width, frame.Height, channels);
    }

    public Picture Decode()
    {
        try
        {
            JpegFrame frame = ReadMarkers(onlyFrame: false);
            if (Array.Exists(frame.Components, c => !c.IsSeen))
            {
                throw _reader.Error("expected data for every color, got the end of the picture");
            }

            if (frame.IsProgressive)
            {
                foreach (JpegComponent component in frame.Components)
                {
                    InvertAll(component, _tables[component.Table]!);
                }
            }

            return JpegOrientation.Upright(JpegPixels.Convert(frame, Model(frame)), _orientation);
        }
        finally
        {
            _frame?.Release();
        }
    }

    private JpegFrame ReadMarkers(bool onlyFrame)
    {
        for (int count = 0; count < MaxMarkers; count++)
        {
            byte marker = Marker();
            if (marker == 0xD9)
            {
                return _scans > 0 ? _frame! : throw _reader.Error("expected picture data, got the end of the picture");
            }

            ByteReader segment = _reader.Part(_reader.U16("a marker's length") - 2, "a marker");
            switch (marker)
            {
                case 0xC0 or 0xC1 or 0xC2:
                    _frame = _frame is null ? JpegFrame.Read(segment, marker == 0xC2, _maxPixels) : throw _reader.Error("expected one frame, got another");
                    if (onlyFrame)
                    {
                        return _frame;
                    }

                    break;
                case 0xC4:
                    ReadHuffman(segment);
                    break;
                case 0xDB:
                    ReadQuantization(segment);
                    break;
                case 0xDD:
                    _restartInterval = segment.U16("a restart interval");
                    break;
                case 0xDA:
                    ReadScan(segment, _frame ?? throw _reader.Error("expected a frame before its first scan, got a scan"));
                    break;
                case 0xE0:
                    _isJfif |= segment.Remaining >= 5 && segment.Take(5, "a name").Span.SequenceEqual("JFIF\0"u8);
                    break;
                case 0xE1:
                    _orientation = JpegOrientation.Find(segment.Take(segment.Remaining, "camera data").Span) ?? _orientation;
                    break;
                case 0xEE when segment.Remaining >= 12:
                    ReadOnlySpan<byte> adobe = segment.Take(12, "Adobe's marker").Span;
                    _adobeTransform = adobe.StartsWith("Adobe"u8) ? adobe[11] : _adobeTransform;
                    break;
                case 0xC3 or (>= 0xC5 and <= 0xCF) and not 0xC8 and not 0xCC:
                    throw _reader.Error($"expected baseline or progressive JPEG with Huffman codes, got another kind (marker {marker:X2})");
                case 0xDC:
                    throw _reader.Error("expected a picture whose height stands in its frame, got a DNL marker");
            }
        }

        throw _reader.Error($"expected at most {MaxMarkers} markers, got more");
    }

    // A marker is FF and a byte that is neither 0 nor FF; bytes before it and restart markers left over from a scan are passed over.
    private byte Marker()
    {
        while (true)
        {
            ReadOnlySpan<byte> rest = _file.Span[_reader.Position..];
            int at = rest.IndexOf((byte)0xFF);
            if (at < 0)
            {
                throw _reader.Error("expected a marker, got the end of the file");
            }

            _ = _reader.Take(at + 1, "a marker");
            byte marker = _reader.U8("a marker");
            if (marker is not 0 and not 0xFF and not (>= 0xD0 and <= 0xD8) and not 1)
            {
                return marker;
            }

            if (marker == 0xFF)
            {
                _reader.Back(1);
            }
        }
    }

    private void ReadQuantization(ByteReader segment)
    {
        while (segment.Remaining > 0)
        {
            int which = segment.U8("a quantization table");
            if ((which & 15) > 3 || which >> 4 > 1)
            {
                throw segment.Error($"expected quantization tables 0 to 3 of 8 or 16 bits, got {which:X2}");
            }

            var table = new int[64];
            foreach (byte natural in JpegScan.Natural)
            {
                table[natural] = which >> 4 == 0 ? segment.U8("a quantization table") : segment.U16("a quantization table");
            }

            _tables[which & 15] = table;
        }
    }

    private void ReadHuffman(ByteReader segment)
    {
        while (segment.Remaining > 0)
        {
            int which = segment.U8("a Huffman table");
            ReadOnlySpan<byte> counts = segment.Take(16, "a Huffman table").Span;
            int total = 0;
            foreach (byte count in counts)
            {
                total += count;
            }

            ReadOnlySpan<byte> symbols = segment.Take(total, "a Huffman table's symbols").Span;
            JpegHuffman? table = which is 0 or 1 or 2 or 3 or 16 or 17 or 18 or 19 && total <= 256 ? JpegHuffman.TryMake(counts, symbols) : null;
            (which < 16 ? _meanCodes : _detailCodes)[which & 3] = table ?? throw segment.Error("expected a Huffman table 0 to 3 whose codes fit their lengths, got another");
        }
    }

    private void ReadScan(ByteReader segment, JpegFrame frame)
    {
        if (++_scans > MaxScans)
        {
            throw _reader.Error($"expected at most {MaxScans} scans, got more");
        }

        frame.Allocate(_file.Length, _reader);
        var components = new JpegComponent[segment.U8("a scan's number of colors")];
        for (int i = 0; i < components.Length; i++)
        {
            int id = segment.U8("a scan's color");
            int codes = segment.U8("a scan's tables");
            JpegComponent component = Array.Find(frame.Components, c => c.Id == id) ?? throw segment.Error($"expected a color of the frame, got {id}");
            component.MeanCodes = _meanCodes[(codes >> 4) & 3];
            component.DetailCodes = _detailCodes[codes & 3];
            components[i] = Array.IndexOf(components, component) < 0 ? component : throw segment.Error($"expected each color once in a scan, got {id} twice");
        }

        int first = segment.U8("a scan's first coefficient");
        int last = segment.U8("a scan's last coefficient");
        int bits = segment.U8("a scan's bits");
        if (!frame.IsProgressive)
        {
            (first, last, bits) = (0, 63, 0);
        }

        frame.CheckScan(components, first, last, bits >> 4, bits & 15, segment);
        foreach (JpegComponent component in components)
        {
            bool needsMean = first == 0 && bits >> 4 == 0;
            bool needsDetail = last > 0;
            if (_tables[component.Table] is null || (needsMean && component.MeanCodes is null) || (needsDetail && component.DetailCodes is null))
            {
                throw segment.Error($"expected the tables of color {component.Id} before its scan, got none");
            }
        }

        ReadBlocks(frame, components, new JpegScan(first, last, bits >> 4, bits & 15));
    }

    private void ReadBlocks(JpegFrame frame, JpegComponent[] components, JpegScan scan)
    {
        // A scan of one color has its blocks row by row; one of several has units with some blocks of each.
        bool isAlone = components.Length == 1;
        int unitsAcross = isAlone ? components[0].OwnBlocksAcross : frame.UnitsAcross;
        int unitsDown = isAlone ? components[0].OwnBlocksDown : frame.UnitsDown;
        var bits = new JpegBits(_file.Span[_reader.Position..]);
        scan.Restart(components);
        int untilRestart = _restartInterval;
        int restarts = 0;
        bool isGood = true;
        for (int y = 0; y < unitsDown && isGood; y++)
        {
            for (int x = 0; x < unitsAcross && isGood; x++)
            {
                if (_restartInterval > 0 && untilRestart-- == 0)
                {
                    isGood = bits.TryRestart(restarts++ & 7);
                    scan.Restart(components);
                    untilRestart = _restartInterval - 1;
                }

                foreach (JpegComponent component in components)
                {
                    int across = isAlone ? 1 : component.Across;
                    int down = isAlone ? 1 : component.Down;
                    for (int i = 0; i < across * down && isGood; i++)
                    {
                        isGood = TryBlock(ref bits, frame, component, scan, (x * across) + (i % across), (y * down) + (i / across));
                    }
                }
            }

            isGood &= !bits.IsPastEnd;
        }

        int length = Math.Min(bits.Position, _reader.Remaining);
        _ = _reader.Take(length, "picture data");
        if (!isGood)
        {
            throw _reader.Error("expected valid picture data, got damaged or too little data");
        }
    }

    private bool TryBlock(ref JpegBits bits, JpegFrame frame, JpegComponent component, JpegScan scan, int x, int y)
    {
        if (frame.IsProgressive)
        {
            int at = ((y * component.BlocksAcross) + x) * 64;
            return scan.TryProgressive(ref bits, component, component.Coefficients.AsSpan(at, 64));
        }

        Span<short> block = stackalloc short[64];
        block.Clear();
        if (!JpegScan.TryBaseline(ref bits, component, block, out bool hasDetail))
        {
            return false;
        }

        Invert(component, _tables[component.Table]!, block, hasDetail, x, y);
        return true;
    }

    private static void InvertAll(JpegComponent component, int[] table)
    {
        for (int y = 0; y < component.OwnBlocksDown; y++)
        {
            for (int x = 0; x < component.OwnBlocksAcross; x++)
            {
                Span<short> block = component.Coefficients.AsSpan(((y * component.BlocksAcross) + x) * 64, 64);
                Invert(component, table, block, block[1..].ContainsAnyExcept((short)0), x, y);
            }
        }
    }

    private static void Invert(JpegComponent component, int[] table, ReadOnlySpan<short> block, bool hasDetail, int x, int y)
    {
        Span<byte> samples = component.Samples.AsSpan((8 * y * component.Stride) + (8 * x));
        if (hasDetail)
        {
            JpegTransform.Invert(block, table, samples, component.Stride);
        }
        else
        {
            JpegTransform.InvertMean(block[0] * table[0], samples, component.Stride);
        }
    }

    // What three or four colors mean: said by JFIF, else by Adobe's marker, else by their numbers.
    private JpegColors Model(JpegFrame frame)
    {
        int[] ids = [.. frame.Components.Select(c => c.Id)];
        return ids.Length switch
        {
            1 => JpegColors.Grey,
            3 when _isJfif => JpegColors.YCbCr,
            3 when _adobeTransform >= 0 => _adobeTransform == 0 ? JpegColors.Rgb : JpegColors.YCbCr,
            3 => ids is ['R', 'G', 'B'] ? JpegColors.Rgb : JpegColors.YCbCr,
            _ => _adobeTransform == 2 ? JpegColors.Ycck : JpegColors.Cmyk,
        };
    }
}
