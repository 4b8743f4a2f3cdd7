using System.Runtime.CompilerServices;

namespace Graft.Tests;

/// <summary>With GRAFT_CHECK_MEMORY=1 all tests run with checked memory.</summary>
internal static class MemoryChecks
{
    [ModuleInitializer]
    internal static void Begin() => Graft.Tensors.Engine.ChecksMemory = Environment.GetEnvironmentVariable("GRAFT_CHECK_MEMORY") == "1";
}
