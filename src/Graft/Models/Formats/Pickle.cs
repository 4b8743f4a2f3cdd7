using System.Buffers.Binary;
using System.Text;
using Graft.Data;

namespace Graft.Models.Formats;

/// <summary>Reads Python's pickles as data: dictionaries, lists, texts, numbers, and named things that are only named.</summary>
/// <remarks>
/// <para>Nothing is ever called or looked up. A global is a name; calling one makes a <see cref="PickledCall"/> that holds name and arguments; what it means is
/// decided by whoever reads the result, by an allow list. Names outside the list are refused here.</para>
/// <para>Bounds: opcodes, depth of what is returned, length of every text and number, and all sizes by the bytes there are.</para>
/// </remarks>
internal sealed class Pickle
{
    private const int MostOpcodes = 20_000_000;
    private const int MostStack = 4_000_000;

    private static readonly object Mark = new();

    private readonly FileCursor _from;
    private readonly string _file;
    private readonly Func<string, bool> _isAllowed;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];

    private Pickle(FileCursor from, Func<string, bool> isAllowed)
    {
        _from = from;
        _file = from.File.Shown;
        _isAllowed = isAllowed;
    }

    /// <summary>Reads one pickle.</summary>
    /// <param name="from">Stands where it begins; then where the next thing begins.</param>
    /// <param name="isAllowed">Whether a global, such as "collections.OrderedDict", may occur.</param>
    /// <exception cref="GraftInputException">It is damaged, or names what is not allowed.</exception>
    public static object? Read(FileCursor from, Func<string, bool> isAllowed) => new Pickle(from, isAllowed).Run();

    private object? Run()
    {
        for (int i = 0; i < MostOpcodes; i++)
        {
            byte code = Byte();
            if (code == (byte)'.')
            {
                return Pop();
            }

            Step(code);
            if (_stack.Count > MostStack)
            {
                throw Damaged($"at most {MostStack} things at a time", "more");
            }
        }

        throw Damaged($"at most {MostOpcodes} steps", "more");
    }

    private void Step(byte code)
    {
        switch (code)
        {
            case 0x80: _ = Byte(); break;                                   // protocol
            case 0x95: _ = Take(8); break;                                  // frame
            case (byte)'(': _stack.Add(Mark); break;
            case (byte)'0': _ = Pop(); break;
            case (byte)'1': _ = ToMark(); break;
            case (byte)'2': _stack.Add(Peek()); break;
            case (byte)'N': _stack.Add(null); break;
            case 0x88: _stack.Add(true); break;
            case 0x89: _stack.Add(false); break;
            case (byte)'J': _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case (byte)'K': _stack.Add((long)Byte()); break;
            case (byte)'M': _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 0x8a: _stack.Add(Long(Byte())); break;
            case 0x8b: _stack.Add(Long(BinaryPrimitives.ReadInt32LittleEndian(Take(4)))); break;
            case (byte)'G': _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case (byte)'I': _stack.Add(TextInt(Line())); break;
            case (byte)'L': _stack.Add(TextInt(Line().TrimEnd('L'))); break;
            case (byte)'X': _stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case 0x8c: _stack.Add(Text(Byte())); break;
            case 0x8d: _stack.Add(Text(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)))); break;
            case (byte)'T': _stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case (byte)'U': _stack.Add(Text(Byte())); break;
            case (byte)'B': _stack.Add(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))).ToArray()); break;
            case (byte)'C': _stack.Add(Take(Byte()).ToArray()); break;
            case (byte)']': _stack.Add(new List<object?>()); break;
            case (byte)'l': _stack.Add(ToMark()); break;
            case (byte)')': _stack.Add(Array.Empty<object?>()); break;
            case (byte)'t': _stack.Add(ToMark().ToArray()); break;
            case 0x85: _stack.Add(Tuple(1)); break;
            case 0x86: _stack.Add(Tuple(2)); break;
            case 0x87: _stack.Add(Tuple(3)); break;
            case (byte)'}': _stack.Add(new PickledDictionary()); break;
            case (byte)'d': SetItems(new PickledDictionary(), ToMark(), push: true); break;
            case 0x8f: _stack.Add(new List<object?>()); break;              // a set, as a list
            case 0x90 or (byte)'e': Append(ToMark()); break;
            case (byte)'a': Append([Pop()]); break;
            case (byte)'s': SetItem(); break;
            case (byte)'u': SetAll(); break;
            case (byte)'q': _memo[Byte()] = Peek(); break;
            case (byte)'r': _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek(); break;
            case 0x94: _memo[_memo.Count] = Peek(); break;
            case (byte)'h': Recall(Byte()); break;
            case (byte)'j': Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
            case (byte)'c': Name(Line(), Line()); break;
            case 0x93: NameFromStack(); break;
            case (byte)'R' or 0x81: Call(); break;
            case (byte)'b': Build(); break;
            case (byte)'Q': _stack.Add(new PickledReference(Pop())); break;
            default: throw Damaged("a pickle of numbers, texts, lists and dictionaries", $"an opcode 0x{code:x2} at byte {_from.Position - 1}");
        }
    }

    private void Name(string module, string name)
    {
        string full = $"{module}.{name}";
        _stack.Add(_isAllowed(full)
            ? new PickledName(full)
            : throw new GraftInputException(_file, $"pickle: expected tensors and plain data, got '{Shown(full)}', which is not read because it could stand for anything. Save the state dictionary alone."));
    }

    private void NameFromStack()
    {
        string name = Pop() as string ?? "", module = Pop() as string ?? "";
        Name(module, name);
    }

    private void Call()
    {
        object?[] arguments = Pop() as object?[] ?? throw Damaged("a tuple of arguments", "something else");
        PickledName name = Pop() as PickledName ?? throw Damaged("the name of what is made", "something else");
        _stack.Add(name.Name == "collections.OrderedDict" ? Ordered(arguments) : new PickledCall(name.Name, arguments));
    }

    // Python 2 makes an ordered dictionary of a list of pairs, Python 3 an empty one that is filled later.
    private PickledDictionary Ordered(object?[] arguments)
    {
        var dictionary = new PickledDictionary();
        foreach (object? pair in arguments is [List<object?> pairs] ? pairs : [])
        {
            IReadOnlyList<object?> both = pair as IReadOnlyList<object?> ?? throw Damaged("pairs of key and value", "something else");
            if (both.Count != 2)
            {
                throw Damaged("pairs of key and value", $"{both.Count} things");
            }

            Set(dictionary, both[0], both[1]);
        }

        return dictionary;
    }

    // State that is set on an object: kept beside it. That of an ordered dictionary (its attributes) says nothing about its items.
    private void Build()
    {
        object? state = Pop();
        if (Peek() is PickledCall call)
        {
            call.State = state;
        }
    }

    private void SetItem()
    {
        object? value = Pop(), key = Pop();
        Set(Peek(), key, value);
    }

    private void SetAll()
    {
        List<object?> items = ToMark();
        object? target = Pop();
        SetItems(target, items, push: true);
    }

    private void SetItems(object? target, List<object?> items, bool push)
    {
        if (items.Count % 2 != 0)
        {
            throw Damaged("a value for each key", $"{items.Count} things");
        }

        for (int i = 0; i < items.Count; i += 2)
        {
            Set(target, items[i], items[i + 1]);
        }

        if (push)
        {
            _stack.Add(target);
        }
    }

    private void Set(object? target, object? key, object? value)
    {
        PickledDictionary dictionary = target as PickledDictionary ?? throw Damaged("a dictionary to put things in", "something else");
        string text = key switch
        {
            string own => own,
            long or bool or double => Convert.ToString(key, System.Globalization.CultureInfo.InvariantCulture)!,
            _ => throw Damaged("texts or numbers as keys", "something else"),
        };
        dictionary.Set(text, value);
    }

    private void Append(List<object?> items) =>
        (Peek() as List<object?> ?? throw Damaged("a list to add to", "something else")).AddRange(items);

    private void Recall(long place) => _stack.Add(_memo.TryGetValue(place, out object? kept) ? kept : throw Damaged("something remembered", $"nothing at {place}"));

    private object?[] Tuple(int count)
    {
        if (_stack.Count < count)
        {
            throw Damaged($"{count} things for a tuple", $"{_stack.Count}");
        }

        object?[] tuple = [.. _stack[^count..]];
        if (tuple.Contains(Mark))
        {
            throw Damaged("things for a tuple", "a mark");
        }

        _stack.RemoveRange(_stack.Count - count, count);
        return tuple;
    }

    private List<object?> ToMark()
    {
        int mark = _stack.LastIndexOf(Mark);
        if (mark < 0)
        {
            throw Damaged("a mark", "none");
        }

        List<object?> items = _stack[(mark + 1)..];
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private object? Pop()
    {
        object? top = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private object? Peek() => _stack.Count > 0 && !ReferenceEquals(_stack[^1], Mark) ? _stack[^1] : throw Damaged("something to work on", "nothing");

    private byte Byte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(long count) =>
        count >= 0 && count <= _from.Remaining ? _from.Take(count, "a pickle") : throw Damaged($"{count} bytes", $"{_from.Remaining}");

    private string Text(ulong count) => Encoding.UTF8.GetString(Take(count > int.MaxValue ? -1 : (long)count));

    private string Line()
    {
        int end = _from.Peek(10_001).IndexOf((byte)'\n');
        if (end < 0)
        {
            throw Damaged("a line of text", "none");
        }

        string line = Encoding.UTF8.GetString(_from.Take(end, "a line"));
        _from.Skip(1, "a line's end");
        return line;
    }

    // Integers of more than eight bytes are nothing that files of weights need.
    private object? Long(int count)
    {
        ReadOnlySpan<byte> bytes = Take(count);
        if (count > 9)
        {
            return double.NaN;
        }

        long value = count > 0 && (bytes[^1] & 0x80) != 0 ? -1 : 0;
        for (int i = Math.Min(count, 8) - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }

    private object TextInt(string text) => text switch
    {
        "00" => false,
        "01" => true,
        _ => long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out long value) ? value : throw Damaged("an integer", Shown(text)),
    };

    private static string Shown(string text) => new([.. text.Take(80).Select(c => c is >= ' ' and < (char)127 ? c : '?')]);

    private GraftInputException Damaged(string expected, string actual) => new(_file, $"pickle: expected {expected}, got {actual}. The file is damaged or of another format.");
}

/// <summary>A dictionary of a pickle, in the order of first use. Keys that are numbers are written as texts.</summary>
internal sealed class PickledDictionary
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<string, object?>> _items = [];

    public IReadOnlyList<KeyValuePair<string, object?>> Items => _items;

    public void Set(string key, object? value)
    {
        if (_places.TryGetValue(key, out int place))
        {
            _items[place] = new(key, value);
            return;
        }

        _places[key] = _items.Count;
        _items.Add(new(key, value));
    }
}

