using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Graft.Data;

namespace Graft.Models.Formats;

/// <summary>A format of files that hold weights: one class each, found by itself.</summary>
/// <remarks>Files come from outside: every offset, count, size and loop is bounded, and what is damaged gives one error. Reading takes at most 4 times the
/// file and 16 MB, however it is damaged.</remarks>
public abstract class WeightFormat
{
    private const int HeadBytes = 16;

    /// <summary>What it is called in messages, in lower case: "safetensors", "torch".</summary>
    public abstract string Name { get; }

    /// <summary>All formats, in order of their names.</summary>
    public static IReadOnlyList<WeightFormat> All { get; } = Find();

    /// <summary>The format of a file, as its first bytes say, or its name where they say nothing.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It cannot be read, or is of no format that is known.</exception>
    public static WeightFormat Of(string path)
    {
        byte[] head;
        using (FileBytes file = FileBytes.Open(path))
        {
            head = file.Take(0, Math.Min(HeadBytes, file.Length), "a file's beginning");
        }

        return All.FirstOrDefault(f => f.Recognizes(head, path))
            ?? throw new GraftInputException(path, $"expected weights in one of the formats {string.Join(", ", All.Select(f => f.Name))}, got a file of another.");
    }

    /// <summary>Whether a file is of this format, as its first bytes say, or its name where they say nothing.</summary>
    /// <param name="head">The first 16 bytes, or all there are.</param>
    /// <param name="path">The file's name.</param>
    public abstract bool Recognizes(ReadOnlySpan<byte> head, string path);

    /// <summary>Whether numbers are read only where somebody asks for them all, because most who open a file want a part; at first false.</summary>
    public virtual bool IsReadWhenWanted => false;

    /// <summary>Reads the weights.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Tensors by name, in the order of the file; sizes and numbers as they stand in it.</returns>
    /// <exception cref="GraftInputException">It cannot be read or is damaged.</exception>
    public abstract IReadOnlyDictionary<string, NamedArray> Read(string path);

    /// <summary>What a file says besides its tensors, such as the program that wrote it, by name; nothing where the format has no such place.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It cannot be read or is damaged.</exception>
    public virtual IReadOnlyDictionary<string, string> Facts(string path) => new Dictionary<string, string>();

    [UnconditionalSuppressMessage(Trimming.Category, "IL2026", Justification = Trimming.OwnClasses)]
    [UnconditionalSuppressMessage(Trimming.Category, "IL2070", Justification = Trimming.OwnClasses)]
    private static WeightFormat[] Find() =>
    [
        .. typeof(WeightFormat).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(WeightFormat)) && !t.IsAbstract)
            .Select(t => (WeightFormat)t.GetConstructor(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, [])!.Invoke(null)).OrderBy(f => f.Name, StringComparer.Ordinal),
    ];
}

internal sealed class SafetensorsFormat : WeightFormat
{
    public override string Name => "safetensors";

    public override bool Recognizes(ReadOnlySpan<byte> head, string path) => Safetensors.Recognizes(head);

    public override IReadOnlyDictionary<string, NamedArray> Read(string path) => Safetensors.Read(path).Tensors;

    public override IReadOnlyDictionary<string, string> Facts(string path) => Safetensors.Read(path).Metadata;
}

internal sealed class TorchFormat : WeightFormat
{
    public override string Name => "torch";

    public override bool Recognizes(ReadOnlySpan<byte> head, string path) => TorchFile.Recognizes(head);

    public override IReadOnlyDictionary<string, NamedArray> Read(string path) => TorchFile.Read(path);
}
