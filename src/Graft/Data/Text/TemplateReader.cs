using System.Text.Json;
using Graft.Data.Text.Finishing;

namespace Graft.Data.Text;

/// <summary>Reads the post-processor of a tokenizer.json: what stands around texts.</summary>
internal static class TemplateReader
{
    private const int MostItems = 1000;

    public static Template Read(JsonFields fields, Vocabulary vocabulary) => fields.Type switch
    {
        "TemplateProcessing" => new Template(Items(fields, "single", 1, vocabulary), Items(fields, "pair", 2, vocabulary)),
        "BertProcessing" => Bert(Token(fields, "cls", vocabulary), Token(fields, "sep", vocabulary)),
        "RobertaProcessing" => Roberta(Token(fields, "cls", vocabulary), Token(fields, "sep", vocabulary)) with { TrimsPlaces = fields.Flag("trim_offsets", true) },
        "ByteLevel" => Template.None with { TrimsPlaces = fields.Flag("trim_offsets", true) },
        "Sequence" => fields.Objects("processors", NormalizerReader.MostSteps).Select(f => Read(f, vocabulary)).Aggregate(Template.None, Join),
        _ => throw fields.Unknown("TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence"),
    };

    private static Template Bert(int cls, int sep) => new(
        [new(-1, cls, 0), new(0, 0, 0), new(-1, sep, 0)],
        [new(-1, cls, 0), new(0, 0, 0), new(-1, sep, 0), new(1, 0, 1), new(-1, sep, 1)]);

    private static Template Roberta(int cls, int sep) => new(
        [new(-1, cls, 0), new(0, 0, 0), new(-1, sep, 0)],
        [new(-1, cls, 0), new(0, 0, 0), new(-1, sep, 0), new(-1, sep, 0), new(1, 0, 0), new(-1, sep, 0)]);

    // Of several the last that puts tokens somewhere counts.
    private static Template Join(Template before, Template next) =>
        (next.Pair.Count > 2 || next.Single.Count > 1 ? next : before) with { TrimsPlaces = before.TrimsPlaces || next.TrimsPlaces };

    private static int Token(JsonFields fields, string name, Vocabulary vocabulary) =>
        fields.Value(name) is { ValueKind: JsonValueKind.Array } pair && pair.GetArrayLength() == 2 && pair[0].ValueKind == JsonValueKind.String
            ? vocabulary.Need(pair[0].GetString()!, $"{fields.Path}.{name}")
            : throw fields.Refuse(name, "a token and its number", JsonFields.Name(fields.Value(name)));

    private static List<TemplateItem> Items(JsonFields fields, string name, int texts, Vocabulary vocabulary)
    {
        var items = new List<TemplateItem>();
        foreach (JsonFields item in fields.Objects(name, MostItems))
        {
            if (item.Has("Sequence"))
            {
                JsonFields sequence = item.Object("Sequence");
                int text = sequence.Text("id") switch { "A" => 0, "B" when texts == 2 => 1, string other => throw sequence.Refuse("id", texts == 2 ? "A or B" : "A", $"'{JsonFields.Short(other)}'") };
                items.Add(new TemplateItem(text, 0, sequence.Whole("type_id", 0)));
            }
            else
            {
                JsonFields special = item.Object("SpecialToken");
                items.AddRange(Ids(fields, special.Text("id"), vocabulary).Select(id => new TemplateItem(-1, id, special.Whole("type_id", 0))));
            }
        }

        return items.Count(i => i.Text >= 0) == texts && items.Count <= MostItems
            ? items
            : throw fields.Refuse(name, texts == 1 ? "the text A once" : "the texts A and B once", $"{items.Count(i => i.Text >= 0)} texts among {items.Count} items");
    }

    // A name in a template stands for one token or several.
    private static List<int> Ids(JsonFields fields, string name, Vocabulary vocabulary)
    {
        if (!fields.Has("special_tokens") || !fields.Object("special_tokens").Has(name))
        {
            return [vocabulary.Need(name, $"{fields.Path}.special_tokens")];
        }

        JsonFields token = fields.Object("special_tokens").Object(name);
        var ids = new List<int>();
        foreach (JsonElement id in token.List("ids", MostItems))
        {
            ids.Add(id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int number) && vocabulary.At(number) is not null
                ? number
                : throw token.Refuse("ids", "tokens of the vocabulary", JsonFields.Name(id)));
        }

        return ids;
    }
}
