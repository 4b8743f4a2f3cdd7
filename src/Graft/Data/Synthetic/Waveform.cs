namespace Graft.Data.Synthetic;

/// <summary>The form of one period.</summary>
public enum Waveform
{
    /// <summary>A sine.</summary>
    Sine,

    /// <summary>1, then -1.</summary>
    Square,

    /// <summary>Rising from -1 to 1, then falling at once.</summary>
    Sawtooth,

    /// <summary>Rising from -1 to 1 and falling again at the same rate.</summary>
    Triangle,

    /// <summary>A sine whose frequency rises threefold from the first step to the last.</summary>
    Chirp,
}
