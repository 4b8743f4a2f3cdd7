using System.Reflection;
using System.Text.Json.Nodes;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Models;
using Graft.MultiTask;
using Graft.MultiTask.Architectures;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Tensors.Random;
using Graft.Tests.Tasks;
using Graft.Training;

namespace Graft.Tests.MultiTask.Architectures;

/// <summary>Every architecture stands around networks on tokens, whose first block makes sequences of numbers of them.</summary>
public sealed class TextArchitectureTests
{
    private const int Vocabulary = 9;

    private static readonly InputShape Shape = new(InputKind.Tokens, [5]) { Vocabulary = Vocabulary };

    private static readonly TaskSpec[] Tasks = [Toy.Yes("first"), Toy.Yes("second")];

    public static TheoryData<string> Names => new(typeof(Sharing).Assembly.GetTypes()
        .Where(t => t.IsSubclassOf(typeof(Sharing)) && !t.IsAbstract && t != typeof(Conditioned)).Select(t => t.GetCustomAttribute<NamedAttribute>()!.Name));

    [Theory, MemberData(nameof(Names))]
    public void It_learns_from_texts(string name)
    {
        foreach (Func<Backbone> trunk in new Func<Backbone>[] { () => new SmallTransformer(8, 1, 2, dropout: 0), () => new TextCnn(4, [2, 3], 4, dropout: 0) })
        {
            if (name == "adashare" && trunk() is TextCnn)
            {
                continue;       // it skips blocks that keep the shape, of which this one has none
            }

            Sharing sharing = BackboneConfiguration.Read<Sharing>(new JsonObject { ["name"] = name }, "m", "architecture");
            var model = new TaskModel(sharing.Around(trunk, Tasks), Shape, Tasks);
            model.Initialize(3);
            var step = new JointStep(model, [Toy.Stream(Rows(), [0, 1], batch: 16)], new ModelUpdate(model, new Adam(0.01f)));

            Toy.Run(step, 1, 0.3);
            double first = step.Losses[..2].ToArray().Sum();
            Toy.Run(step, 30, 0.3);

            Assert.True(step.Losses[..2].ToArray().Sum() < first, $"{first} became {step.Losses[..2].ToArray().Sum()}");
        }
    }

    // Tokens 1, 1, 3 of which two count: all of what the gate sees is token 1.
    [Fact]
    public void A_gate_sees_the_share_of_each_token()
    {
        Tensor seen = GateInput.Flatten.Rows(Tensor.From([1f, 1, 3, 2, 0, 3], [2, 3]), Tensor.From([2, 3], [2]), Shape with { Vocabulary = 4 });

        Assert.Equal([0, 1, 0, 0, 1 / 3f, 0, 1 / 3f, 1 / 3f], seen.ToArray());
        Assert.Equal(Vocabulary, GateInput.Flatten.Width(Shape));
    }

    [Fact]
    public void Preferences_do_not_stand_beside_tokens()
    {
        var e = Assert.Throws<ShapeException>(() => new TaskModel(new Conditioned().Around(() => new TextCnn(), Tasks), Shape, Tasks));

        Assert.Equal("Conditioned(preference: equal): expected inputs with features, got tokens [5]. Preferences cannot stand beside tokens: use another architecture, or words as a table.", e.Message);
    }

    // The truth is whether the first token is a small number.
    private static LabeledRows Rows()
    {
        var values = new float[32 * 5];
        RandomStream.For(7, "tokens").FillUniform(values, 0, Vocabulary);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = MathF.Min(MathF.Floor(values[i]), Vocabulary - 1);
        }

        float[] truth = [.. Enumerable.Range(0, 32).Select(r => values[5 * r] < 4 ? 1f : 0)];
        return new LabeledRows("texts", Shape, values, [TargetValues.OfNumbers(truth), TargetValues.OfNumbers(truth)], steps: [.. Enumerable.Range(0, 32).Select(r => 3 + (r % 3))]);
    }
}
