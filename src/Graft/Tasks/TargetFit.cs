using Graft.Data;
using Graft.Data.Encoders;

namespace Graft.Tasks;

/// <summary>Learns classes and scales of target columns.</summary>
internal sealed class TargetFit(Dataset train, IReadOnlyList<string> columns, TargetOptions options)
{
    private const int MostClasses = 10_000;

    public TargetEncoder Run()
    {
        if (columns.Count == 0)
        {
            throw Refuse("expected at least one column, got none.");
        }

        foreach (string column in columns)
        {
            _ = train[column];         // refuses what is not there
        }

        TaskKind kind = options.Kind ?? Infer();
        if (kind is TaskKind.Binary or TaskKind.MultiClass)
        {
            if (columns.Count > 1)
            {
                throw Refuse($"expected one column of classes, got {columns.Count}. Several 0/1 columns are a multi-label task.");
            }

            string[] classes = Classes(kind, columns[0], out bool rest);
            return new TargetEncoder(kind, columns, classes, null, options.SkipUnseen, rest, options.Only);
        }

        string[] names = columns.Count == 1 && train[columns[0]] is VectorColumn vector
            ? [.. Enumerable.Range(0, vector.Width).Select(i => FormattableString.Invariant($"{vector.Name}[{i}]"))]
            : [.. columns];
        float[] values = TargetReader.Values(train, columns, names.Length, zeroOrOne: kind == TaskKind.MultiLabel);
        return new TargetEncoder(kind, columns, names, Scalers(kind, names, values), only: options.Only);
    }

    private NumberScaler[]? Scalers(TaskKind kind, string[] names, float[] values)
    {
        var scalers = new NumberScaler[names.Length];
        for (int output = 0; output < names.Length; output++)
        {
            float[] own = [.. Enumerable.Range(0, train.Count).Select(r => values[(r * names.Length) + output])];
            scalers[output] = Array.TrueForAll(own, float.IsNaN)
                ? throw Refuse($"expected a training row with a value of '{names[output]}', got none of {train.Count}.")
                : NumberScaler.Fit(own, NumberScaling.Standard);
        }

        return kind == TaskKind.Regression && options.Standardize ? scalers : null;
    }

    private string[] Classes(TaskKind kind, string name, out bool rest)
    {
        string[] classes = [.. options.Classes ?? Seen(TargetReader.Categories(train, name))];
        if (classes.Distinct(StringComparer.Ordinal).Count() != classes.Length)
        {
            throw Refuse($"expected distinct classes, got {TargetReader.Some(classes)}.");
        }

        rest = kind == TaskKind.Binary && classes.Length > 2 && options.Positive is not null;
        if (rest)
        {
            return classes.Contains(options.Positive!)
                ? [$"not {options.Positive}", options.Positive!]
                : throw Refuse($"expected the positive class to be one of {TargetReader.Some(classes)}, got '{options.Positive}'.");
        }

        if (kind == TaskKind.Binary ? classes.Length != 2 : classes.Length is < 2 or > MostClasses)
        {
            throw Refuse($"expected {(kind == TaskKind.Binary ? "2 classes for a binary task" : $"2 to {MostClasses} classes")} in column '{name}' of the training rows, got {classes.Length}{(classes.Length == 0 ? "" : $": {TargetReader.Some(classes)}")}.{(kind == TaskKind.Binary && classes.Length > 2 ? " Say with positive which one counts as yes, or make it a multi-class task." : "")}");
        }

        if (options.Positive is not { } positive)
        {
            return classes;
        }

        return kind != TaskKind.Binary ? throw Refuse($"expected no positive class in a {kind} task, got '{positive}'.")
            : classes[1] == positive ? classes
            : classes[0] == positive ? [classes[1], classes[0]]
            : throw Refuse($"expected the positive class to be one of {classes[0]}, {classes[1]}, got '{positive}'.");
    }

    private TaskKind Infer()
    {
        if (options.Positive is not null)
        {
            return TaskKind.Binary;
        }

        if (options.Classes is not null)
        {
            return options.Classes.Count == 2 ? TaskKind.Binary : TaskKind.MultiClass;
        }

        if (columns.Count > 1)
        {
            return columns.All(c => IsFlags(train[c])) ? TaskKind.MultiLabel : TaskKind.Regression;
        }

        Column column = train[columns[0]];
        return column switch
        {
            CategoryColumn or TextColumn => Seen(TargetReader.Categories(train, column.Name)).Length == 2 ? TaskKind.Binary : TaskKind.MultiClass,
            NumberColumn => IsFlags(column) ? TaskKind.Binary : TaskKind.Regression,
            VectorColumn vector => vector.Values.ToArray().All(v => v is 0 or 1 or float.NaN) ? TaskKind.MultiLabel : TaskKind.Regression,
            _ => throw Refuse($"expected a column of classes or numbers, got '{column.Name}', a {column.Kind} column."),
        };
    }

    private static bool IsFlags(Column column) => column switch
    {
        NumberColumn number => number.Values.ToArray() is var v && v.All(x => x is 0 or 1 or float.NaN) && v.Contains(0) && v.Contains(1),
        CategoryColumn category => category.Levels.All(l => TargetReader.Flag(l) is not null),
        TextColumn text => text.Values.All(t => string.IsNullOrEmpty(t) || TargetReader.Flag(t) is not null),
        _ => false,
    };

    /// <summary>The levels that rows have, in the order of the column.</summary>
    private static string[] Seen(CategoryColumn column)
    {
        var seen = new bool[column.Levels.Count];
        foreach (int code in column.Codes)
        {
            if (code >= 0)
            {
                seen[code] = true;
            }
        }

        return [.. column.Levels.Where((_, l) => seen[l])];
    }

    private GraftInputException Refuse(string message) => new(train.Name, "target: " + message);
}
