using Graft.Data;
using Graft.Data.Loading;
using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Training;

namespace Graft.ResumeHost;

/// <summary>Loss and accuracy of one multi-class task.</summary>
public sealed class TinyValidation(Module model, LabeledRows rows) : IValidation
{
    private readonly SequentialBatches _batches = new(rows, 16);

    public IReadOnlyList<TaskScores> Run()
    {
        model.Train(false);
        double loss = 0, right = 0;
        _batches.Restart();
        while (true)
        {
            using var scope = new TensorScope();
            using var silence = new NoGrad();
            if (_batches.Next() is not Batch batch)
            {
                break;
            }

            Tensor output = model.Forward(batch.Input);
            loss += output.CrossEntropy(batch.Targets[0]).Item() * batch.Count;
            int[] given = output.ArgMax(1).ToIntArray(), labels = batch.Targets[0].ToIntArray();
            right += given.Zip(labels).Count(p => p.First == p.Second);
        }

        model.Train();
        return [new TaskScores("class", loss / rows.Count, new Dictionary<string, double> { ["accuracy"] = right / rows.Count })];
    }
}
