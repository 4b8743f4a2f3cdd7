using Graft.Tensors.Autograd;

namespace Graft.Tensors;

public readonly unsafe partial struct Tensor
{
    /// <summary>Integers as floating point numbers; floating point numbers as they are. Exact up to 16,777,216.</summary>
    public Tensor ToFloat()
    {
        if (ElementType == ElementType.Float32)
        {
            return this;
        }

        Node x = Contiguous().Node;
        Node y = Tape.Current.New(x.Shape, x.Shape.RowMajor(), null, x);
        for (int i = 0; i < x.Count; i++)
        {
            y.Data[i] = ((int*)x.Data)[i];
        }

        Tape.Current.Trace?.Note("ToFloat", y, [x]);
        return new Tensor(y);
    }

    /// <summary>Floating point numbers as integers, cut towards 0; NaN as 0. Integers as they are.</summary>
    public Tensor ToInt()
    {
        if (ElementType == ElementType.Int32)
        {
            return this;
        }

        Node x = Detach().Contiguous().Node;
        Node y = Tape.Current.New(x.Shape, x.Shape.RowMajor(), null, x, type: ElementType.Int32);
        for (int i = 0; i < x.Count; i++)
        {
            ((int*)y.Data)[i] = (int)x.Data[i];
        }

        Tape.Current.Trace?.Note("ToInt", y, [x]);
        return new Tensor(y);
    }
}
