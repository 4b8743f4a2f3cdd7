using System.Globalization;
using TextGenRnn;

// dotnet run -c Release --project samples/TextGenRnn -- FOLDER [titles]
// How well textgenrnn (https://github.com/minimaxir/textgenrnn, MIT) foresees the next letter of headlines, with its weights from Keras 2.1.5.
// FOLDER holds textgenrnn_vocab.json, textgenrnn_weights.hdf5, hacker_news.hdf5 and hacker_news_2000.txt. On the first 60 lines it says:
//   textgenrnn_weights.hdf5: 1.786 nats a letter, 48.8 % of 2188 letters foreseen
//   hacker_news.hdf5: 0.239 nats a letter, 92.8 % of 2188 letters foreseen
// the second file having been trained further on these very headlines.
if (args.Length == 0)
{
    Console.Error.WriteLine("folder: expected the folder of textgenrnn's files, got none. Give it as the first argument.");
    return 2;
}

string folder = args[0];
int count = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 60;
var letters = Letters.Read(Path.Combine(folder, "textgenrnn_vocab.json"));
string[] titles = [.. File.ReadLines(Path.Combine(folder, "hacker_news_2000.txt")).Take(count)];
foreach (string file in new[] { "textgenrnn_weights.hdf5", "hacker_news.hdf5" })
{
    var network = LetterNetwork.Open(Path.Combine(folder, file));
    Foresight seen = Foresight.Measure(network, letters, titles);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file}: {seen.Nats:F3} nats a letter, {100 * seen.Share:F1} % of {seen.Count} letters foreseen"));
    Console.WriteLine($"  goes on: {Foresight.GoOn(network, letters, "Show HN: ", 60)}");
}

return 0;
