using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Nn.Layers;

/// <summary>Modules one after the other: each takes the output of the one before. Can be written as a collection: [new Linear(20, 64), new Relu()].</summary>
/// <remarks>Paths are numbers: "0.weight". A <see cref="Relu"/> behind a layer that can do it on the way is computed there: the same numbers in one pass less.
/// A <see cref="BatchNorm"/> behind a <see cref="Conv2d"/>, and a rectifier behind that, are computed with it: <see cref="Conv2d.Forward(Tensor, BatchNorm, Rectifier, Tensor?)"/>.
/// Where no gradient is wanted (<see cref="NoGrad"/>), large tensors between the modules are taken back as soon as the next module has run.</remarks>
[CollectionBuilder(typeof(Sequential), nameof(Create))]
public sealed class Sequential : Module, IReadOnlyList<Module>
{
    private readonly Module[] _modules;

    /// <param name="modules">The modules, first to last.</param>
    public Sequential(params ReadOnlySpan<Module> modules) => _modules = modules.ToArray();

    /// <summary>Number of modules.</summary>
    public int Count => _modules.Length;

    /// <summary>The module at a place.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public Module this[int index] => _modules[index];

    /// <summary>What a collection expression calls.</summary>
    /// <param name="modules">The modules, first to last.</param>
    public static Sequential Create(ReadOnlySpan<Module> modules) => new(modules);

    /// <param name="x">What the first module takes.</param>
    /// <returns>What the last module gives; without modules <paramref name="x"/> itself.</returns>
    public override Tensor Forward(Tensor x)
    {
        Module[] modules = _modules;
        var chain = Chain.Begin();
        for (int i = 0; i < modules.Length; i++)
        {
            if (i + 1 < modules.Length && modules[i] is Conv2d conv && modules[i + 1] is BatchNorm norm)
            {
                Rectifier rectifier = i + 2 < modules.Length ? RectifierOf(modules[i + 2]) : Rectifier.None;
                x = chain.Next(x, conv.Forward(x, norm, rectifier));
                i += rectifier == Rectifier.None ? 1 : 2;
            }
            else if (i + 1 < modules.Length && modules[i] is BatchNorm alone && RectifierOf(modules[i + 1]) is not Rectifier.None and Rectifier behind)
            {
                x = chain.Next(x, alone.Forward(x, behind));
                i++;
            }
            else if (i + 1 < modules.Length && modules[i + 1] is Relu && modules[i] is ITakesRelu layer)
            {
                x = chain.Next(x, layer.Forward(x, relu: true));
                i++;
            }
            else
            {
                x = chain.Next(x, modules[i].Forward(x));
            }
        }

        return x;
    }

    /// <inheritdoc/>
    public IEnumerator<Module> GetEnumerator() => ((IEnumerable<Module>)_modules).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => $"Sequential({string.Join(", ", _modules.Select(m => m.ToString()))})";

    private static Rectifier RectifierOf(Module module) => module switch
    {
        Relu => Rectifier.Relu,
        Relu6 => Rectifier.Relu6,
        _ => Rectifier.None,
    };

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children()
    {
        for (int i = 0; i < _modules.Length; i++)
        {
            yield return (i.ToString(CultureInfo.InvariantCulture), _modules[i]);
        }
    }
}
