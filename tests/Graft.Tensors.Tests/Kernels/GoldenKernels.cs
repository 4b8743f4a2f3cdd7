using System.Text.Json;

namespace Graft.Tensors.Tests.Kernels;

/// <summary>PyTorch's numbers, from Golden/kernels.json.</summary>
internal static class GoldenKernels
{
    public static JsonElement Read()
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Golden", "kernels.json"));
        return JsonDocument.Parse(file).RootElement;
    }

    public static float[] Floats(this JsonElement element) => [.. element.EnumerateArray().Select(x => x.GetSingle())];

    public static double[] Doubles(this JsonElement element) => [.. element.EnumerateArray().Select(x => x.GetDouble())];

    public static int[] Integers(this JsonElement element) => [.. element.EnumerateArray().Select(x => x.GetInt32())];
}
