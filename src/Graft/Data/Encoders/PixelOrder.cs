namespace Graft.Data.Encoders;

/// <summary>In which order a model takes the channels of a color picture.</summary>
public enum PixelOrder
{
    /// <summary>Red, green, blue: most models.</summary>
    Rgb,

    /// <summary>Blue, green, red: models from Caffe, and those of Keras that followed them.</summary>
    Bgr,
}
