using System.Globalization;
using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Models.Formats;

/// <summary>Files of PyTorch's torch.save: .pth, .pt, .th, .bin; the zip form since 1.6 and the one before.</summary>
/// <remarks>
/// <para>Reads every tensor of a state dictionary, of a checkpoint that holds one, or of nested dictionaries and lists, whose keys are then joined by dots. Views,
/// transposed tensors and tensors that share memory are read as they look. A prefix "module." that all names have is taken off.</para>
/// <para>Numbers stay in the file until they are wanted, and go straight to where they are wanted where they follow each other.</para>
/// <para>Nothing in the file is executed: see <see cref="Pickle"/>. Names that PyTorch itself does not need for tensors are refused, and a whole pickled network
/// therefore too. Bounds: every storage lies in the file, every view in its storage, all tensors together have at most four times as many numbers as the file has bytes, and
    /// things that are shared count wherever they are.</para>
/// </remarks>
public static class TorchFile
{
    internal const int MostDepth = 64;

    private const int TensorCost = 64;      // bytes of a pickle that a tensor takes at least, about

    /// <summary>Whether bytes look like such a file.</summary>
    /// <param name="bytes">Its first bytes.</param>
    public static bool Recognizes(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 4 && ((bytes[0] == 0x80 && bytes[1] is >= 2 and <= 5) || (bytes[0] == 'P' && bytes[1] == 'K' && bytes[2] == 3));

    /// <summary>Reads a file's tensors.</summary>
    /// <param name="path">The file.</param>
    /// <returns>By name, in the order of the file.</returns>
    /// <exception cref="GraftInputException">It cannot be read, is damaged, or names what is not read.</exception>
    public static IReadOnlyDictionary<string, NamedArray> Read(string path)
    {
        FileBytes file = FileBytes.Open(path, isMapped: true);
        FileStream? stream = null;
        try
        {
            byte[] head = file.Take(0, Math.Min(8, file.Length), "a file's beginning");
            stream = head is [(byte)'P', ..] ? SourceFile.Open(path, path) : null;
            return Read(file, head, stream);
        }
        catch (GraftInputException)
        {
            stream?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file's tensors.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What messages call it.</param>
    /// <returns>By name, in the order of the file.</returns>
    /// <exception cref="GraftInputException">It is damaged, or names what is not read.</exception>
    public static IReadOnlyDictionary<string, NamedArray> Read(byte[] bytes, string name) =>
        Read(new FileBytes(bytes, name), bytes.AsSpan(0, Math.Min(8, bytes.Length)), new MemoryStream(bytes, writable: false));

    // Both forms are read when their numbers are wanted.
    private static Dictionary<string, NamedArray> Read(FileBytes file, ReadOnlySpan<byte> head, Stream? stream) =>
        !Recognizes(head) ? throw Damaged(file.Shown, "a file of torch.save", $"{file.Length} bytes of something else")
        : Read(head[0] == 'P' ? new TorchZip(file, stream!) : new TorchLegacy(file), file.Shown, file.Length);

    private static Dictionary<string, NamedArray> Read(TorchStorages storages, string name, long length)
    {
        var tensors = new Dictionary<string, NamedArray>(StringComparer.Ordinal);
        var collected = new Collector(storages, name, length, tensors);
        collected.Collect("", Inner(storages.Root, new PickleWalk(name, length)), 0);
        if (tensors.Count == 0)
        {
            throw Damaged(name, "at least one tensor", "none");
        }

        return WithoutPrefix(tensors, "module.");
    }

    // A checkpoint keeps the weights beside epoch, scores and the like: the only part that holds tensors directly is what is meant.
    private static object? Inner(object? root, PickleWalk walk)
    {
        if (root is not PickledDictionary dictionary || dictionary.Items.Any(i => IsTensor(i.Value)))
        {
            return root;
        }

        object? only = null;
        foreach ((_, object? value) in dictionary.Items)
        {
            if (HasTensors(value, 0, walk))
            {
                if (only is not null || value is not PickledDictionary inner || !inner.Items.Any(t => IsTensor(t.Value)))
                {
                    return root;
                }

                only = value;
            }
        }

        return only ?? root;
    }

    private static bool IsTensor(object? value) => value is PickledCall { Name: "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" or "torch._utils._rebuild_parameter"
        or "torch._utils._rebuild_parameter_with_state" or "torch._tensor._rebuild_from_type_v2" or "torch.nn.parameter.Parameter" };

    private static bool HasTensors(object? value, int depth, PickleWalk walk)
    {
        walk.Visit();
        return depth < MostDepth && (IsTensor(value)
            || (value is PickledDictionary d && d.Items.Any(i => HasTensors(i.Value, depth + 1, walk)))
            || (value is List<object?> list && list.Exists(i => HasTensors(i, depth + 1, walk))));
    }

    private static Dictionary<string, NamedArray> WithoutPrefix(Dictionary<string, NamedArray> tensors, string prefix) =>
        tensors.Keys.All(k => k.StartsWith(prefix, StringComparison.Ordinal) && k.Length > prefix.Length)
            ? tensors.ToDictionary(t => t.Key[prefix.Length..], t => t.Value, StringComparer.Ordinal)
            : tensors;

    internal static GraftInputException Damaged(string file, string expected, string actual) =>
        new(file, $"torch: expected {expected}, got {actual}. The file is damaged or of another format.");

    /// <summary>Takes the tensors out of what the pickle holds.</summary>
    private sealed class Collector(TorchStorages storages, string file, long mostNumbers, Dictionary<string, NamedArray> tensors)
    {
        private readonly PickleWalk _walk = new(file, mostNumbers);
        private long _numbers;

        public void Collect(string path, object? value, int depth)
        {
            if (depth > MostDepth)
            {
                throw Damaged(file, $"at most {MostDepth} dictionaries in each other", "more");
            }

            switch (value)
            {
                case PickledDictionary dictionary:
                    foreach ((string key, object? item) in dictionary.Items)
                    {
                        Member(path, key, item, depth);
                    }

                    break;
                case List<object?> list:
                    for (int i = 0; i < list.Count; i++)
                    {
                        Member(path, i, list[i], depth);
                    }

                    break;
                case PickledCall call:
                    Collect(path, call, depth);
                    break;
                default:
                    break;
            }
        }

        // Names are made for what may hold tensors alone.
        private void Member<T>(string path, T name, object? item, int depth)
        {
            _walk.Visit();
            if (item is PickledDictionary or List<object?> or PickledCall)
            {
                string full = string.Create(CultureInfo.InvariantCulture, $"{path}{(path.Length == 0 ? "" : ".")}{name}");
                _walk.Visit(full.Length);
                Collect(full, item, depth + 1);
            }
        }

        private void Collect(string path, PickledCall call, int depth)
        {
            object?[] arguments = call.Arguments;
            switch (call.Name)
            {
                case "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" or "torch.nn.parameter.Parameter" when arguments.Length > 0:
                    Collect(path, arguments[0], depth + 1);
                    break;
                case "torch._tensor._rebuild_from_type_v2" when arguments is [PickledName maker, _, object?[] inner, ..]:
                    Collect(path, new PickledCall(maker.Name, inner), depth + 1);
                    break;
                case "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" when arguments is [PickledReference reference, long offset, object?[] sizes, object?[] strides, ..]:
                    Add(path.Length == 0 ? "tensor" : path, reference, offset, sizes, strides);
                    break;
                default:
                    break;
            }
        }

        private void Add(string path, PickledReference reference, long offset, object?[] sizes, object?[] strides)
        {
            TorchStorage storage = storages.Of(reference.Id);
            string type = storage.Type;
            int[] shape = new int[sizes.Length];
            long count = 1, last = offset, places = storage.Length / NumberBytes.WidthOf(type);
            bool isEmpty = Array.Exists(sizes, s => s is 0L);
            _walk.Visit(TensorCost);
            GraftInputException Beyond() => Damaged(file, $"'{path}' within its storage of {places} numbers", $"the place {last}");
            if (offset < 0 || offset > places)
            {
                throw Beyond();
            }

            for (int i = 0; i < shape.Length; i++)
            {
                if (sizes.Length != strides.Length || sizes.Length > Graft.Tensors.Shape.MaxRank || sizes[i] is not long size || strides[i] is not long stride
                    || size < 0 || size > int.MaxValue || stride < 0 || stride > int.MaxValue)
                {
                    throw Damaged(file, $"'{path}' with sizes and strides", "others");
                }

                shape[i] = (int)size;
                count *= size;
                last += isEmpty ? 0 : (size - 1) * stride;      // at most 2^62 more than places
                if (count > mostNumbers)
                {
                    throw Damaged(file, $"'{path}' with at most {mostNumbers} numbers, as many as the file has bytes", "more");
                }

                if (last > places)
                {
                    throw Beyond();
                }
            }

            _numbers += count;
            if ((count > 0 && last >= places) || _numbers > 4 * mostNumbers)
            {
                throw Beyond();
            }

            long[] steps = [.. strides.Select(s => (long)s!)];
            NamedArray array = IsPlain(shape, steps) ? new NamedArray(shape, (start, into) => storage.ReadPart(offset + start, into))
                : new NamedArray(shape, into =>
                {
                    if (into.Length > 0)
                    {
                        Gather(type, storage.Bytes().Span, offset, shape, steps, into);
                    }
                });
            if (!tensors.TryAdd(path, array with { Type = type }))
            {
                throw Damaged(file, "distinct names", $"'{path}' twice");
            }
        }

        // Whether its numbers follow each other in the storage.
        private static bool IsPlain(int[] shape, long[] steps)
        {
            long expected = 1;
            for (int i = shape.Length - 1; i >= 0; i--)
            {
                if (shape[i] != 1 && steps[i] != expected)
                {
                    return false;
                }

                expected *= shape[i];
            }

            return true;
        }

        private static void Gather(string type, ReadOnlySpan<byte> bytes, long offset, int[] shape, long[] strides, Span<float> values)
        {
            int width = NumberBytes.WidthOf(type), inner = shape.Length == 0 ? 1 : shape[^1];
            bool isRun = shape.Length == 0 || strides[^1] == 1 || inner == 1;
            Span<int> place = stackalloc int[Math.Max(1, shape.Length)];
            place.Clear();
            for (int row = 0; row < values.Length; row += inner)
            {
                long at = offset;
                for (int d = 0; d < shape.Length - 1; d++)
                {
                    at += place[d] * strides[d];
                }

                if (isRun)
                {
                    NumberBytes.Read(type, bytes[(int)(at * width)..], values.Slice(row, inner));
                }
                else
                {
                    for (int i = 0; i < inner; i++)
                    {
                        NumberBytes.Read(type, bytes[(int)((at + (i * strides[^1])) * width)..], values.Slice(row + i, 1));
                    }
                }

                for (int d = shape.Length - 2; d >= 0 && ++place[d] == shape[d]; d--)
                {
                    place[d] = 0;
                }
            }
        }
    }
}
