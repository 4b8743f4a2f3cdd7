using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Tests.Data.Sources;
using Graft.Tests.Tasks;

namespace Graft.Tests.Models.Weights;

public sealed class WeightCarryTests
{
    private static readonly TaskSpec Known = Toy.Classes("known");
    private static readonly TaskSpec New = Toy.Number("new");

    [Fact]
    public void What_became_of_every_weight_is_said()
    {
        TaskModel source = Toy.Model(1, new Mlp([5, 4, 3]), Known, Toy.Yes("old")), model = Toy.Model(2, new Mlp([5, 6, 3]), Known, New);

        CarryReport report = WeightCarry.Carry(WeightSource.Of(source.StateDictionary(), "letters.graft"), model, ["heads.known"]);

        Assert.Equal(
            """
            letters.graft: 3 of 10 tensors carried
              made anew as asked: heads.known.weight [3, 3]
              made anew as asked: heads.known.bias [3]
              only in the model, made anew: heads.new.weight [1, 3]
              only in the model, made anew: heads.new.bias [1]
              only in the source, not used: heads.old.weight [1, 3]
              only in the source, not used: heads.old.bias [1]
              of another shape, made anew: trunk.hidden.1.weight: source [4, 5], model [6, 5]
              of another shape, made anew: trunk.hidden.1.bias: source [4], model [6]
              of another shape, made anew: trunk.hidden.2.weight: source [3, 4], model [3, 6]
            """,
            report.ToString());
    }

    [Theory]
    [InlineData("m.graft")]
    [InlineData("m.safetensors")]
    public void The_trunk_of_a_model_that_was_trained_here_is_a_file_of_weights_too(string file)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, file);
        TrainedModel trained = Survey.Model();
        if (file.EndsWith(".graft", StringComparison.Ordinal))
        {
            trained.Save(path);
        }
        else
        {
            Safetensors.Write(path, trained.Model.StateDictionary());
        }

        var trunk = new Mlp([6, 5], batchNorm: true);
        trunk.Build(trained.Model.Trunk.Input);
        trunk.Initialize(99);

        CarryReport report = trunk.LoadWeights(path);

        Assert.Empty(report.Missing);
        Assert.All(report.Unexpected, u => Assert.StartsWith("heads.", u.Path, StringComparison.Ordinal));
        Assert.Equal(trained.Model.Trunk.StateDictionary()["hidden.0.weight"].ToArray(), trunk.StateDictionary()["hidden.0.weight"].ToArray());
    }

    [Fact]
    public void Carried_values_are_the_sources_and_all_others_the_models_own()
    {
        TaskModel source = Toy.Model(1, new Mlp([5, 4]), Known), model = Toy.Model(2, new Mlp([5, 4]), Known, New);
        Dictionary<string, float[]> own = Toy.Values(model), theirs = Toy.Values(source);

        CarryReport report = WeightCarry.Carry(WeightSource.Of(source.StateDictionary(), "s"), model, ["trunk.hidden.1"]);

        Assert.Equal(["trunk.hidden.0.weight", "trunk.hidden.0.bias", "heads.known.weight", "heads.known.bias"], report.Carried.Select(c => c.Path));
        Assert.All(Toy.Values(model), v => Assert.Equal(report.Carried.Any(c => c.Path == v.Key) ? theirs[v.Key] : own[v.Key], v.Value));
        Assert.All(Toy.Values(source), v => Assert.Equal(theirs[v.Key], v.Value));
    }

    [Fact]
    public void Statistics_of_batch_normalization_are_carried_too()
    {
        TaskModel source = Toy.Model(1, new Mlp([5], batchNorm: true), Known), model = Toy.Model(2, new Mlp([5], batchNorm: true), New);
        source.Features(Tensor.From(Enumerable.Range(0, 32).Select(i => (float)i).ToArray(), [8, 4]), null);

        WeightCarry.Carry(WeightSource.Of(source.StateDictionary(), "s"), model);

        Assert.Equal(Toy.Values(source)["trunk.hidden.0.norm.running_var"], Toy.Values(model)["trunk.hidden.0.norm.running_var"]);
        Assert.Equal(Toy.Values(source)["trunk.hidden.0.norm.running_mean"], Toy.Values(model)["trunk.hidden.0.norm.running_mean"]);
    }

    [Fact]
    public void A_file_is_carried_like_a_model()
    {
        TaskModel source = Toy.Model(1, new Mlp([5, 4]), Known), model = Toy.Model(2, new Mlp([5, 4]), Known), other = Toy.Model(2, new Mlp([5, 4]), Known);
        var stream = new MemoryStream();
        Safetensors.Write(stream, source.StateDictionary());

        CarryReport fromFile = WeightCarry.Carry(WeightSource.Of(Safetensors.Read(stream.ToArray(), "f").Tensors, "s"), model);
        CarryReport fromModel = WeightCarry.Carry(WeightSource.Of(source.StateDictionary(), "s"), other);

        Assert.Equal(fromModel.ToString(), fromFile.ToString());
        Assert.Equal("s: 6 of 6 tensors carried", fromFile.ToString());
        Assert.All(Toy.Values(model), v => Assert.Equal(Toy.Values(source)[v.Key], v.Value));
    }

    // "trunk.hidden.1" is no part of "trunk.hidden.10".
    [Theory]
    [InlineData("trunk.hidden.1.weight", "trunk.hidden.1", true)]
    [InlineData("trunk.hidden.10.weight", "trunk.hidden.1", false)]
    [InlineData("trunk.hidden.1", "trunk.hidden.1", true)]
    [InlineData("heads.new.bias", "heads", true)]
    [InlineData("trunk", "trunk.hidden", false)]
    public void A_layer_is_meant_by_its_whole_name(string path, string layer, bool isIn) => Assert.Equal(isIn, WeightCarry.IsIn(path, layer));
}
