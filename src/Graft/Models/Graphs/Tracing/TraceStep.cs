using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Models.Graphs.Tracing;

/// <summary>One op of a traced computation on its way into a graph: what it was for few rows and for many.</summary>
internal readonly struct TraceStep
{
    private readonly TracedOperation _few;
    private readonly TracedOperation _many;

    public TraceStep(TraceBuilder builder, TracedOperation few, TracedOperation many)
    {
        Builder = builder;
        _few = few;
        _many = many;
        if (few.Name != many.Name || !few.Operands.SequenceEqual(many.Operands) || !few.Results.SequenceEqual(many.Results))
        {
            throw builder.Refused("the same ops for any number of rows", $"{few.Name} and {many.Name}");
        }
    }

    public TraceBuilder Builder { get; }

    public string Name => _few.Name;

    public int Count => _few.Operands.Count;

    /// <summary>Whether the result depends on an input of the graph.</summary>
    public bool IsLive
    {
        get
        {
            foreach (int operand in _few.Operands)
            {
                if (Builder.IsLive(operand))
                {
                    return true;
                }
            }

            return false;
        }
    }

    public int ResultCount => _few.Results.Count;

    public int Place(int operand) => _few.Operands[operand];

    public int Result(int which = 0) => _few.Results[which];

    public bool Has(int operand) => operand < _few.Operands.Count && _few.Operands[operand] >= 0;

    /// <summary>The name of an operand.</summary>
    public string In(int operand) => Builder.NameOf(_few.Operands[operand]);

    public TraceSize[] Sizes(int operand) => Builder.Sizes(_few.Operands[operand]);

    public TraceSize[] ResultSizes => Builder.Sizes(_few.Results[0]);

    public bool HasElements(int operand) => Array.TrueForAll(Sizes(operand), size => size.Count > 0);

    public int Rank(int operand) => Builder.Sizes(_few.Operands[operand]).Length;

    public float Number(string attribute) => Same<float>(attribute);

    public int Integer(string attribute) => Same<int>(attribute);

    public bool Flag(string attribute) => Same<bool>(attribute);

    public Pair Pair(string attribute) => Same<Pair>(attribute);

    public int[] List(string attribute) => (int[])_few.Attributes[attribute];

    /// <summary>A place or a length along an axis, which may grow with the batch.</summary>
    public TraceSize Size(string attribute) => Builder.Size((int)_few.Attributes[attribute], (int)_many.Attributes[attribute]);

    /// <summary>Says what the op's result is called.</summary>
    public void Give(string name) => Builder.Set(Result(), name);

    /// <summary>The op is one operator.</summary>
    public void Give(string op, IReadOnlyList<string> inputs, params (string Name, object Value)[] attributes) => Give(Builder.Add(op, inputs, attributes));

    private T Same<T>(string attribute)
    {
        object value = _few.Attributes[attribute];
        return value.Equals(_many.Attributes[attribute])
            ? (T)value
            : throw Builder.Refused($"{Name} with the same '{attribute}' for any number of rows", $"{value} and {_many.Attributes[attribute]}");
    }
}
