using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text;
using Graft.Tensors;

namespace Graft.Nn;

/// <summary>A part of a network: parameters, buffers and further modules, found in its get-only properties in order of declaration.</summary>
/// <remarks>
/// <para>Paths are the names of the properties in lower_snake_case, joined with dots: "trunk.0.weight". Lists of modules are numbered.</para>
/// <para>A constructor draws no random numbers: <see cref="Initialize"/> gives every parameter its values from the seed and its path.</para>
/// <para>Frozen means frozen: no gradient, no change of running statistics, no dropout.</para>
/// </remarks>
public abstract class Module : IStateful
{
    private static readonly Dictionary<Type, PropertyInfo[]> Properties = [];

    /// <summary>Whether the module is being trained; layers such as dropout act only then. At first true.</summary>
    public bool IsTraining { get; private set; } = true;

    /// <summary>Whether <see cref="Freeze"/> was called on it.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Whether the module behaves as in training: it is in training and not frozen.</summary>
    public bool IsLearning => IsTraining && !IsFrozen;

    /// <summary>Its path in the model; empty for the model itself and before initialization.</summary>
    public string Path { get; private set; } = "";

    /// <summary>The seed that it was initialized with.</summary>
    public ulong Seed { get; private set; }

    /// <summary>The module's output.</summary>
    /// <param name="x">The input; its shape is the module's own.</param>
    public abstract Tensor Forward(Tensor x);

    /// <summary>Gives every parameter and buffer its first values, and puts all parameters side by side in memory.</summary>
    /// <param name="seed">The same seed gives the same values, whatever else the model holds.</param>
    public void Initialize(ulong seed)
    {
        Place();
        foreach (Module module in Modules())
        {
            module.Seed = seed;
            module.ResetOwn();
        }

        foreach (Parameter parameter in Parameters())
        {
            parameter.Reset(seed);
        }

        foreach ((string path, BufferTensor buffer) in Buffers())
        {
            buffer.Reset(seed, path);
        }
    }

    /// <summary>Switches the module and all in it to training or to use.</summary>
    public void Train(bool training = true)
    {
        foreach (Module module in Modules())
        {
            module.IsTraining = training;
        }
    }

    /// <summary>Fixes the module and all in it, or sets it free again.</summary>
    public void Freeze(bool frozen = true)
    {
        foreach (Module module in Modules())
        {
            module.IsFrozen = frozen;
            foreach ((_, Parameter parameter) in module.OwnParameters())
            {
                parameter.IsFrozen = frozen;
            }
        }
    }

    /// <summary>This module and all modules in it, parents first; each once.</summary>
    public IEnumerable<Module> Modules() => NamedModules().Select(m => m.Module);

    /// <summary>All parameters, in order of declaration; each once.</summary>
    public IEnumerable<Parameter> Parameters() => NamedParameters().Select(p => p.Parameter);

    /// <summary>All parameters with their paths, in order of declaration; each once, under the first path that leads to it.</summary>
    public IEnumerable<(string Path, Parameter Parameter)> NamedParameters()
    {
        var seen = new HashSet<Parameter>();
        foreach ((string path, Module module) in NamedModules())
        {
            foreach ((string name, Parameter parameter) in module.OwnParameters())
            {
                if (seen.Add(parameter))
                {
                    yield return (Join(path, name), parameter);
                }
            }
        }
    }

    /// <summary>All buffers with their paths, in order of declaration.</summary>
    public IEnumerable<(string Path, BufferTensor Buffer)> Buffers() =>
        NamedModules().SelectMany(m => m.Module.OwnBuffers().Select(b => (Join(m.Path, b.Name), b.Buffer)));

    /// <summary>This module and all modules in it with their paths, parents first; each once.</summary>
    public IEnumerable<(string Path, Module Module)> NamedModules()
    {
        var seen = new HashSet<Module>();
        var open = new Stack<(string, Module)>();
        open.Push(("", this));
        while (open.TryPop(out (string Path, Module Module) next))
        {
            if (!seen.Add(next.Module))
            {
                continue;
            }

            yield return next;
            foreach ((string name, Module child) in next.Module.Children().Reverse())
            {
                open.Push((Join(next.Path, name), child));
            }
        }
    }

    /// <summary>All values by path, parameters and buffers, as PyTorch's state dictionary names and shapes them.</summary>
    public IReadOnlyDictionary<string, Tensor> StateDictionary()
    {
        var values = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach ((string path, Parameter parameter) in NamedParameters())
        {
            values[path] = parameter.Value;
        }

        foreach ((string path, BufferTensor buffer) in Buffers())
        {
            values[path] = buffer.Value;
        }

        return values;
    }

    /// <summary>Number of learned values, frozen ones included.</summary>
    public long ParameterCount => Parameters().Sum(p => (long)p.Shape.Count);

    /// <inheritdoc/>
    public void Save(State state)
    {
        foreach ((string path, Tensor value) in StateDictionary())
        {
            state.Set(path, value.ToArray());
        }

        SaveModules(state);
    }

    /// <inheritdoc/>
    public void Load(State state)
    {
        foreach ((string path, Tensor value) in StateDictionary())
        {
            float[] values = state.Get<float[]>(path);
            if (values.Length != value.Count)
            {
                throw new GraftInputException("", $"checkpoint: expected {value.Count} values for '{path}' {value.Shape}, got {values.Length}. It belongs to another model.");
            }

            value.Assign(values);
        }

        LoadModules(state);
    }

