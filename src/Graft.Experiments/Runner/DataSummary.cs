using Graft.Data;
using Graft.Data.Encoders;
using Graft.Experiments.Reports;
using Graft.Data.Splits;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Tasks;

namespace Graft.Experiments.Runner;

/// <summary>What the report says about the data: rows, columns, classes, gaps, and rows that stand on two sides of a split.</summary>
internal static class DataSummary
{
    private const int MostColumns = 60;
    private const int MostPictures = 24;

    // Hashing pictures means decoding them: beyond this many rows duplicates are not looked for.
    private const int MostHashed = 50_000;

    public static DataSetRecord Of(PreparedData data, string source, string content)
    {
        Dataset[] sides = [data.Rows(Side.Train), data.Rows(Side.Validation), data.Rows(Side.Test)];
        Dataset train = sides[0];
        var notices = data.Notices.ToList();
        (long inside, long across) = sides.Sum(s => s.Count) <= MostHashed ? Duplicates(sides, data) : (0, 0);
        if (across > 0)
        {
            notices.Add($"{across} rows of the validation or test side have inputs that also stand among the training rows.");
        }

        return new DataSetRecord
        {
            Name = data.Name,
            Source = source,
            Content = content,
            Rows = sides.Sum(s => (long)s.Count),
            Splits = new Dictionary<string, long> { ["train"] = sides[0].Count, ["validation"] = sides[1].Count, ["test"] = sides[2].Count },
            Columns = [.. train.Columns.Take(MostColumns).Select(Describe)],
            ColumnCount = train.Columns.Count,
            Labels = [.. data.Tasks.Take(200).Select(t => Label(data, t))],
            DuplicatesInside = inside,
            DuplicatesAcross = across,
            Notices = notices,
            Pictures = Pictures(data),
        };
    }

    private static ColumnRecord Describe(Column column)
    {
        long missing = Enumerable.Range(0, column.Count).LongCount(column.IsMissing);
        float[] numbers = column switch
        {
            NumberColumn n => [.. n.Values.ToArray().Where(float.IsFinite)],
            VectorColumn v => [.. v.Values.ToArray().Where(float.IsFinite)],
            _ => [],
        };
        long distinct = column switch
        {
            NumberColumn => numbers.Distinct().LongCount(),
            CategoryColumn c => c.Codes.ToArray().Where(k => k >= 0).Distinct().LongCount(),
            TextColumn t => t.Values.Distinct(StringComparer.Ordinal).LongCount(),
            _ => 0,
        };
        return new ColumnRecord
        {
            Name = column.Name,
            Kind = column.Kind,
            Missing = missing,
            Distinct = distinct,
            Min = numbers.Length == 0 ? double.NaN : numbers.Min(),
            Mean = numbers.Length == 0 ? double.NaN : numbers.Average(n => (double)n),
            Max = numbers.Length == 0 ? double.NaN : numbers.Max(),
            Note = column switch
            {
                VectorColumn v => $"{v.Width} numbers a row",
                SequenceColumn s => $"{s.Width} numbers a step, at most {s.MaxSteps} steps",
                _ => "",
            },
        };
    }

    private static LabelRecord Label(PreparedData data, PreparedTask task)
    {
        Targets truths = data.Truths(Side.Train, task);
        bool[]? own = task.Target.Only?.In(data.Rows(Side.Train));
        long missing = Enumerable.Range(0, truths.Count).LongCount(r => (own is null || own[r]) && truths.IsMissing(r));
        float[] raw = [.. truths.Raw.ToArray().Where(float.IsFinite)];
        bool classes = truths.Labels.Length > 0;
        ClassCount[] counts = classes
            ? [.. task.Target.Names.Select((n, i) => new ClassCount(n, truths.Labels.ToArray().LongCount(l => l == i)))]
            : task.Spec.Kind == Graft.Tasks.TaskKind.MultiLabel
                ? [.. task.Target.Names.Select((n, i) => new ClassCount(n, Enumerable.Range(0, truths.Count).LongCount(r => truths.Raw[(r * task.Target.Outputs) + i] == 1)))]
                : [];
        long[] present = [.. counts.Select(c => c.Rows).Where(c => c > 0)];
        return new LabelRecord
        {
            Task = task.Name,
            Kind = Convert(task.Spec.Kind),
            Classes = counts,
            Missing = missing,
            Imbalance = present.Length < 2 || !classes ? double.NaN : (double)present.Max() / present.Min(),
            Min = classes || raw.Length == 0 ? double.NaN : raw.Min(),
            Mean = classes || raw.Length == 0 ? double.NaN : raw.Average(v => (double)v),
            Max = classes || raw.Length == 0 ? double.NaN : raw.Max(),
        };
    }

    public static Runs.TaskKind Convert(Graft.Tasks.TaskKind kind) => Enum.Parse<Runs.TaskKind>(kind.ToString());

    private static (long Inside, long Across) Duplicates(Dataset[] sides, PreparedData data)
    {
        string[] inputs = [.. data.Inputs.Columns.Select(c => c.Column)];
        ulong[][] hashes = [.. sides.Select(s => s.Count == 0 ? [] : RowHash.Of(s, inputs))];
        var train = new HashSet<ulong>(hashes[0]);
        long inside = hashes.Sum(h => (long)h.Length - h.Distinct().LongCount());
        long across = hashes[1].Concat(hashes[2]).LongCount(train.Contains);
        return (inside, across);
    }

    private static List<PictureRecord> Pictures(PreparedData data)
    {
        Dataset train = data.Rows(Side.Train);
        var found = new List<PictureRecord>();
        if (data.Inputs.Picture is not { } encoder || train[encoder.Column] is not PictureColumn pictures || data.Tasks.Count == 0)
        {
            return found;
        }

        PreparedTask task = data.Tasks[0];
        int[] labels = data.Truths(Side.Train, task).Labels.ToArray();
        int each = Math.Max(1, MostPictures / Math.Max(1, task.Target.Names.Count));
        for (int c = 0; c < task.Target.Names.Count && found.Count < MostPictures; c++)
        {
            foreach (int row in Enumerable.Range(0, labels.Length).Where(r => labels[r] == c).Take(each))
            {
                if (pictures.Read(row) is { } picture)
                {
                    found.Add(new PictureRecord(task.Target.Names[c], Thumbnail.Png(picture)));
                }
            }
        }

        return found;
    }
}
