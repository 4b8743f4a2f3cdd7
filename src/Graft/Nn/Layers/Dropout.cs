using System.Globalization;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Nn.Layers;

/// <summary>Sets elements to 0 at random while it learns and scales the others up, so that the expectation stays; passes everything on otherwise.</summary>
/// <remarks>The mask of a call comes from the model's seed, the layer's path and the number of calls before, which is in its state: a resumed training
/// draws the same masks. Frozen it does nothing.</remarks>
[Paper("Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, JMLR 2014", "https://jmlr.org/papers/v15/srivastava14a.html")]
public sealed class Dropout : Module
{
    private readonly float _p;
    private long _calls;

    /// <param name="p">Probability that an element becomes 0; in [0, 1).</param>
    public Dropout(float p = 0.5f) => _p = Check.Fraction(p);

    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) =>
        Draw(out float p, out RandomStream stream) ? x.Dropout(p, stream) : x;

    /// <summary>What the next call would draw, for an op that drops by itself; counts as a call.</summary>
    /// <returns>False: nothing is dropped.</returns>
    internal bool Draw(out float p, out RandomStream stream)
    {
        p = _p;
        bool drops = IsLearning && _p > 0;
        stream = drops ? RandomStream.For(Seed, Path, (ulong)_calls++) : default;
        return drops;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Dropout({_p})");

    /// <inheritdoc/>
    protected override void ResetOwn() => _calls = 0;

    /// <inheritdoc/>
    protected override void SaveOwn(State state) => state.Set("calls", _calls);

    /// <inheritdoc/>
    protected override void LoadOwn(State state) => _calls = state.Get<long>("calls");
}
