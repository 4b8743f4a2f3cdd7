using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Catalogue;

public sealed class BindingTests
{
    [Fact]
    public void Every_type_of_value_is_bound()
    {
        Train train = Garage.Bind("""
            name: 7
            engine: { name: diesel, rate: 1e-3, fuel: heavy-oil, piston-sizes: [1, 2] }
            helper: steam
            numbers: [3, 18446744073709551615]
            wagons:
              first: { load: coal, weight: 2.5, color: red, axles: 4 }
              second: { load: coal, weight: 1 }
            spares: [steam, { name: hybrid, first: steam, second: { name: oil, rate: 1 } }]
            brake: { force: 0.5, delay: 1.5m }
            maxSpeed: 120
            note: { any: [thing] }
            """);

        var diesel = (Diesel)train.Engine.Create();
        Assert.Equal("7", train.Name);
        Assert.Equal((0.001f, FuelKind.HeavyOil), (diesel.Rate, diesel.Fuel));
        Assert.Equal([1, 2], diesel.PistonSizes);
        Assert.IsType<Steam>(train.Helper);
        Assert.Equal([3, ulong.MaxValue], train.Numbers!);
        Assert.Equal(["first", "second"], train.Wagons!.Keys);
        Assert.Equal(2.5, ((Coal)train.Wagons["first"].Load.Create()).Weight);
        Assert.Equal(("red", 4), (train.Wagons["first"].Trim.Color, train.Wagons["first"].Axles));
        Assert.IsType<Diesel>(((Hybrid)train.Spares![1].Create()).Second);
        Assert.Equal((0.5, TimeSpan.FromSeconds(90)), (train.Brake!.Force, train.Brake.Delay!.Value));
        Assert.Equal((null, 120), (train.Mileage, train.MaxSpeed));
        Assert.IsType<SpecMap>(train.Note);
    }

    [Fact]
    public void A_part_is_made_anew_each_time()
    {
        Train train = Garage.Bind("{ name: a, engine: steam }");

        Assert.NotSame(train.Engine.Create(), train.Engine.Create());
        Assert.Equal("steam", train.Engine.Name);
    }

    [Fact]
    public void Short_forms_stand_for_maps_and_lists()
    {
        Train train = Garage.Bind("{ name: a, engine: steam, numbers: 3, spares: steam, brake: 2, wagons: ~ }");

        Assert.Equal([1, 2, 3], train.Numbers!);
        Assert.Equal("steam", Assert.Single(train.Spares!).Name);
        Assert.Equal(2, train.Brake!.Force);
        Assert.Null(train.Wagons);
    }

    [Fact]
    public void Sections_remember_where_their_keys_stand()
    {
        Train train = Garage.Bind("name: a\nengine: steam\nbrake:\n  delay: 2s\n");

        Assert.Equal(new Place("t.yaml", 4, 10), train.Brake!.PlaceOf("delay"));
        Assert.Equal(new Place("t.yaml", 4, 3), train.Brake!.PlaceOf("force"));
    }

    [Theory]
    [InlineData("engine: stem", "t.yaml(2,9): engine: no engine is named 'stem'. Did you mean 'steam'? `graft list engines` shows all 3.")]
    [InlineData("engine: x", "t.yaml(2,9): engine: no engine is named 'x'. `graft list engines` shows all 3.")]
    [InlineData("engine: { rate: 1 }", "t.yaml(2,9): engine: expected a key 'name' with the name of an engine, got none. `graft list engines` shows all 3.")]
    [InlineData("engine: { name: steam, presure: 1 }", "t.yaml(2,24): engine: no key is named 'presure' here. Did you mean 'pressure'?")]
    [InlineData("engine: { name: steam, xyz: 1 }", "t.yaml(2,24): engine: no key is named 'xyz' here. Keys are name, pressure, boilers.")]
    [InlineData("engine: { name: steam, pressure: 0 }", "t.yaml(2,34): engine.pressure: expected a number > 0, got 0.")]
    [InlineData("engine: { name: steam, boilers: 1.5 }", "t.yaml(2,33): engine.boilers: expected an integer, got '1.5'.")]
    [InlineData("engine: { name: steam, boilers: '2' }", "t.yaml(2,33): engine.boilers: expected an integer, got '2'. Leave out the quotes.")]
    [InlineData("engine: { name: steam, boilers: 99999999999 }", "t.yaml(2,33): engine.boilers: expected an integer, got '99999999999'.")]
    [InlineData("engine: { name: steam, pressure: .nan }", "t.yaml(2,34): engine.pressure: expected a number, got '.nan'.")]
    [InlineData("engine: { name: steam, pressure: [1] }", "t.yaml(2,34): engine.pressure: expected a number, got a list.")]
    [InlineData("engine: { name: diesel }", "t.yaml(2,9): engine: expected a key 'rate' with a number, got none.")]
    [InlineData("engine: { name: diesel, rate: ~ }", "t.yaml(2,31): engine.rate: expected a number, got nothing.")]
    [InlineData("engine: { name: diesel, rate: 1, fuel: wod }", "t.yaml(2,40): engine.fuel: expected one of wood, heavy-oil, got 'wod'. Did you mean 'wood'?")]
    [InlineData("engine: { name: diesel, rate: 1, pistonSizes: [1, 0] }", "t.yaml(2,47): engine.piston-sizes: expected an integer >= 1, got 0.")]
    [InlineData("engine: { name: diesel, rate: 1, piston-sizes: [1, x] }", "t.yaml(2,52): engine.piston-sizes.1: expected an integer, got 'x'.")]
    [InlineData("engine: { name: diesel, rate: 1, pistonSizes: [], piston-sizes: [] }", "t.yaml(2,51): engine: expected each key once, got pistonSizes and piston-sizes, which are the same.")]
    [InlineData("engine: [steam]", "t.yaml(2,9): engine: expected an engine, got a list.")]
    [InlineData("{ x: 1 }", "t.yaml(2,1): not valid YAML: ")]
    [InlineData("engine: steam\nnumbers: 0", "t.yaml(3,10): numbers: expected a count from 1 to 1000 or a list, got '0'.")]
    [InlineData("engine: steam\nnumbers: [-1]", "t.yaml(3,11): numbers.0: expected an integer >= 0, got '-1'.")]
    [InlineData("engine: steam\nwagons: [a]", "t.yaml(3,9): wagons: expected a map from names to maps, got a list.")]
    [InlineData("engine: steam\nwagons: { a: { load: cole, wait: 1 } }", "t.yaml(3,22): wagons.a: no load is named 'cole'. Did you mean 'coal'? `graft list loads` shows the only one.")]
    [InlineData("engine: steam\nwagons: { a: { load: coal, weight: 1, colour: red } }", "t.yaml(3,39): wagons.a: no key is named 'colour' here. Did you mean 'color'?")]
    [InlineData("engine: steam\nbrake: hard", "t.yaml(3,8): brake.force: expected a number, got 'hard'.")]
    [InlineData("engine: steam\nbrake: { delay: soon }", "t.yaml(3,17): brake.delay: expected a duration such as 90s, 10m or 2h, got 'soon'.")]
    [InlineData("engine: steam\nbrake: -1", "t.yaml(3,8): brake.force: expected a number >= 0, got -1.")]
    [InlineData("engine: steam\nmax-speed: 0", "t.yaml(3,12): max-speed: expected a number > 0, got 0.")]
    [InlineData("engine: steam\nhelper: { name: hybrid, first: diesel }", "t.yaml(3,32): helper.first: expected a key 'rate' with a number, got none.")]
    [InlineData("engine: steam\nspeed: 1", "t.yaml(3,1): no key is named 'speed' here. Keys are name, engine, helper, numbers, wagons, spares, brake, mileage, max-speed, note.")]
    public void What_is_wrong_is_said_at_its_place(string second, string expected)
    {
        var e = Assert.Throws<GraftInputException>(() => Garage.Bind("name: a\n" + second));

        Assert.StartsWith(expected, e.Message, StringComparison.Ordinal);
        Assert.Single(e.Findings);
    }

