namespace Graft.Data.Sources;

/// <summary>Somewhere that rows come from: a file format or a generator, with the parameters that say how to read it.</summary>
/// <remarks>
/// A source is only a description: making one touches no file. Constructor parameters are its keys in an experiment file.
/// Files are treated as hostile: every size, count and loop is bounded, and what cannot be read is a
/// <see cref="GraftInputException"/> that names file and place, or a row that was skipped because the file asked for it,
/// counted in <see cref="Dataset.Notices"/>.
/// </remarks>
[Family("sources", Key = "source")]
public abstract class DataSource
{
    /// <summary>Reads all rows; the same ones in the same order every time.</summary>
    /// <param name="context">Where files are looked for, and the seed of generators.</param>
    /// <exception cref="GraftInputException">A file is missing, damaged or hostile.</exception>
    public abstract Dataset Read(DataContext context);
}
