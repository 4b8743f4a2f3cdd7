namespace Graft.Data.Encoders;

/// <summary>How the bytes of a picture become numbers.</summary>
public enum PixelScaling
{
    /// <summary>Each channel to mean 0 and standard deviation 1 over the training pictures.</summary>
    Standard,

    /// <summary>Divided by 255: [0, 1].</summary>
    Unit,

    /// <summary>Left as they are: [0, 255].</summary>
    None,
}