    [Fact]
    public void Everything_is_said_at_once_in_the_order_of_the_file()
    {
        var e = Assert.Throws<GraftInputException>(() => Garage.Bind("""
            engine: { name: steam, boilers: x, pressur: 1 }
            brake: { force: -1 }
            nme: a
            """));

        Assert.Equal(
            [
                "t.yaml(1,1): expected a key 'name' with a text, got none.",
                "t.yaml(1,33): engine.boilers: expected an integer, got 'x'.",
                "t.yaml(1,36): engine: no key is named 'pressur' here. Did you mean 'pressure'?",
                "t.yaml(2,17): brake.force: expected a number >= 0, got -1.",
                "t.yaml(3,1): no key is named 'nme' here. Did you mean 'name'?",
            ],
            e.Findings.Select(f => f.ToString()));
    }

    [Fact]
    public void Values_out_of_range_are_said_beside_each_other_and_beside_other_errors()
    {
        var e = Assert.Throws<GraftInputException>(() => Garage.Bind("""
            name: a
            engine: { name: steam, pressure: 0, boilers: 0 }
            brake: { force: -1, delay: soon }
            max-speed: 0
            mileage: far
            """));

        Assert.Equal(
            [
                "t.yaml(2,34): engine.pressure: expected a number > 0, got 0.",
                "t.yaml(2,46): engine.boilers: expected an integer >= 1, got 0.",
                "t.yaml(3,17): brake.force: expected a number >= 0, got -1.",
                "t.yaml(3,28): brake.delay: expected a duration such as 90s, 10m or 2h, got 'soon'.",
                "t.yaml(4,12): max-speed: expected a number > 0, got 0.",
                "t.yaml(5,10): mileage: expected an integer, got 'far'.",
            ],
            e.Findings.Select(f => f.ToString()));
    }

    [Fact]
    public void A_flood_of_findings_is_cut()
    {
        string keys = string.Join("\n", Enumerable.Range(0, 5000).Select(i => $"unknown-key-number-{i}: 1"));

        var e = Assert.Throws<GraftInputException>(() => Garage.Bind("name: a\nengine: steam\n" + keys));

        Assert.Equal(200, e.Findings.Count);
    }

    [Fact]
    public void Defaults_are_written_out_and_read_back_to_the_same()
    {
        SpecNode node = SpecReader.Read("t.yaml", "{ name: a, engine: steam, brake: 2, wagons: { x: { load: coal, weight: 1 } }, spares: [oil] }");

        string whole = SpecWriter.Write(Garage.Catalogue.Complete<Train>(node));

        Assert.Equal(
            """
            name: a
            engine:
              name: steam
              pressure: 2
              boilers: 1
            brake:
              force: 2
            wagons:
              x:
                load: coal
                weight: 1
                shiny: false
                axles: 2
            spares:
              - name: oil
                fuel: heavy-oil
                piston-sizes: []
            max-speed: 80

            """,
            whole);
        Assert.Equal(whole, SpecWriter.Write(Garage.Catalogue.Complete<Train>(SpecReader.Read("t.yaml", whole))));
    }
}