    /// <summary>What forward passes in training change besides parameters: running statistics, how often layers drew. For a pass that shall leave no trace.</summary>
    /// <returns>To be given to <see cref="Recall"/>.</returns>
    public State Remember()
    {
        var state = new State();
        foreach ((string path, BufferTensor buffer) in Buffers())
        {
            state.Set(path, buffer.Value.ToArray());
        }

        SaveModules(state);

        return state;
    }

    /// <summary>Takes back what <see cref="Remember"/> gave; parameters stay as they are.</summary>
    /// <param name="memory">Of this model.</param>
    public void Recall(State memory)
    {
        foreach ((string path, BufferTensor buffer) in Buffers())
        {
            buffer.Value.Assign(memory.Get<float[]>(path));
        }

        LoadModules(memory);
    }

    /// <summary>The modules directly in this one, with their names: at first those in its properties.</summary>
    protected virtual IEnumerable<(string Name, Module Child)> Children()
    {
        foreach (PropertyInfo property in PropertiesOf(GetType()))
        {
            switch (property.GetValue(this))
            {
                case Module child:
                    yield return (Snake(property.Name), child);
                    break;
                case IReadOnlyList<Module> list:
                    for (int i = 0; i < list.Count; i++)
                    {
                        yield return ($"{Snake(property.Name)}.{i}", list[i]);
                    }

                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Those of the parts that there are.</summary>
    private protected static IEnumerable<(string Name, Module Child)> Present(IEnumerable<(string Name, Module? Child)> parts)
    {
        foreach ((string name, Module? child) in parts)
        {
            if (child is not null)
            {
                yield return (name, child);
            }
        }
    }

    /// <summary>The parameters directly in this module, with their names: at first those in its properties.</summary>
    protected virtual IEnumerable<(string Name, Parameter Parameter)> OwnParameters()
    {
        foreach (PropertyInfo property in PropertiesOf(GetType()))
        {
            if (property.GetValue(this) is Parameter parameter)
            {
                yield return (Snake(property.Name), parameter);
            }
            else if (property.GetValue(this) is IReadOnlyList<Parameter> list)
            {
                for (int i = 0; i < list.Count; i++)
                {
                    yield return ($"{Snake(property.Name)}.{i}", list[i]);
                }
            }
        }
    }

    /// <summary>The buffers directly in this module, with their names: at first those in its properties.</summary>
    protected virtual IEnumerable<(string Name, BufferTensor Buffer)> OwnBuffers()
    {
        foreach (PropertyInfo property in PropertiesOf(GetType()))
        {
            if (property.GetValue(this) is BufferTensor buffer)
            {
                yield return (Snake(property.Name), buffer);
            }
        }
    }

    /// <summary>Forgets what <see cref="SaveOwn"/> writes, as if the module were new; called when the model is initialized.</summary>
    protected virtual void ResetOwn()
    {
    }

    /// <summary>Writes what this module remembers besides parameters and buffers, such as how often it drew.</summary>
    protected virtual void SaveOwn(State state)
    {
    }

    /// <summary>Takes back what <see cref="SaveOwn"/> wrote.</summary>
    protected virtual void LoadOwn(State state)
    {
    }

    private void SaveModules(State state)
    {
        foreach ((string path, Module module) in NamedModules())
        {
            var own = new State();
            module.SaveOwn(own);
            if (own.Values.Any())
            {
                state.Set("module:" + path, own);
            }
        }
    }

    private void LoadModules(State state)
    {
        foreach ((string path, Module module) in NamedModules())
        {
            if (state.TryGet("module:" + path, out State? own))
            {
                module.LoadOwn(own);
            }
        }
    }

    // Modules learn their paths, parameters their places in memory.
    private void Place()
    {
        foreach ((string path, Module module) in NamedModules())
        {
            module.Path = path;
        }

        (string Path, Parameter Parameter)[] all = [.. NamedParameters()];
        var memory = new ParameterMemory(all.Select(p => p.Parameter.Shape.Count));
        foreach ((string path, Parameter parameter) in all)
        {
            parameter.Place(memory, path);
        }
    }

    private static PropertyInfo[] PropertiesOf(Type type)
    {
        lock (Properties)
        {
            return Properties.TryGetValue(type, out PropertyInfo[]? known) ? known : Properties[type] = Declared(type);
        }
    }

    [UnconditionalSuppressMessage(Trimming.Category, "IL2070", Justification = Trimming.OwnClasses)]
    private static PropertyInfo[] Declared(Type type)
    {
        var found = new List<PropertyInfo>();
        for (Type? t = type; t is not null && t != typeof(Module); t = t.BaseType)
        {
            found.InsertRange(0, t.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
                .Where(p => p.GetIndexParameters().Length == 0 && IsPart(p.PropertyType))
                .OrderBy(p => p.MetadataToken));
        }

        return [.. found];
    }

    private static bool IsPart(Type type) =>
        typeof(Module).IsAssignableFrom(type) || type == typeof(Parameter) || type == typeof(BufferTensor)
        || typeof(IReadOnlyList<Module>).IsAssignableFrom(type) || typeof(IReadOnlyList<Parameter>).IsAssignableFrom(type);

    private static string Join(string path, string name) => path.Length == 0 ? name : name.Length == 0 ? path : $"{path}.{name}";

    private static string Snake(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (int i = 0; i < name.Length; i++)
        {
            if (char.IsUpper(name[i]) && i > 0 && !char.IsUpper(name[i - 1]))
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}
