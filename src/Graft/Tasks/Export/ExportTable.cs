using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Models.Graphs;
using Graft.Tensors;

namespace Graft.Tasks.Export;

/// <summary>What the encoder of a table does, as ops: one number a column goes in, and features come out.</summary>
internal static class ExportTable
{
    /// <summary>The input of raw columns.</summary>
    /// <exception cref="GraftInputException">A column is a text.</exception>
    public static ExportInput Of(InputEncoder encoder)
    {
        var pieces = new List<Func<Tensor, Tensor>>();
        var columns = new JsonArray();
        var run = new List<NumberScaler>();
        int at = 0;

        // Plain numbers side by side are scaled together.
        void EndRun()
        {
            if (run.Count > 0)
            {
                NumberScaler[] scalers = [.. run];
                int start = at - run.Count;
                pieces.Add(x => Scale(x.Slice(1, start, scalers.Length), scalers, out _));
                run.Clear();
            }
        }

        foreach (ColumnEncoder column in encoder.Columns)
        {
            int place = at;
            switch (column)
            {
                case NumberEncoder number when !number.Indicator:
                    run.Add(number.Scaler);
                    columns.Add((JsonNode)new JsonObject { ["name"] = column.Column, ["kind"] = "number" });
                    at++;
                    break;
                case NumberEncoder number:
                    EndRun();
                    pieces.Add(x => WithIndicator(x.Slice(1, place, 1), number.Scaler));
                    columns.Add((JsonNode)new JsonObject { ["name"] = column.Column, ["kind"] = "number" });
                    at++;
                    break;
                case VectorEncoder vector:
                    run.AddRange(vector.Scalers);
                    foreach (string name in vector.FeatureNames)
                    {
                        columns.Add((JsonNode)new JsonObject { ["name"] = name, ["kind"] = "number" });
                    }

                    at += vector.Scalers.Count;
                    break;
                case CategoryEncoder category:
                    EndRun();
                    pieces.Add(x => OneOfMany(x.Slice(1, place, 1), category));
                    columns.Add((JsonNode)new JsonObject { ["name"] = column.Column, ["kind"] = "category", ["levels"] = new JsonArray([.. category.Levels.Select(l => (JsonNode)l)]) });
                    at++;
                    break;
                default:
                    throw new GraftInputException("", $"normalize: expected columns of numbers and categories, got '{column.Column}', whose features a graph cannot make. Export without it, and encode rows before.");
            }
        }

        EndRun();
        return new ExportInput(
            GraphSamples.Of(new InputShape(InputKind.Table, [at])),
            given => (pieces.Count == 1 ? pieces[0](given[0]) : Tensor.Concat([.. pieces.Select(p => p(given[0]))], 1), null),
            "columns in the order of the metadata: numbers in their own units, NaN where they are missing; categories by the place of their level from 0, -1 for one that is not there, NaN where it is missing",
            new JsonObject { ["kind"] = "columns", ["columns"] = columns });
    }

    /// <summary>Numbers of features in the last axis, scaled; what is missing is filled.</summary>
    /// <param name="x">Shape [..., features].</param>
    /// <param name="scalers">The scale of each feature.</param>
    /// <param name="present">1 where there is a number, 0 where it is missing.</param>
    public static Tensor Scale(Tensor x, IReadOnlyList<NumberScaler> scalers, out Tensor present)
    {
        Shape vector = [scalers.Count];
        present = x.EqualTo(x);
        Tensor filled = Tensor.Where(present, x, Tensor.From([.. scalers.Select(s => (float)s.Fill)], vector));
        return (filled - Tensor.From([.. scalers.Select(s => (float)s.Center)], vector)) * Tensor.From([.. scalers.Select(s => (float)(1 / s.Scale))], vector);
    }

    private static Tensor WithIndicator(Tensor x, NumberScaler scaler)
    {
        Tensor scaled = Scale(x, [scaler], out Tensor present);
        return Tensor.Concat([scaled, 1 - present], 1);
    }

    // [B, 1] becomes [B, levels], and a feature for what is missing.
    private static Tensor OneOfMany(Tensor x, CategoryEncoder category)
    {
        int levels = category.Levels.Count, wide = category.Shape.Length;
        if (levels == 0)
        {
            return category.Indicator ? 1 - x.EqualTo(x) : x.EqualTo(Tensor.Scalar(float.NegativeInfinity));
        }

        Tensor hot = x.EqualTo(Tensor.From([.. Enumerable.Range(0, levels).Select(i => (float)i)], [1, levels]));
        return wide > levels ? Tensor.Concat([hot, 1 - x.EqualTo(x)], 1) : hot;
    }
}
