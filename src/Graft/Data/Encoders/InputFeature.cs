namespace Graft.Data.Encoders;

/// <summary>One number of an encoded table row.</summary>
/// <param name="Name">Its name, such as "workclass=Private".</param>
/// <param name="Column">The column it came from.</param>
public sealed record InputFeature(string Name, string Column);
