namespace Graft.Models.Graphs.Tracing;

/// <summary>Says one layer of a recurrent network in one direction in ONNX, whose blocks of gates stand in another order.</summary>
internal static class TraceRecurrent
{
    // Ours: input, forget, candidate, output. ONNX: input, output, forget, candidate.
    private static readonly int[] Lstm = [0, 3, 1, 2];

    // Ours: reset, update, candidate. ONNX: update, reset, candidate.
    private static readonly int[] Gru = [1, 0, 2];

    /// <param name="s">Operands: input, both weights, both biases, lengths, first hidden states, first cells.</param>
    /// <param name="lengths">The name of the lengths; empty where there are none.</param>
    public static void Add(in TraceStep s, string lengths)
    {
        TraceBuilder b = s.Builder;
        bool isLstm = s.Name == "Lstm";
        int[] order = isLstm ? Lstm : Gru;
        int hidden = s.Sizes(2)[1].Count;
        if (b.IsLive(s.Place(1)) || b.IsLive(s.Place(2)) || (s.Has(3) && b.IsLive(s.Place(3))) || (s.Has(4) && b.IsLive(s.Place(4))))
        {
            throw b.Refused($"{s.Name} with weights of its own", "weights that depend on the input");
        }

        string suffix = isLstm ? "iofc" : "zrh";
        string w = b.Constant(s.Place(1), suffix, t => Reordered(t, order)), r = b.Constant(s.Place(2), suffix, t => Reordered(t, order));
        string bias = "";
        if (s.Has(3) || s.Has(4))
        {
            float[] Part(TraceStep step, int operand) => step.Has(operand)
                ? Reordered(step.Builder.Numbers(step.Place(operand)), order).Values!
                : new float[order.Length * hidden];

            bias = b.Constant(b.HintOf(s.Place(s.Has(3) ? 3 : 4), suffix), new GraphTensor([1, 2 * order.Length * hidden], (float[])[.. Part(s, 3), .. Part(s, 4)]));
        }

        string first = s.Has(6) ? b.Add("Unsqueeze", [s.In(6), b.Integers(0)]) : "", firstCell = s.Has(7) ? b.Add("Unsqueeze", [s.In(7), b.Integers(0)]) : "";
        var inputs = new List<string> { b.Add("Transpose", [s.In(0)], ("perm", (long[])[1, 0, 2])), w, r, bias, lengths, first, firstCell };
        while (inputs[^1].Length == 0)
        {
            inputs.RemoveAt(inputs.Count - 1);
        }

        List<(string, object)> attributes = [("hidden_size", (long)hidden), ("direction", s.Flag("reverse") ? "reverse" : "forward")];
        if (!isLstm)
        {
            attributes.Add(("linear_before_reset", 1L));
        }

        string[] given = b.AddMany(isLstm ? "LSTM" : "GRU", inputs, isLstm ? 3 : 2, [.. attributes]);
        b.Set(s.Result(), b.Add("Transpose", [b.Add("Squeeze", [given[0], b.Integers(1)])], ("perm", (long[])[1, 0, 2])));
        for (int i = 1; i < given.Length; i++)
        {
            // Of a row without steps ONNX says 0; it keeps its first state.
            string last = b.Add("Squeeze", [given[i], b.Integers(0)]);
            int start = i == 1 ? 6 : 7;
            b.Set(s.Result(i), lengths.Length > 0 && s.Has(start) ? b.Add("Where", [HasSteps(s), last, s.In(start)]) : last);
        }
    }

    private static string HasSteps(in TraceStep s) =>
        s.Builder.Add("Unsqueeze", [s.Builder.Add("Greater", [s.In(5), s.Builder.Integers(0)]), s.Builder.Integers(1)]);

    // Blocks of rows in another order, with an axis for the direction in front.
    private static GraphTensor Reordered(GraphTensor weights, int[] order)
    {
        int block = weights.Count / order.Length;
        var values = new float[weights.Count];
        for (int i = 0; i < order.Length; i++)
        {
            weights.Values.AsSpan(order[i] * block, block).CopyTo(values.AsSpan(i * block, block));
        }

        return new GraphTensor([1, .. weights.Sizes], values);
    }
}
