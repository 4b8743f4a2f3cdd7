using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;

namespace Graft.Nn.Optimizers;

/// <summary>A rule by which parameters follow their gradients.</summary>
/// <remarks>
/// <para>Made without parameters, so that it can be named in an experiment file; <see cref="Attach(ParameterGroup[])"/> gives it its parameters.</para>
/// <para>A parameter that is frozen or that no gradient has reached since <see cref="ZeroGrad"/> is left alone: no weight decay, no momentum. Neighbors in
/// memory are updated in one go.</para>
/// <para>A step ends the life of every tensor made since the step before; see <see cref="Tensor"/>.</para>
/// </remarks>
[Family("optimizers")]
public abstract class Optimizer : IStateful
{
    private readonly int _slotCount;
    private Entry[] _entries = [];
    private FlatMemory? _slots;
    private long _stride;

    /// <param name="rate">Learning rate; at least 0.</param>
    /// <param name="weightDecay">Weight decay; at least 0.</param>
    /// <param name="slots">How many numbers are remembered for each parameter; 0 to 3.</param>
    protected Optimizer(float rate, float weightDecay, int slots)
    {
        Rate = Check.NonNegative(rate);
        WeightDecay = Check.NonNegative(weightDecay);
        _slotCount = Check.Within(0, 3, slots);
    }

    /// <summary>The learning rate before schedule and groups.</summary>
    public float Rate { get; }

    /// <summary>The weight decay of parameters whose group has none of its own.</summary>
    public float WeightDecay { get; }

    /// <summary>Takes parameters to update, and forgets everything about others.</summary>
    /// <param name="parameters">Of one or several initialized models; one that comes twice is taken once.</param>
    /// <exception cref="InvalidOperationException">A model was not initialized.</exception>
    public void Attach(IEnumerable<Parameter> parameters) => Attach(new ParameterGroup(parameters.Distinct()));

    /// <summary>Takes parameters to update, in groups, and forgets everything about others.</summary>
    /// <param name="groups">No parameter may stand in two of them.</param>
    /// <exception cref="ArgumentException">A parameter comes twice.</exception>
    /// <exception cref="InvalidOperationException">A model was not initialized.</exception>
    public void Attach(params ParameterGroup[] groups)
    {
        var entries = new List<Entry>();
        var seen = new HashSet<Parameter>();
        long offset = 0;
        foreach (ParameterGroup group in groups)
        {
            foreach (Parameter parameter in group.Parameters)
            {
                if (!seen.Add(parameter))
                {
                    throw new ArgumentException($"{this}: expected every parameter in one group, got '{parameter.Path}' twice.", nameof(groups));
                }

                int padded = checked((int)ParameterMemory.Padded(parameter.Value.Count));
                entries.Add(new Entry(parameter, offset, group.RateFactor * parameter.RateFactor * (IsAdaptive ? 1 : parameter.DescentFactor), group.WeightDecay ?? parameter.WeightDecay ?? WeightDecay));
                offset += padded;
            }
        }

        _entries = [.. entries];
        _stride = offset;
        _slots = new FlatMemory(offset * _slotCount);
        for (int i = 0; i < _slotCount; i++)
        {
            if (FirstValue(i) is not 0 and float first)
            {
                Fill(i, first);
            }
        }
    }

    /// <summary>Changes every parameter that has a gradient, and ends the life of the tensors of this step.</summary>
    /// <param name="rateFactor">What the schedule makes of the learning rate; at least 0.</param>
    /// <exception cref="InvalidOperationException">No parameters were attached.</exception>
    public void Step(float rateFactor = 1)
    {
        Check.NonNegative(rateFactor);
        FlatMemory slots = _slots ?? throw new InvalidOperationException($"{this}: expected parameters to update, got none. Call Attach first.");
        Entry[] entries = _entries;
        for (int i = 0; i < entries.Length;)
        {
            ref Entry first = ref entries[i++];
            if (first.Parameter.IsFrozen || !FlatRun.TryBegin(first.Parameter.Value, out FlatRun run))
            {
                continue;
            }

            int begin = i - 1;
            first.Updates++;
            while (i < entries.Length && entries[i].IsTreatedLike(first) && run.TryExtend(entries[i].Parameter.Value))
            {
                entries[i++].Updates++;
            }

            Update(new ParameterRun(run, slots, _stride, first.Offset)
            {
                Rate = Rate * rateFactor * first.RateFactor,
                WeightDecay = first.WeightDecay,
                Update = first.Updates,
            });
            foreach (ref readonly Entry changed in entries.AsSpan(begin..i))
            {
                changed.Parameter.Value.Wrote();
            }
        }

        GC.KeepAlive(this);
        Tape.Current.EndStep();
    }

    /// <summary>Forgets all gradients; call it before the next backward pass.</summary>
    public void ZeroGrad()
    {
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            entry.Parameter.Value.ClearGrad();
        }
    }

    /// <inheritdoc/>
    public void Save(State state)
    {
        state.Set("updates", _entries.Select(e => e.Updates).ToArray());
        for (int i = 0; i < _slotCount && _slots is not null; i++)
        {
            state.Set($"slot{i}", _slots.Span(i * _stride, checked((int)_stride)).ToArray());
        }

        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public void Load(State state)
    {
        long[] updates = state.Get<long[]>("updates");
        if (updates.Length != _entries.Length)
        {
            throw Foreign($"{_entries.Length} parameters", updates.Length);
        }

        var slots = new float[_slotCount][];
        for (int i = 0; i < _slotCount && _slots is not null; i++)
        {
            slots[i] = state.Get<float[]>($"slot{i}");
            if (slots[i].Length != _stride)
            {
                throw Foreign($"{_stride} numbers in slot {i}", slots[i].Length);
            }
        }

        for (int i = 0; i < updates.Length; i++)
        {
            _entries[i].Updates = updates[i];
        }

        for (int i = 0; i < _slotCount && _slots is not null; i++)
        {
            slots[i].CopyTo(_slots.Span(i * _stride, slots[i].Length));
        }

        GC.KeepAlive(this);
    }

    /// <summary>Changes the values of a run by its gradients, and what is remembered of it.</summary>
    /// <param name="run">Values, gradients, slots, learning rate.</param>
    protected abstract void Update(in ParameterRun run);

    /// <summary>Whether steps do not depend on the size of gradients, because it divides by it.</summary>
    protected virtual bool IsAdaptive => false;

    /// <summary>What a slot holds before the first update.</summary>
    /// <param name="slot">Which.</param>
    protected virtual float FirstValue(int slot) => 0;

    // Between parameters everything stays 0.
    private void Fill(int slot, float value)
    {
        foreach (ref readonly Entry entry in _entries.AsSpan())
        {
            _slots!.Span((slot * _stride) + entry.Offset, entry.Parameter.Shape.Count).Fill(value);
        }
    }

    private GraftInputException Foreign(string expected, long actual) =>
        new("", $"checkpoint: expected the state of {this} with {expected}, got {actual}. It belongs to another model or optimizer.");

    private struct Entry(Parameter parameter, long offset, float rateFactor, float weightDecay)
    {
        public readonly Parameter Parameter = parameter;
        public readonly long Offset = offset;
        public readonly float RateFactor = rateFactor;
        public readonly float WeightDecay = weightDecay;
        public long Updates;

        // The run's first parameter has counted this update already.
        public readonly bool IsTreatedLike(in Entry first) =>
            !Parameter.IsFrozen && Updates + 1 == first.Updates && RateFactor == first.RateFactor && WeightDecay == first.WeightDecay;
    }
}
