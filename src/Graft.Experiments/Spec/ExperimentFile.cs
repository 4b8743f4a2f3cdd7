using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec.Checks;

namespace Graft.Experiments.Spec;

/// <summary>An experiment file that was read, changed from the command line, bound and checked; nothing is wrong with it as far as can be seen without its data.</summary>
public sealed class ExperimentFile
{
    private readonly PartCatalogue _catalogue;

    private ExperimentFile(string path, SpecNode tree, ExperimentSpec spec, PartCatalogue catalogue)
    {
        Path = path;
        Tree = tree;
        Spec = spec;
        _catalogue = catalogue;
    }

    /// <summary>The file, as the user wrote it.</summary>
    public string Path { get; }

    /// <summary>What the file says, with the values of the command line in place.</summary>
    public SpecNode Tree { get; }

    /// <summary>What it means.</summary>
    public ExperimentSpec Spec { get; }

    /// <summary>The experiment's name, or else the file's without its extension.</summary>
    public string Name => Spec.Name ?? System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>The folder that relative paths in the file start from.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;

    /// <summary>The experiment as YAML, with the values of the command line and all defaults in place; reading it gives the same experiment.</summary>
    public string Resolved => SpecWriter.Write(_catalogue.Complete<ExperimentSpec>(Tree));

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="assignments">Values from the command line, such as "epochs=2".</param>
    /// <param name="catalogue">The parts it may name; left out, those of Graft.</param>
    /// <exception cref="GraftInputException">Something is wrong with it; holds everything that is.</exception>
    public static ExperimentFile Read(string path, IEnumerable<string>? assignments = null, PartCatalogue? catalogue = null) =>
        From(path, SpecReader.ReadFile(path), assignments, catalogue);

    /// <summary>Reads text.</summary>
    /// <param name="path">What findings call it, and where relative paths start from.</param>
    /// <param name="text">YAML.</param>
    /// <param name="assignments">Values from the command line, such as "epochs=2".</param>
    /// <param name="catalogue">The parts it may name; left out, those of Graft.</param>
    /// <exception cref="GraftInputException">Something is wrong with it; holds everything that is.</exception>
    public static ExperimentFile Parse(string path, string text, IEnumerable<string>? assignments = null, PartCatalogue? catalogue = null) =>
        From(path, SpecReader.Read(path, text), assignments, catalogue);

    /// <summary>The same experiment with other values, as a trial of a search needs it.</summary>
    /// <param name="values">New values by path.</param>
    /// <exception cref="GraftInputException">The values do not fit.</exception>
    public ExperimentFile With(IEnumerable<KeyValuePair<string, SpecNode>> values) =>
        From(Path, values.Aggregate(Tree, (tree, v) => SpecOverride.Set(tree, v.Key, v.Value)), null, _catalogue);

    private static ExperimentFile From(string path, SpecNode tree, IEnumerable<string>? assignments, PartCatalogue? catalogue)
    {
        catalogue ??= PartCatalogue.Default;
        tree = SpecOverride.Apply(tree, assignments ?? []);
        var findings = new Findings();
        ExperimentSpec? spec = catalogue.Bind<ExperimentSpec>(tree, findings);
        if (spec is not null)
        {
            TaskChecks.Judge(spec, findings);
            StageChecks.Judge(spec, findings);
            string name = spec.Name ?? System.IO.Path.GetFileNameWithoutExtension(path);
            NameChecks.Judge(name, "name", spec.PlaceOf("name"), findings);
            if (findings.Count == 0)
            {
                SearchChecks.Judge(spec, tree, catalogue, findings);
            }
        }

        findings.ThrowIfAny();
        return new ExperimentFile(path, tree, spec!, catalogue);
    }
}
