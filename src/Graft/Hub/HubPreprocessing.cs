namespace Graft.Hub;

/// <summary>How pictures were made into numbers when weights were learned: what a model must be given to be as good as published.</summary>
/// <param name="Size">Side of the square that the network sees, in pixels.</param>
/// <param name="Resize">Length that the shorter side is scaled to before the middle is cut out; the same as the size where nothing is cut.</param>
/// <param name="Interpolation">"bilinear" or "bicubic".</param>
/// <param name="Mean">A mean a channel (red, green, blue) of pixels divided by 255.</param>
/// <param name="Deviation">A standard deviation a channel of pixels divided by 255.</param>
public sealed record HubPreprocessing(int Size, int Resize, string Interpolation, IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation);
