using Graft.Experiments.Catalogue;
using Graft.MultiTask.Arrangements;
using Graft.Tasks;
using Graft.Transfer.Plans;

namespace Graft.Experiments.Spec;

/// <summary>One way to learn or transfer, compared with others: its name alone, or a map with its own settings.</summary>
/// <param name="Way">A plan of transfer such as scratch, partial or full, or an arrangement of several tasks such as independent or joint, with its own keys beside it.</param>
/// <param name="Training">How it learns, where it differs from the stage.</param>
/// <param name="Id">What it is called in results; left out, its name. Needed where one way occurs twice.</param>
/// <param name="Model">Another model than the stage's, so that arms of the same size can be compared; with independent and joint only.</param>
public sealed record ArmSection([Inline] Part<IArm> Way, [Inline] TrainingSection Training, string? Id = null, [Also("backbone")] ModelSection? Model = null) : SpecRecord
{
    /// <summary>What it is called in results.</summary>
    public string Id { get; init; } = Id ?? Way?.Name ?? "";

    /// <summary>Whether it carries a model to new tasks.</summary>
    public bool IsTransfer => Is<TransferPlan>();

    /// <summary>Whether all tasks learn at once in one model.</summary>
    public bool SharesModel => Way?.Create() is Arrangement { SharesModel: true };

    /// <summary>Everything carried, everything trained.</summary>
    internal static ArmSection Full { get; } = new(new Part<IArm>("full", () => new FullTransfer()), new TrainingSection());

    /// <summary>All tasks at once.</summary>
    internal static ArmSection Joint { get; } = new(new Part<IArm>("joint", () => new JointTasks()), new TrainingSection());

    /// <summary>Each task alone.</summary>
    internal static ArmSection Independent { get; } = new(new Part<IArm>("independent", () => new IndependentTasks()), new TrainingSection());

    /// <summary>Whether it is a way of some class.</summary>
    /// <typeparam name="T">The class.</typeparam>
    public bool Is<T>() => typeof(T).IsAssignableFrom(Way.Type);
}
