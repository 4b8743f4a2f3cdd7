using Graft.Nn;

namespace Graft.Training.Checkpoints;

/// <summary>Compares what a checkpoint holds of a model with the model, before anything is loaded.</summary>
internal static class ModelState
{
    /// <summary>Finds the first path that does not fit.</summary>
    /// <exception cref="GraftInputException">There is one.</exception>
    public static void CheckFits(State saved, Module model)
    {
        var own = new State();
        model.Save(own);
        foreach ((string path, object value) in own.Values)
        {
            object? other = saved.TryGet(path, out object? found) ? found : null;
            if (other?.GetType() != value.GetType() || (value is float[] numbers && ((float[])other).Length != numbers.Length))
            {
                throw Foreign(path, Describe(value), Describe(other));
            }
        }

        foreach ((string path, object value) in saved.Values)
        {
            if (!own.Has(path))
            {
                throw Foreign(path, "none", Describe(value));
            }
        }
    }

    private static GraftInputException Foreign(string path, string expected, string actual) =>
        new("", $"checkpoint: expected for '{path}' {expected}, got {actual}. It belongs to another model.");

    private static string Describe(object? value) => value switch
    {
        null => "none",
        float[] numbers => $"{numbers.Length} values",
        State => "a state",
        _ => $"a {value.GetType().Name}",
    };
}
