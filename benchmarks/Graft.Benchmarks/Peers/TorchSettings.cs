using System.Globalization;

namespace Graft.Benchmarks.Peers;

/// <summary>PyTorch as it comes and at its best: one process for each choice of OpenBLAS' kernels, which a process cannot change later.</summary>
internal sealed class TorchSettings : IDisposable
{
    private const string Script = "peer.py";

    // How benchmarks/peers/steps.py marks settings for the second process, and the processor that has those kernels.
    private const string Mark = "@skylakex", Kernels = "SkylakeX";

    private readonly PeerProcess _plain;
    private readonly PeerProcess _other;

    private TorchSettings(PeerProcess plain, PeerProcess other) => (_plain, _other) = (plain, other);

    public string Version => _plain.Version;

    /// <summary>Starts both, or says why not.</summary>
    public static TorchSettings? Start(int threads, out string reason)
    {
        PeerProcess? plain = PeerProcess.Start(Script, threads, out reason);
        PeerProcess? other = plain is null ? null : PeerProcess.Start(Script, threads, out reason, Kernels);
        if (other is not null)
        {
            return new TorchSettings(plain!, other);
        }

        plain?.Dispose();
        return null;
    }

    /// <summary>The sides of a workload, the default one first; none where PyTorch does not know it.</summary>
    /// <param name="workload">Its name.</param>
    /// <param name="reason">Why there are none; else empty.</param>
    public IReadOnlyList<Side> Sides(string workload, out string reason)
    {
        reason = "";
        try
        {
            return [.. _plain.Ask($"settings {workload}").Split(' ').Select(s => Of(workload, s))];
        }
        catch (InvalidOperationException e)
        {
            reason = e.Message;
            return [];
        }
    }

    public void Dispose()
    {
        _plain.Dispose();
        _other.Dispose();
    }

    private Side Of(string workload, string setting)
    {
        PeerProcess process = setting.EndsWith(Mark, StringComparison.Ordinal) ? _other : _plain;
        return new Side(setting, (steps, idle) =>
        {
            double[] ms = process.AskNumbers(string.Create(CultureInfo.InvariantCulture, $"run {workload} {setting} {steps} {idle}"));
            return new StepTime(ms[0], ms[1]);
        });
    }
}
