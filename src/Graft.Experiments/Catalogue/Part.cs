using Graft.Experiments.Spec;

namespace Graft.Experiments.Catalogue;

/// <summary>A named part as the experiment file describes it: checked already, made anew for every training, because parts carry state.</summary>
/// <typeparam name="T">The base class of its family.</typeparam>
public sealed class Part<T>
    where T : class
{
    private readonly Func<object> _create;

    internal Part(string name, SpecNode? node, Func<object> create)
    {
        Name = name;
        Node = node;
        _create = create;
    }

    /// <summary>A part described in C#.</summary>
    /// <param name="name">What messages and reports call it.</param>
    /// <param name="create">Makes a new one each time.</param>
    public Part(string name, Func<T> create)
        : this(name, null, create)
    {
    }

    /// <summary>Its name as it was written: that of the catalogue, or an alias.</summary>
    public string Name { get; }

    /// <summary>What it was bound from; null where it was made in C#.</summary>
    public SpecNode? Node { get; }

    /// <summary>The class of what is made.</summary>
    public Type Type => _create().GetType();

    /// <summary>Makes a new one.</summary>
    public T Create() => (T)_create();

    /// <inheritdoc/>
    public override string ToString() => Name;
}
