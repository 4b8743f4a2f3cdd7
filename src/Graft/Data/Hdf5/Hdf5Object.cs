namespace Graft.Data.Hdf5;

/// <summary>A group or an array of an HDF5 file.</summary>
internal sealed class Hdf5Object
{
    private const int ByName = 8;      // the kind of tree whose records are an attribute's number in a heap and a hash of its name

    private readonly Hdf5File _file;
    private readonly IReadOnlyList<Hdf5Message> _messages;
    private IReadOnlyDictionary<string, Hdf5Attribute>? _attributes;
    private IReadOnlyList<(string Name, long Address)>? _links;
    private Hdf5Dataset? _dataset;

    public Hdf5Object(Hdf5File file, long address, IReadOnlyList<Hdf5Message> messages)
    {
        _file = file;
        _messages = messages;
        Address = address;
    }

    /// <summary>Where its header lies.</summary>
    public long Address { get; }

    /// <summary>Whether it holds other objects.</summary>
    public bool IsGroup => Has(Hdf5Header.SymbolTable) || Has(Hdf5Header.Links) || Has(Hdf5Header.Link);

    /// <summary>Whether it is an array.</summary>
    public bool IsDataset => Has(Hdf5Header.Layout) && Has(Hdf5Header.Axes) && Has(Hdf5Header.Type);

    /// <summary>The array that it is.</summary>
    /// <exception cref="GraftInputException">Its header is damaged.</exception>
    public Hdf5Dataset Dataset => _dataset ??= new Hdf5Dataset(_file, this);

    /// <summary>Names and addresses of what a group holds, in the order of the file, which is mostly that of the names.</summary>
    /// <exception cref="GraftInputException">The group is damaged, or of a form that is not read.</exception>
    public IReadOnlyList<(string Name, long Address)> Links => _links ??= Hdf5Links.Read(_file, this);

    /// <summary>Attributes by name.</summary>
    /// <exception cref="GraftInputException">One is damaged, or they are of a form that is not read.</exception>
    public IReadOnlyDictionary<string, Hdf5Attribute> Attributes => _attributes ??= ReadAttributes();

    /// <summary>The messages of one kind, each read from its start; those that refer to others are followed.</summary>
    public IEnumerable<ByteReader> Messages(int kind)
    {
        foreach (Hdf5Message message in _messages)
        {
            if (message.Kind == kind)
            {
                yield return message.IsShared ? Shared(Fresh(message.Body), kind) : Fresh(message.Body);
            }
        }
    }

    /// <summary>The first message of one kind, or null.</summary>
    public ByteReader? Message(int kind) => Messages(kind).FirstOrDefault();

    /// <summary>The member at the end of a path, or null where there is none.</summary>
    /// <param name="path">Names with slashes between them.</param>
    public Hdf5Object? Find(string path)
    {
        Hdf5Object at = this;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!at.IsGroup || at.Links.FirstOrDefault(l => l.Name == name) is not { Name: not null } link)
            {
                return null;
            }

            at = _file.Object(link.Address);
        }

        return at;
    }

    /// <summary>Follows a reference to a message of another object.</summary>
    public ByteReader Shared(ByteReader body, int kind)
    {
        int version = body.U8("a reference's version"), type = body.U8("a reference's type");
        if (version is < 1 or > 3 || (version == 3 && type != 2))
        {
            throw body.Error("expected a reference to a type that has a name, got a shared message table, which is not read");
        }

        _ = body.Take(version == 1 ? 6 : 0, "padding");
        Hdf5Object other = _file.Object(_file.Address(body, "a reference"));
        return other._messages.FirstOrDefault(m => m.Kind == kind && !m.IsShared) is { } found
            ? Fresh(found.Body)
            : throw body.Error("expected a reference to a type that has a name, got none there");
    }

    private static ByteReader Fresh(ByteReader body)
    {
        body.Back(body.Position);
        return body;
    }

    private bool Has(int kind) => _messages.Any(m => m.Kind == kind);

    private Dictionary<string, Hdf5Attribute> ReadAttributes()
    {
        var attributes = new Dictionary<string, Hdf5Attribute>(StringComparer.Ordinal);
        if (Message(Hdf5Header.Attributes) is { } info)
        {
            _ = info.U8("a version");
            int flags = info.U8("flags");
            _ = info.Take((flags & 1) != 0 ? 2 : 0, "a number of order");
            long heap = _file.Address(info, "a heap of attributes");
            if (heap != Hdf5File.Undefined)
            {
                ReadDense(heap, _file.Address(info, "a tree of attributes"), attributes);
            }
        }

        foreach (Hdf5Message message in _messages)
        {
            if (message is { Kind: Hdf5Header.Attribute, IsShared: false })
            {
                var attribute = Hdf5Attribute.Read(_file, this, Fresh(message.Body));
                attributes[attribute.Name] = attribute;
            }
        }

        return attributes;
    }

    // Where there are many, or large ones, they lie in a heap, and a tree says where.
    private void ReadDense(long address, long tree, Dictionary<string, Hdf5Attribute> attributes)
    {
        var heap = new Hdf5Heap(_file, address);
        Hdf5RecordTree.Visit(_file, tree, ByName, (record, _) =>
        {
            ReadOnlyMemory<byte> id = record.Take(heap.IdSize, "an attribute's number");
            if ((record.U8("flags") & 2) != 0)
            {
                throw record.Error("expected attributes of one object, got one in a shared message table, which is not read");
            }

            var attribute = Hdf5Attribute.Read(_file, this, heap.Object(id));
            attributes[attribute.Name] = attribute;
        });
    }
}
