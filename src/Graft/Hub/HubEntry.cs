namespace Graft.Hub;

/// <summary>What a hub name stands for: published weights, or a data set.</summary>
/// <param name="Name">Its name, such as "resnet18"; where it has weights of a library, the library's own name.</param>
/// <param name="IsData">Whether it is a data set; otherwise it is weights, and what belongs to them.</param>
/// <param name="What">One line on what it is and who made it.</param>
/// <param name="License">Under what terms; "none stated" where nobody says.</param>
/// <param name="Files">At least one; the first holds the weights.</param>
/// <param name="Path">What the name leads to, below its folder; "" for the folder itself, null for the first file.</param>
/// <param name="Model">The keys of the backbone that the weights fit, as in an experiment file, such as name: vgg, depth: 16; empty where Graft has no such family.</param>
/// <param name="Parameters">How many numbers the weights hold, as published; null where nobody says.</param>
/// <param name="Preprocessing">How pictures became numbers; null for what knows no pictures.</param>
public sealed record HubEntry(
    string Name, bool IsData, string What, string License, IReadOnlyList<HubFile> Files, string? Path,
    IReadOnlyDictionary<string, string> Model, long? Parameters, HubPreprocessing? Preprocessing)
{
    /// <summary>Bytes of all files together, or null where some are not known.</summary>
    public long? Size => Files.All(f => f.Size is not null) ? Files.Sum(f => f.Size) : null;
}
