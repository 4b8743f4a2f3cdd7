using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>What features depend on besides the row: the network with all its numbers, where in it they are taken, how rows are encoded, and the code that computes them.</summary>
internal static class FeatureKey
{
    /// <summary>The key as text that can be a folder's name.</summary>
    /// <param name="trunk">A built network.</param>
    /// <param name="tap">The block behind which features are taken; null for what the network gives.</param>
    /// <param name="scope">How rows become numbers, where their contents do not say it.</param>
    /// <param name="isWhole">Whether all that the block gives is kept; then what is not frozen has no part in it.</param>
    public static string Of(Backbone trunk, int? tap, string scope, bool isWhole = false)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, $"{typeof(Tensor).Module.ModuleVersionId} {typeof(Backbone).Module.ModuleVersionId} {trunk.GetType().Module.ModuleVersionId} {Engine.VectorWidth}");
        Append(hash, $"{trunk.GetType().FullName} {trunk} {trunk.Input} {(tap is null ? "all" : FormattableString.Invariant($"{tap}{(isWhole ? " whole" : "")}"))}");
        Append(hash, trunk.GetType().IsDefined(typeof(NamedAttribute), false) ? BackboneConfiguration.Write(trunk).ToJsonString() : "");
        Append(hash, scope);

        // A network that was read from a file is made by it, not only filled from it.
        if (trunk.DefaultWeights is { } file && File.Exists(file))
        {
            using FileStream stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }

        HashSet<string>? fixedPaths = isWhole ? [.. trunk.NamedModules().Where(m => m.Module.IsFrozen).Select(m => m.Path)] : null;
        foreach ((string path, Tensor value) in trunk.StateDictionary())
        {
            if (fixedPaths?.Contains(path[..Math.Max(0, path.LastIndexOf('.'))]) == false)
            {
                continue;
            }

            Append(hash, $"{path} {value.Shape}");
            hash.AppendData(MemoryMarshal.AsBytes<float>(value.ToArray()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
