using Graft.Models.Formats;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace TextGenRnn;

/// <summary>textgenrnn's network: the next letter after the last 40, from the letters and the states of two layers, weighted by attention.</summary>
/// <remarks>V = 465 letters. Where there are fewer than 40 letters before, number 0 fills up in front.</remarks>
internal sealed class LetterNetwork : Module
{
    public const int Steps = 40;

    private const int Hidden = 128;

    private LetterNetwork(int vocabulary, int width)
    {
        Embedding = new Embedding(vocabulary, width);
        Rnn1 = new Lstm(width, Hidden);
        Rnn2 = new Lstm(Hidden, Hidden);
        Attention = new AttentionPooling(width + (2 * Hidden));
        Output = new Linear(width + (2 * Hidden), vocabulary);
    }

    public Embedding Embedding { get; }

    public Lstm Rnn1 { get; }

    public Lstm Rnn2 { get; }

    public AttentionPooling Attention { get; }

    public Linear Output { get; }

    /// <summary>The network with the weights of a file that Keras wrote.</summary>
    public static LetterNetwork Open(string path)
    {
        using KerasFile file = KerasFile.Open(path);
        NamedArray letters = file.Tensors["embedding/embeddings:0"];
        var network = new LetterNetwork(letters.Sizes[0], letters.Sizes[1]);
        network.Initialize(1);
        network.Embedding.Weight.Value.Assign(letters.Values);
        Take(network.Rnn1, file, "rnn_1");
        Take(network.Rnn2, file, "rnn_2");
        network.Attention.Context.Value.Assign(file.Tensors["attention/attention_W:0"].Values);
        NamedArray kernel = file.Tensors["output/kernel:0"];
        network.Output.Weight.Value.Assign(Turned(kernel.Values, kernel.Sizes[0], kernel.Sizes[1]));
        network.Output.Bias!.Value.Assign(file.Tensors["output/bias:0"].Values);
        network.Train(false);
        return network;
    }

    /// <param name="x">Numbers of letters, integers [B, 40].</param>
    /// <returns>Logits of the next letter, [B, V].</returns>
    public override Tensor Forward(Tensor x)
    {
        Tensor letters = Embedding.Forward(x), first = Rnn1.Forward(letters), second = Rnn2.Forward(first);
        return Output.Forward(Attention.Forward(Tensor.Concat([letters, first, second], 2)));
    }

    // Keras' CuDNNLSTM holds its gates side by side in the order of PyTorch, each as cuDNN wants it: the numbers of a gate in order are its matrix [H, in].
    // The first half of the biases belongs to the input, the second to the state.
    private static void Take(Lstm layer, KerasFile file, string name)
    {
        IReadOnlyDictionary<string, Tensor> state = layer.StateDictionary();
        state["weight_ih_l0"].Assign(Gates(file.Tensors[$"{name}/kernel:0"]));
        state["weight_hh_l0"].Assign(Gates(file.Tensors[$"{name}/recurrent_kernel:0"]));
        float[] biases = file.Tensors[$"{name}/bias:0"].Values;
        state["bias_ih_l0"].Assign(biases.AsSpan(0, biases.Length / 2));
        state["bias_hh_l0"].Assign(biases.AsSpan(biases.Length / 2));
    }

    private static float[] Gates(NamedArray kernel)
    {
        const int Count = 4;
        int rows = kernel.Sizes[0], all = kernel.Sizes[1], width = all / Count;
        float[] values = kernel.Values, gates = new float[values.Length];
        for (int gate = 0; gate < Count; gate++)
        {
            for (int row = 0; row < rows; row++)
            {
                values.AsSpan((row * all) + (gate * width), width).CopyTo(gates.AsSpan(((gate * rows) + row) * width));
            }
        }

        return gates;
    }

    private static float[] Turned(float[] values, int rows, int columns)
    {
        var turned = new float[values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                turned[(column * rows) + row] = values[(row * columns) + column];
            }
        }

        return turned;
    }
}
