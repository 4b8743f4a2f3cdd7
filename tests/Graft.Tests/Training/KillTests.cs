using System.Diagnostics;
using System.Globalization;
using Graft.Tensors.Random;
using Graft.Training.Checkpoints;

namespace Graft.Tests.Training;

/// <summary>A training in a process of its own, killed by SIGKILL at seeded moments and resumed, ends with the same bits as one that was left alone.</summary>
public sealed class KillTests : IDisposable
{
    private const int Chains = 5, KillsEach = 4, Seed = 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("graft-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_training_killed_at_twenty_moments_ends_with_the_same_bits()
    {
        string alone = Folder("alone");
        Assert.Equal(0, Run(alone));

        int killed = 0;
        Parallel.For(0, Chains, new ParallelOptions { MaxDegreeOfParallelism = 2 }, chain =>
        {
            string folder = Folder($"killed{chain}");
            string told = "";
            for (int kill = 0; kill < KillsEach; kill++)
            {
                string[] moment = Moment(chain, kill);
                int exit = Run(folder, moment);
                Assert.True(exit is 0 or 137, $"{string.Join(' ', moment)}: exit code {exit}.");
                Interlocked.Add(ref killed, exit == 0 ? 0 : 1);
                told += $"{string.Join(' ', moment)}; ";
            }

            Assert.Equal(0, Run(folder));
            foreach (string file in new[] { "result.bin", "checkpoint.bin", "events.log" })
            {
                Assert.True(File.ReadAllBytes(Path.Combine(alone, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(folder, file))), $"{file} differs after {told}.");
            }
        });

        Assert.InRange(killed, 15, Chains * KillsEach);      // the others had ended before their moment came
        Assert.True(new CheckpointSlot(Path.Combine(alone, "result.bin")).Load(out _).Get<long>("best") > 1);
    }

    // After an update, after a line of the log, inside a write of a checkpoint, or at any time at all.
    private static string[] Moment(int chain, int kill)
    {
        RandomStream random = RandomStream.For(Seed, "moments", (ulong)((chain * KillsEach) + kill));
        string Number(int bound) => (1 + random.NextInt(bound)).ToString(CultureInfo.InvariantCulture);
        return ((chain + kill) % 4) switch
        {
            0 => ["update", Number(30)],
            1 => ["save", Number(6), Number(20_000)],
            2 => ["line", Number(30)],
            _ => ["milliseconds", Number(400)],
        };
    }

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    private static int Run(string folder, params string[] moment)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "Graft.ResumeHost.dll"), folder, .. moment]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return errors.Length == 0 ? process.ExitCode : throw new InvalidOperationException(errors);
    }
}
