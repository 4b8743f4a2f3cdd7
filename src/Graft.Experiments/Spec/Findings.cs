namespace Graft.Experiments.Spec;

/// <summary>Collects everything that is wrong, so that it is said all at once.</summary>
public sealed class Findings
{
    private const int Most = 200;

    private readonly List<Finding> _all = [];

    /// <summary>How many there are.</summary>
    public int Count => _all.Count;

    /// <summary>Whether further ones are dropped, so that nobody needs to look for them.</summary>
    public bool IsFull => _all.Count >= Most;

    /// <summary>What was found, by file and place; those without a line first. Equal ones once.</summary>
    public IReadOnlyList<Finding> Sorted =>
        [.. _all.Distinct().OrderBy(f => f.File, StringComparer.Ordinal).ThenBy(f => f.Line).ThenBy(f => f.Column)];

    /// <summary>Adds one; after 200 further ones are dropped, because nobody reads them.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="message">What is wrong and what to do, one line, with its full stop.</param>
    public void Add(Place place, string message) => Add(place.Say(message));

    /// <summary>Adds one.</summary>
    /// <param name="finding">What is wrong.</param>
    public void Add(Finding finding)
    {
        if (!IsFull)
        {
            _all.Add(finding);
        }
    }

    /// <summary>Does nothing where there are none.</summary>
    /// <exception cref="GraftInputException">There is at least one; holds all, sorted.</exception>
    public void ThrowIfAny()
    {
        if (_all.Count > 0)
        {
            throw new GraftInputException(Sorted);
        }
    }
}
