using System.Globalization;
using Graft.Data.Encoders;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>One layer as a line of text, such as "conv 16 3 stride 2 padding 1 as conv1".</summary>
internal sealed class LayerText
{
    private const int MostNumber = 1 << 24;

    private static readonly string[] Sizes = ["stride", "padding", "dilation", "groups"];

    private readonly string _text;
    private readonly string _kind;
    private readonly List<double> _numbers = [];
    private readonly Dictionary<string, int> _options = new(StringComparer.Ordinal);
    private readonly bool _hasBias = true;

    /// <param name="text">The line.</param>
    /// <param name="place">Its place from 0: its name where it has none.</param>
    /// <exception cref="ArgumentException">It cannot be understood.</exception>
    public LayerText(string text, int place)
    {
        _text = text;
        Name = place.ToString(CultureInfo.InvariantCulture);
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _kind = words.FirstOrDefault() ?? throw Wrong("a layer");
        for (int i = 1; i < words.Length; i++)
        {
            if (words[i] == "as" && i + 2 == words.Length && words[i + 1].All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
            {
                Name = words[++i];
            }
            else if (words[i] == "no-bias")
            {
                _hasBias = false;
            }
            else if (Sizes.Contains(words[i]) && i + 1 < words.Length && int.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size <= MostNumber)
            {
                _options[words[i++]] = size;
            }
            else if (double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && Math.Abs(number) <= MostNumber)
            {
                _numbers.Add(number);
            }
            else
            {
                throw Wrong("numbers, stride, padding, dilation or groups with a number, no-bias, or 'as' with a name at the end");
            }
        }
    }

    /// <summary>What the layer is called in paths.</summary>
    public string Name { get; }

    /// <summary>Whether what comes out depends on the size of the picture that goes in.</summary>
    public bool NeedsSize => _kind == "flatten";

    /// <summary>Whether it is a normalization that is computed with a convolution before it.</summary>
    /// <param name="before">The line before; null for the first.</param>
    public bool Joins(LayerText? before) => _kind == "batch-norm" && before?._kind == "conv";

    /// <summary>Makes the layer.</summary>
    /// <param name="input">What comes in; afterwards what goes out.</param>
    /// <exception cref="ArgumentException">A number is missing, or the layer is of no known kind.</exception>
    /// <exception cref="ShapeException">It cannot work on such inputs.</exception>
    public Module Make(ref InputShape input)
    {
        (Module made, input) = _kind switch
        {
            "conv" => Convolution(input),
            "max-pool" => Pooling(input, (k, s, p) => new MaxPool2d(k, s, p)),
            "avg-pool" => Pooling(input, (k, s, p) => new AvgPool2d(k, s, p)),
            "mean" => (new Sequential(new AdaptiveAvgPool2d(1), new Flatten()), new InputShape(InputKind.Table, [Picture(input).Sizes[2]])),
            "flatten" => (new Flatten(), new InputShape(InputKind.Table, [input.Length])),
            "linear" => (new Linear(Row(input), Whole(0, 1), _hasBias), new InputShape(InputKind.Table, [Whole(0, 1)])),
            "batch-norm" => (new BatchNorm(input.Kind == InputKind.Picture ? input.Sizes[2] : Row(input)), input),
            "layer-norm" => (new LayerNorm(Row(input)), input),
            "dropout" => (new Dropout((float)Number(0)), input),
            "relu" => (new Relu(), input),
            "leaky-relu" => (new LeakyRelu(_numbers.Count > 0 ? (float)_numbers[0] : 0.01f), input),
            "relu6" => (new Relu6(), input),
            "gelu" => (new Gelu(), input),
            "silu" => (new Silu(), input),
            "elu" => (new Elu(), input),
            "tanh" => (new Tanh(), input),
            "sigmoid" => (new Sigmoid(), input),
            "softplus" => (new Softplus(), input),
            "hard-swish" => ((Module)new HardSwish(), input),
            _ => throw Wrong("conv, max-pool, avg-pool, mean, flatten, linear, batch-norm, layer-norm, dropout, relu, leaky-relu, relu6, gelu, silu, elu, tanh, sigmoid, softplus or hard-swish"),
        };
        return made;
    }

    private (Module Layer, InputShape Output) Convolution(InputShape input)
    {
        int channels = Whole(0, 1), kernel = Whole(1, 1), stride = Option("stride", 1), padding = Option("padding", 0), dilation = Option("dilation", 1);
        var layer = new Conv2d(Picture(input).Sizes[2], channels, kernel, stride, padding, dilation, Option("groups", 1), _hasBias);
        return (layer, Windows(input, channels, (dilation * (kernel - 1)) + 1, stride, padding));
    }

    private (Module Layer, InputShape Output) Pooling(InputShape input, Func<Pair, Pair, Pair, Module> make)
    {
        int kernel = Whole(0, 1), stride = Option("stride", kernel), padding = Option("padding", 0);
        return (make(kernel, stride, padding), Windows(Picture(input), input.Sizes[2], kernel, stride, padding));
    }

    private InputShape Windows(InputShape input, int channels, int window, int stride, int padding)
    {
        int height = ((input.Sizes[0] + (2 * padding) - window) / stride) + 1, width = ((input.Sizes[1] + (2 * padding) - window) / stride) + 1;
        return input.Sizes[0] + (2 * padding) >= window && input.Sizes[1] + (2 * padding) >= window
            ? new InputShape(InputKind.Picture, [height, width, channels])
            : throw new ShapeException($"lines: '{_text}'", $"a picture of at least {window - (2 * padding)} pixels a side", input.ToString());
    }

    private InputShape Picture(InputShape input) =>
        input.Kind == InputKind.Picture ? input : throw new ShapeException($"lines: '{_text}'", "a picture", input.ToString(), "Put it before flatten, or leave it out for tables.");

    private int Row(InputShape input) =>
        input.Kind == InputKind.Table ? input.Length : throw new ShapeException($"lines: '{_text}'", "a row of features", input.ToString(), "Put flatten or mean before it.");

    private double Number(int place) => place < _numbers.Count ? _numbers[place] : throw Wrong("a number behind its kind");

    private int Whole(int place, int least) => Number(place) is var number && number == Math.Floor(number) && number >= least ? (int)number : throw Wrong($"whole numbers >= {least}");

    private int Option(string name, int otherwise) => _options.TryGetValue(name, out int value) && (value > 0 || name == "padding") ? value : otherwise;

    private ArgumentException Wrong(string expected) => new($"lines: expected {expected}, got '{(_text.Length <= 80 ? _text : _text[..80])}'.");
}
