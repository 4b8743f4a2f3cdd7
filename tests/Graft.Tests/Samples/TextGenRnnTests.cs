using Graft.Tests.Data.Sources;
using TextGenRnn;

namespace Graft.Tests.Samples;

/// <summary>The sample on real weights of Keras, with the layout of cuDNN's recurrent layers.</summary>
public sealed class TextGenRnnTests
{
    // The same network in NumPy and PyTorch says 1.786 and 48.8 % of these weights, 0.239 and 92.8 % of those trained on the headlines.
    [Theory]
    [InlineData("textgenrnn_weights.hdf5", 1.786, 0.488)]
    [InlineData("hacker_news.hdf5", 0.239, 0.928)]
    public void Letters_are_foreseen_as_well_as_measured_elsewhere(string file, double nats, double share)
    {
        string folder = RealData.PathOf("weights/textgenrnn_keras_h5");
        var letters = Letters.Read(Path.Combine(folder, "textgenrnn_vocab.json"));
        string[] titles = [.. File.ReadLines(Path.Combine(folder, "hacker_news_2000.txt")).Take(60)];

        var seen = Foresight.Measure(LetterNetwork.Open(Path.Combine(folder, file)), letters, titles);

        Assert.Equal(nats, seen.Nats, 0.0006);
        Assert.Equal(share, seen.Share, 0.0006);
        Assert.Equal(2188, seen.Count);
    }
}
