using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;

namespace Graft.Cli.Commands;

/// <summary>A key of the experiment file itself, wherever it may stand.</summary>
/// <param name="Path">Where it may stand: "stages.rehearse".</param>
/// <param name="Key">The key.</param>
/// <param name="Inner">The keys of its own map; none where it has no fixed ones.</param>
internal sealed record SectionKey(string Path, KeyInfo Key, IReadOnlyList<KeyInfo> Inner)
{
    /// <summary>All keys of experiment files, outer ones first.</summary>
    public static IEnumerable<SectionKey> All(PartCatalogue catalogue) => Of(catalogue, catalogue.SectionKeys(typeof(ExperimentSpec)), "");

    private static IEnumerable<SectionKey> Of(PartCatalogue catalogue, IEnumerable<KeyInfo> keys, string path) => keys.SelectMany(key =>
    {
        string inside = path + key.Name;
        IReadOnlyList<KeyInfo> inner = key.Section is { } section ? catalogue.SectionKeys(section) : [];
        return Of(catalogue, inner, inside + ".").Prepend(new SectionKey(inside, key, inner));
    });
}
