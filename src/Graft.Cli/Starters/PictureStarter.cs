using System.Text;
using Graft.Data;
using Graft.Experiments.Spec;

namespace Graft.Cli.Starters;

/// <summary>Starting files for folders of pictures: one folder to learn from, or a known one and a new one to carry the knowledge to.</summary>
internal static class PictureStarter
{
    private const int LargestSide = 64;

    /// <summary>The text of the file.</summary>
    /// <param name="name">What the experiment is called.</param>
    /// <param name="folders">One, or the known and the new one, with their paths as they are to stand in the file.</param>
    public static string Write(string name, IReadOnlyList<PictureFolder> folders)
    {
        bool isTransfer = folders.Count > 1;
        string[] names = isTransfer ? ["known", "new"] : ["pictures"];
        var text = new StringBuilder();
        foreach (PictureFolder folder in folders)
        {
            _ = text.Append(Starter.Comment($"{folder.Path}: {folder.Pictures.Count} pictures of {folder.Classes.Count} classes: {string.Join(", ", folder.Classes.Take(10))}{(folder.Classes.Count > 10 ? ", ..." : "")}.")).Append('\n');
        }

        (int height, int width) = Size(folders[0].Pictures);
        _ = text.Append($"\nname: {name}\n\ndata:\n");
        for (int i = 0; i < folders.Count; i++)
        {
            _ = text.Append($$"""
                  {{names[i]}}:
                    source: folder          # `graft explain folder` shows its keys: limit-per-class, grey, skip-bad, ...
                    path: {{Starter.Yaml(folders[i].Path)}}
                    {{Division(folders[i])}}
                    inputs: { columns: [picture], height: {{height}}, width: {{width}} }

                """);
        }

        _ = text.Append("\ntasks:\n");
        for (int i = 0; i < folders.Count; i++)
        {
            string kind = folders[i].Classes.Count == 2 ? "binary" : "multi-class";
            _ = text.Append($"  {names[i]}: {{ data: {names[i]}, type: {kind}, target: label }}\n");
        }

        _ = text.Append("\nmodel: cnn                  # `graft list models` shows others\n\n").Append(Starter.Training(20));
        _ = isTransfer ? text.Append("""

            stages:
              - name: source
                learn: [known]
              - name: target
                transfer: [new]
                from: source
                compare: [scratch, partial, full]       # from nothing; only the new head; all layers


            """.TrimEnd()).Append('\n') : text;
        return text.ToString().ReplaceLineEndings("\n");
    }

    private static string Division(PictureFolder folder) => folder.Test is null
        ? "split: { validation: 0.1, test: 0.2, stratify: label }"
        : $"test: {{ source: folder, path: {Starter.Yaml(folder.Test)} }}\n    split: {{ validation: 0.1, stratify: label }}";

    private static (int Height, int Width) Size(Dataset folder)
    {
        Picture? first = ((PictureColumn)folder["picture"]).Read(0);
        double factor = first is null ? 1 : Math.Min(1, (double)LargestSide / Math.Max(first.Height, first.Width));
        return first is null ? (LargestSide, LargestSide) : (Math.Max(8, (int)(first.Height * factor)), Math.Max(8, (int)(first.Width * factor)));
    }
}
