using System.Text;
using Graft.Data;
using Graft.Experiments.Spec;
using Graft.Tasks;

namespace Graft.Cli.Starters;

/// <summary>Starting files for a table: one task, or several tasks learned together and apart.</summary>
internal static class TableStarter
{
    private const int MostShown = 40;

    /// <summary>The text of the file.</summary>
    /// <param name="table">The table, read.</param>
    /// <param name="name">What the experiment is called.</param>
    /// <param name="path">The table's path as it is to stand in the file.</param>
    /// <param name="targets">The columns to learn; at least one.</param>
    public static string Write(Dataset table, string name, string path, IReadOnlyList<string> targets)
    {
        var text = new StringBuilder();
        int width = table.Columns.Max(c => Math.Min(c.Name.Length, 24));
        _ = text.AppendLine(Starter.Comment($"{path}: {table.Count} rows, {table.Columns.Count} columns."));
        foreach (Column column in table.Columns.Take(MostShown))
        {
            _ = text.AppendLine(Starter.Comment($"  {column.Name.PadRight(width)}  {TableLook.Describe(column)}"));
        }

        IReadOnlyList<string> tasks = Starter.Names(targets, "task");
        bool isStratified = targets.Count == 1 && TableLook.KindOf(table[targets[0]]) != TaskKind.Regression;
        string stratify = isStratified ? $", stratify: {Starter.Yaml(targets[0])}" : "";
        Column[] inputs = [.. table.Columns.Where(c => !targets.Contains(c.Name))];
        string[] texts = [.. inputs.Where(TableLook.IsText).Select(c => c.Name)];
        _ = text.Append($$"""

            name: {{name}}

            data:
              table:
                source: csv             # `graft explain csv` shows its keys: delimiter, missing, types, ...
                path: {{Starter.Yaml(path)}}
            {{Types(texts)}}    split: { validation: 0.1, test: 0.2{{stratify}} }
            {{Inputs(texts, inputs.Length)}}
            tasks:

            """);
        for (int i = 0; i < tasks.Count; i++)
        {
            Append(text, table[targets[i]], tasks[i]);
        }

        _ = text.Append($"""

            model: {(texts.Length == 1 ? "{ name: text-cnn }" : "{ name: mlp, hidden: [64, 64] }")}      # `graft list models` shows others


            """);
        _ = text.Append(Starter.Training(Epochs(table.Count)));
        _ = tasks.Count > 1
            ? text.Append("\n# Are the tasks better learned together? Every arm learns all of them, on the same rows.\ncompare: [independent, joint]\n")
            : text;
        return text.ToString().ReplaceLineEndings("\n");
    }

    // Few rows are few updates an epoch: as many in all as 20 epochs of 3,200 rows have, but not without end.
    private static int Epochs(int rows) => Math.Clamp(6400 / Math.Max(1, rows) * 10, 20, 200);

    private static string Types(string[] texts) =>
        texts.Length == 0 ? "" : $"    types: {{ {string.Join(", ", texts.Select(t => $"{Starter.Yaml(t)}: text"))} }}\n";

    // A model of texts reads one; beside other columns a text is a bag of words.
    private static string Inputs(string[] texts, int inputs) => texts.Length switch
    {
        1 => $"    inputs: {{ columns: [{Starter.Yaml(texts[0])}], text: tokens }}      # `graft explain tokenizer`, maxTokens, maxWords\n" + (inputs > 1
                ? "    # The other columns are not seen. With inputs: { text: tf-idf } and model: mlp all are, the text as a bag of words.\n"
                : ""),
        _ => "    # inputs: { exclude: [] }          # columns that the model must not see; targets never are inputs\n",
    };

    private static void Append(StringBuilder text, Column target, string task)
    {
        TaskKind kind = TableLook.KindOf(target);
        _ = text.Append($$"""
              {{task}}:
                target: {{Starter.Yaml(target.Name)}}
                type: {{Spelling.Kebab(kind.ToString())}}

            """);
        if (kind == TaskKind.Binary && target is CategoryColumn { Levels.Count: 2 } classes)
        {
            _ = text.AppendLine($"    positive: {Starter.Yaml(classes.Levels[1])}");
        }

        if (kind != TaskKind.Regression)
        {
            _ = text.AppendLine("    # balance: true                  # rare classes weigh more in the loss");
        }
    }
}
