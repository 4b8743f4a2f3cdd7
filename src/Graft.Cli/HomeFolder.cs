using Graft.Hub;

namespace Graft.Cli;

/// <summary>The folder that GRAFT_HOME names, or the system's usual one.</summary>
internal static class HomeFolder
{
    public static string OfProcess() => HubHome.Folder(Environment.GetEnvironmentVariable("GRAFT_HOME"), Environment.GetEnvironmentVariable("XDG_CACHE_HOME"));
}
