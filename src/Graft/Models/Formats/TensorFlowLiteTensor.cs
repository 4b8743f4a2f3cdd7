using Graft.Data;
using Graft.Tensors;

namespace Graft.Models.Formats;

/// <summary>A value of a TensorFlow Lite graph: a constant, or what an operator takes and gives.</summary>
/// <param name="Name">Its name, which no other has.</param>
/// <param name="Sizes">The sizes of its axes as they stand in the file, the batch mostly 1.</param>
/// <param name="Type">The type of its numbers, named as in safetensors.</param>
/// <param name="Constant">Its numbers; null for what is computed.</param>
/// <param name="Steps">How its whole numbers stand for others; null where they stand for themselves.</param>
internal sealed record TensorFlowLiteTensor(string Name, IReadOnlyList<int> Sizes, string Type, NamedArray? Constant, TensorFlowLiteSteps? Steps)
{
    private static readonly string[] Types =
        ["F32", "F16", "I32", "U8", "I64", "STRING", "BOOL", "I16", "COMPLEX64", "I8", "F64", "COMPLEX128", "U64", "RESOURCE", "VARIANT", "U32", "U16", "I4", "BF16"];

    /// <summary>The name of a type by its number in the file.</summary>
    public static string TypeOf(byte number) => number < Types.Length ? Types[number] : FormattableString.Invariant($"type {number}");

    /// <summary>The numbers of a constant where they stand in the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="at">0-based offset of the first.</param>
    public NamedArray Read(FileBytes file, long at)
    {
        int width = NumberBytes.WidthOf(Type);
        long inner = Steps is null ? 1 : Sizes.Skip(Steps.Axis + 1).Aggregate(1L, (a, b) => a * b);
        return new NamedArray(Sizes, (long start, Span<float> into) =>
        {
            NumberBytes.Read(Type, file, at + (start * width), into);
            Steps?.Apply(start, inner, into);
        }) { Type = Type };
    }
}

/// <summary>Whole numbers q that stand for others: scale · (q - zero), with one pair for all or one for each place along an axis.</summary>
/// <param name="Scales">Finite, at least 0.</param>
/// <param name="Zeros">As many, or one for all.</param>
/// <param name="Axis">The axis, from 0; matters where there are several.</param>
internal sealed record TensorFlowLiteSteps(float[] Scales, float[] Zeros, int Axis)
{
    /// <summary>The least and the greatest number that 8 bits can stand for; null for other types and for several scales.</summary>
    /// <param name="type">U8 or I8.</param>
    public (float Low, float High)? Range(string type)
    {
        int least = type == "U8" ? 0 : -128;
        return Scales.Length > 1 || type is not ("U8" or "I8") ? null : (Scales[0] * (least - Zeros[0]), Scales[0] * (least + 255 - Zeros[0]));
    }

    /// <summary>Turns whole numbers into what they stand for.</summary>
    /// <param name="start">0-based place of the first.</param>
    /// <param name="inner">Numbers that follow each other with the same place along the axis.</param>
    /// <param name="values">The numbers, replaced.</param>
    public void Apply(long start, long inner, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            int k = Scales.Length == 1 ? 0 : (int)((start + i) / inner % Scales.Length);
            values[i] = (float)((values[i] - (double)Zeros[Zeros.Length == 1 ? 0 : k]) * Scales[k]);
        }
    }
}

/// <summary>An operator of a TensorFlow Lite graph.</summary>
/// <param name="Name">Its name there, such as CONV_2D.</param>
/// <param name="Inputs">Places of the tensors it takes; -1 for one that is left out.</param>
/// <param name="Outputs">Places of the tensors it gives.</param>
/// <param name="Options">Its options; null where it has none.</param>
internal sealed record TensorFlowLiteOperator(string Name, IReadOnlyList<int> Inputs, IReadOnlyList<int> Outputs, FlatTable? Options)
{
    // By number, from 0; CUSTOM is followed by the name that its maker gave it.
    private static readonly string[] Names =
    [
        "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "DEQUANTIZE", "EMBEDDING_LOOKUP", "FLOOR", "FULLY_CONNECTED", "HASHTABLE_LOOKUP",
        "L2_NORMALIZATION", "L2_POOL_2D", "LOCAL_RESPONSE_NORMALIZATION", "LOGISTIC", "LSH_PROJECTION", "LSTM", "MAX_POOL_2D", "MUL", "RELU", "RELU_N1_TO_1", "RELU6", "RESHAPE",
        "RESIZE_BILINEAR", "RNN", "SOFTMAX", "SPACE_TO_DEPTH", "SVDF", "TANH", "CONCAT_EMBEDDINGS", "SKIP_GRAM", "CALL", "CUSTOM", "EMBEDDING_LOOKUP_SPARSE", "PAD",
        "UNIDIRECTIONAL_SEQUENCE_RNN", "GATHER", "BATCH_TO_SPACE_ND", "SPACE_TO_BATCH_ND", "TRANSPOSE", "MEAN", "SUB", "DIV", "SQUEEZE", "UNIDIRECTIONAL_SEQUENCE_LSTM", "STRIDED_SLICE",
        "BIDIRECTIONAL_SEQUENCE_RNN", "EXP", "TOPK_V2", "SPLIT", "LOG_SOFTMAX", "DELEGATE", "BIDIRECTIONAL_SEQUENCE_LSTM", "CAST", "PRELU", "MAXIMUM", "ARG_MAX", "MINIMUM", "LESS", "NEG",
        "PADV2", "GREATER", "GREATER_EQUAL", "LESS_EQUAL", "SELECT", "SLICE", "SIN", "TRANSPOSE_CONV", "SPARSE_TO_DENSE", "TILE", "EXPAND_DIMS", "EQUAL", "NOT_EQUAL", "LOG", "SUM", "SQRT",
        "RSQRT", "SHAPE", "POW", "ARG_MIN", "FAKE_QUANT", "REDUCE_PROD", "REDUCE_MAX", "PACK", "LOGICAL_OR", "ONE_HOT", "LOGICAL_AND", "LOGICAL_NOT", "UNPACK", "REDUCE_MIN", "FLOOR_DIV",
        "REDUCE_ANY", "SQUARE", "ZEROS_LIKE", "FILL", "FLOOR_MOD", "RANGE", "RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU", "SQUARED_DIFFERENCE", "MIRROR_PAD", "ABS", "SPLIT_V", "UNIQUE", "CEIL",
        "REVERSE_V2", "ADD_N", "GATHER_ND", "COS", "WHERE", "RANK", "ELU", "REVERSE_SEQUENCE", "MATRIX_DIAG", "QUANTIZE", "MATRIX_SET_DIAG", "ROUND", "HARD_SWISH",
    ];

    /// <summary>The name of an operator by its number.</summary>
    /// <param name="number">The number in the file.</param>
    /// <param name="custom">The name that its maker gave it; empty where it is none of those.</param>
    public static string NameOf(int number, string custom) => number == Array.IndexOf(Names, "CUSTOM") ? $"CUSTOM {OnnxFile.Short(custom)}"
        : number >= 0 && number < Names.Length ? Names[number]
        : FormattableString.Invariant($"operator {number}");
}
