using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Graft.Benchmarks.Peers;

/// <summary>PyTorch in a process beside this one, which works only when it is asked and waits for a line of input otherwise.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    private PeerProcess(Process process, string version) => (_process, Version) = (process, version);

    /// <summary>What it said of itself, such as "torch 1.13, 2 threads".</summary>
    public string Version { get; }

    /// <summary>Starts it, or says why not.</summary>
    /// <param name="script">Its file in benchmarks/peers.</param>
    /// <param name="threads">Its threads.</param>
    /// <param name="reason">Why there is none; else empty.</param>
    /// <param name="kernels">The processor whose kernels OpenBLAS shall take; null for its own choice.</param>
    public static PeerProcess? Start(string script, int threads, out string reason, string? kernels = null)
    {
        string? path = Repository.Root() is { } root ? Path.Combine(root, "benchmarks", "peers", script) : null;
        if (path is null || !File.Exists(path))
        {
            reason = $"benchmarks/peers/{script} was not found above the program";
            return null;
        }

        string python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        var start = new ProcessStartInfo(python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(path);
        start.ArgumentList.Add(threads.ToString(CultureInfo.InvariantCulture));

        // torch.set_num_threads, which the script calls, does not reach OpenBLAS; these alone do not reach torch, which begins with one thread.
        foreach (string variable in (string[])["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"])
        {
            start.Environment[variable] = threads.ToString(CultureInfo.InvariantCulture);
        }

        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        if (kernels is not null)
        {
            start.Environment["OPENBLAS_CORETYPE"] = kernels;
        }

        try
        {
            Process process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            if (process.StandardOutput.ReadLine() is { } hello && hello.StartsWith("ready ", StringComparison.Ordinal))
            {
                reason = "";
                return new PeerProcess(process, hello["ready ".Length..]);
            }

            process.Kill();
            process.Dispose();
            reason = $"{python} has no torch; on Debian: apt install python3-torch python3-torchvision libopenblas0-pthread, elsewhere: python3 -m pip install torch torchvision";
            return null;
        }
        catch (Win32Exception)
        {
            reason = $"there is no {python}; install Python 3 with torch";
            return null;
        }
    }

    /// <summary>Sends a line and waits for the answer.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it is an error.</exception>
    public string Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        string? answer = _process.StandardOutput.ReadLine();
        const string Error = "error: ";
        return answer is null ? throw new InvalidOperationException($"PyTorch: expected an answer to '{line}', got the end of the process.")
            : answer.StartsWith(Error, StringComparison.Ordinal) ? throw new InvalidOperationException($"PyTorch: {answer[Error.Length..]}.")
            : answer;
    }

    /// <summary>Sends a line that numbers answer.</summary>
    public double[] AskNumbers(string line) => [.. Ask(line).Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture))];

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
