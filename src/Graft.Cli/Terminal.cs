using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Graft.Cli;

/// <summary>Where a command writes: results to standard output, progress and messages to standard error.</summary>
internal sealed class Terminal
{
    private const int PlainWidth = 100;

    private static readonly JsonSerializerOptions _relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly bool _isOutputPlain;
    private readonly bool _isErrorPlain;
    private readonly Lazy<IAnsiConsole> _results;
    private readonly Lazy<IAnsiConsole> _messages;

    /// <param name="output">Gets results.</param>
    /// <param name="error">Gets progress and messages.</param>
    /// <param name="isOutputPlain">Whether results go to a file or pipe, without color.</param>
    /// <param name="isErrorPlain">Whether messages go to a file or pipe, without live progress.</param>
    /// <param name="isDebug">Whether unexpected errors show where they came from.</param>
    public Terminal(TextWriter output, TextWriter error, bool isOutputPlain = true, bool isErrorPlain = true, bool isDebug = false)
    {
        Output = output;
        Error = error;
        _isOutputPlain = isOutputPlain;
        _isErrorPlain = isErrorPlain;
        _results = new Lazy<IAnsiConsole>(() => Draw(output, isOutputPlain));
        _messages = new Lazy<IAnsiConsole>(() => Draw(error, isErrorPlain));
        IsDebug = isDebug;
    }

    /// <summary>Results as text.</summary>
    public TextWriter Output { get; }

    /// <summary>Messages as text.</summary>
    public TextWriter Error { get; }

    /// <summary>Results, drawn.</summary>
    public IAnsiConsole Results => _results.Value;

    /// <summary>Whether messages go to a person who sees a line being drawn over.</summary>
    public bool IsLive => !_isErrorPlain && _messages.Value.Profile.Capabilities.Interactive;

    /// <summary>Characters of a line of messages.</summary>
    public int MessageWidth => _messages.Value.Profile.Width;

    /// <summary>Whether unexpected errors show where they came from, and a run tells of its first step.</summary>
    public bool IsDebug { get; }

    /// <summary>The terminal that the process was started from.</summary>
    public static Terminal OfProcess() => new(
        Console.Out,
        Console.Error,
        Console.IsOutputRedirected,
        Console.IsErrorRedirected,
        Environment.GetEnvironmentVariable("GRAFT_DEBUG") == "1");

    /// <summary>Writes a result; without spaces at line ends where it goes to a file or pipe.</summary>
    /// <param name="drawing">What to write.</param>
    public void Show(IRenderable drawing)
    {
        if (!_isOutputPlain)
        {
            Results.Write(drawing);
            return;
        }

        using var text = new StringWriter();
        Draw(text, isPlain: true).Write(drawing);
        foreach (string line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            Output.WriteLine(line.TrimEnd());
        }
    }

    /// <summary>Writes a result as one line of JSON.</summary>
    /// <param name="json">What to write.</param>
    public void Show(JsonNode json) => Output.WriteLine(json.ToJsonString(_relaxed));

    private static IAnsiConsole Draw(TextWriter writer, bool isPlain)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isPlain ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = isPlain ? InteractionSupport.No : InteractionSupport.Detect,
            ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
        });
        if (isPlain)
        {
            console.Profile.Width = PlainWidth;
        }

        return console;
    }
}
