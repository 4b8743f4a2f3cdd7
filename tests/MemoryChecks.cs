using System.Runtime.CompilerServices;

namespace Graft.Tests;

/// <summary>With GRAFT_CHECK_MEMORY all tests run with checked memory.</summary>
internal static class MemoryChecks
{
    [ModuleInitializer]
    internal static void Begin() => Graft.Tensors.Engine.CheckMemory(Environment.GetEnvironmentVariable("GRAFT_CHECK_MEMORY"));
}
