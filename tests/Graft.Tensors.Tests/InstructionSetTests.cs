using System.Diagnostics;
using System.Globalization;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests;

/// <summary>Kernels and operations on lesser processors: this test program again, as a process of its own with instruction sets switched off.</summary>
public sealed class InstructionSetTests
{
    private const string ExpectedLanes = "GRAFT_EXPECTED_LANES";

    /// <summary>Set for the processes started here; tests then run fewer and smaller cases.</summary>
    private const string Small = "GRAFT_SMALL_TESTS";

    [Theory, InlineData("DOTNET_EnableAVX512", 8), InlineData("DOTNET_EnableAVX2", 4), InlineData("DOTNET_EnableHWIntrinsic", 4)]
    public async Task Kernels_and_operations_hold_without(string instructionSet, int lanes)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Graft.Tensors.Tests.dll"));
        }

        foreach (string argument in new[] { "--filter-trait", "category=kernels", "category=ops", "--results-directory", Path.GetTempPath() })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[instructionSet] = "0";
        start.Environment[Small] = "1";
        start.Environment[ExpectedLanes] = Math.Min(lanes, Width.Lanes).ToString(CultureInfo.InvariantCulture);

        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        output += await errors;
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(child.ExitCode == 0, $"{instructionSet}=0: exit code {child.ExitCode}\n{output}");
    }

    [Fact, Trait("category", "kernels")]
    public void The_switch_that_was_set_has_the_effect_that_was_meant()
    {
        string? expected = Environment.GetEnvironmentVariable(ExpectedLanes);

        Assert.True(expected is null || expected == Width.Lanes.ToString(CultureInfo.InvariantCulture), $"{Width.Lanes} lanes, expected {expected}");
    }
}
