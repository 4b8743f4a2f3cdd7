using System.Text.Json.Nodes;

namespace Graft.Tests;

/// <summary>Numbers of other programs; each file stands beside the script that made it.</summary>
internal static class Golden
{
    public static JsonNode Read(string file)
    {
        using Stream stream = typeof(Golden).Assembly.GetManifestResourceStream(file) ?? throw new FileNotFoundException(file);
        return JsonNode.Parse(stream)!;
    }

    public static double[] Doubles(this JsonNode? node) => [.. node!.AsArray().Select(n => n is null ? double.NaN : n.GetValue<double>())];

    public static float[] Floats(this JsonNode? node) => [.. node.Doubles().Select(d => (float)d)];

    public static int[] Ints(this JsonNode? node) => [.. node!.AsArray().Select(n => n!.GetValue<int>())];
}