/// <summary>A global that a pickle names.</summary>
internal sealed record PickledName(string Name);

/// <summary>Something outside the pickle that it refers to.</summary>
/// <remarks>No record: references may lie in each other, and what a record compares and shows goes down into them without end.</remarks>
internal sealed class PickledReference(object? id)
{
    public object? Id { get; } = id;
}

/// <summary>What a pickle would have called, and with what.</summary>
internal sealed class PickledCall(string name, object?[] arguments)
{
    public string Name { get; } = name;

    public object?[] Arguments { get; } = arguments;

    public object? State { get; set; }
}

/// <summary>What a walk over a pickle may still visit.</summary>
/// <remarks>Things may be shared, so that a few hundred bytes can hold more paths than any walk ends. What is not shared has at least one byte of the file for each thing
/// and for each character of its name.</remarks>
/// <param name="file">What messages call the file.</param>
/// <param name="length">Bytes of the file.</param>
internal sealed class PickleWalk(string file, long length)
{
    private long _room = Math.Min((1 << 16) + (4 * length), 1 << 26);

    /// <summary>Takes a visit's cost.</summary>
    /// <param name="cost">Bytes that what is visited has in a file, about.</param>
    /// <exception cref="GraftInputException">There was too much.</exception>
    public void Visit(int cost = 1) => _room = _room >= cost
        ? _room - cost
        : throw new GraftInputException(file, "pickle: expected things that are there once, got the same ones in too many places. The file is damaged or of another format.");
}
