namespace Graft.Data.Text;

/// <summary>Bounds what the steps of a tokenizer from a file can do to a text: how many there are, and how many times longer they can make it.</summary>
internal sealed class StepBudget
{
    private const int MostSteps = 64;
    private const long MostGrowth = 4096;

    private int _steps;
    private long _growth = 1;

    /// <param name="fields">The step, for messages.</param>
    /// <param name="growth">How many characters it makes of one, at most.</param>
    public void Take(JsonFields fields, int growth = 1)
    {
        _growth *= Math.Max(1, growth);
        if (++_steps > MostSteps || _growth > MostGrowth)
        {
            throw fields.Refuse("", $"at most {MostSteps} steps that make texts at most {MostGrowth} times longer", "more");
        }
    }
}
