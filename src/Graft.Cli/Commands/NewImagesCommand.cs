using System.CommandLine;
using Graft.Cli.Starters;
using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Cli.Commands;

/// <summary>`graft new images`: looks into folders of pictures, one sub-folder a class.</summary>
internal sealed class NewImagesCommand : NewFileCommand
{
    private static readonly string[] _tests = ["test", "val", "valid", "validation"];

    private readonly Argument<string[]> _folders = new("folder")
    {
        Description = "A folder or .zip file with one sub-folder a class, or with train and test (or val), which have them; with a second one, what the first teaches is carried to the second.",
        Arity = new ArgumentArity(1, 2),
    };

    public NewImagesCommand(CommandContext context)
        : base("images", "For a folder of pictures, or a known and a new one to transfer to.", context) => Arguments.Add(_folders);

    protected override int Execute(ParseResult parsed)
    {
        string[] paths = parsed.GetRequiredValue(_folders);
        PictureFolder[] folders = [.. paths.Select(Look)];
        string name = Starter.Name(Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(paths[^1])), "pictures");
        return Write(parsed, name, folder => PictureStarter.Write(name, [.. folders.Select(f => f.From(path => From(folder, path)))]));
    }

    // A folder may hold one for training and one for testing, each with a sub-folder a class.
    private static PictureFolder Look(string path)
    {
        string train = Path.Combine(path, "train");
        string? test = _tests.Select(t => Path.Combine(path, t)).FirstOrDefault(HasFolders);
        return HasFolders(train) && test is not null ? new PictureFolder(Read(train), train, test) : new PictureFolder(Read(path), path);
    }

    private static bool HasFolders(string path) => Directory.Exists(path) && Directory.EnumerateDirectories(path).Any();

    private static Dataset Read(string path)
    {
        if (!Path.Exists(path))
        {
            throw new UsageException($"{path}: no such folder or file.");
        }

        Dataset pictures = new FolderSource(Path.GetFullPath(path)).Read(new DataContext(Environment.CurrentDirectory, null, 1));
        return pictures.TryGet("label", out _)
            ? pictures
            : throw new UsageException($"{path}: expected one sub-folder a class, got pictures without any.");
    }
}
