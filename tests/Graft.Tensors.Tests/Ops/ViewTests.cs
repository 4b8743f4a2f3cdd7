namespace Graft.Tensors.Tests.Ops;

/// <summary>Other shapes over the same memory, and tensors joined.</summary>
public sealed class ViewTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            yield return Case("reshape", [3, 4], x => x.Reshape(2, 6), x => x.Reshape(2, 6));
            yield return Case("reshape, one open", [2, 3, 5], x => x.Reshape(-1, 5), x => x.Reshape(6, 5));
            yield return Case("flatten", [2, 3, 4, 5], x => x.Flatten(), x => x.Reshape(2, 60));
            yield return Case("flatten all", [2, 3], x => x.Flatten(0), x => x.Reshape(6));
            yield return Case("flatten nothing", [3], x => x.Flatten(), x => x.Reshape(3, 1));
            yield return Case("transpose", [3, 5], x => x.Transpose(), x => x.Permute(1, 0));
            yield return Case("permute", [2, 3, 4, 5], x => x.Permute(2, 0, 3, 1), x => x.Permute(2, 0, 3, 1));
            yield return Case("permute and reshape", [2, 3, 4], x => x.Permute(2, 0, 1).Reshape(8, 3), x => x.Permute(2, 0, 1).Reshape(8, 3));
            yield return Case("slice", [5, 7], x => x.Slice(1, 1, 3, 2), x => new Nd([5, 3], at => x[at[0], 1 + (2 * at[1])]));
            yield return Case("slice of a slice", [9], x => x.Slice(0, 1, 7).Slice(0, 2, 2, 3), x => new Nd([2], at => x[3 + (3 * at[0])]));
            yield return Case("empty slice", [5], x => x.Slice(0, 5, 0), x => new Nd([0]));
            yield return Case("select", [3, 4, 5], x => x.Select(1, 2), x => new Nd([3, 5], at => x[at[0], 2, at[1]]));
            yield return Case("squeeze and unsqueeze", [3, 1, 5], x => x.Squeeze(1).Unsqueeze(0).Unsqueeze(-1), x => x.Reshape(1, 3, 5, 1));
            yield return Case("expand", [3, 1], x => x.Expand(2, 3, 4), x => new Nd([2, 3, 4], at => x[at[1], 0]));
            yield return Case("expand a scalar", [], x => x.Expand(2, 2), x => new Nd([2, 2], _ => x.Data[0]));
            yield return Case("contiguous", [3, 5], x => x.Transpose().Contiguous(), x => x.Permute(1, 0));
            yield return Case("overlapping parts", [5], x => x.Slice(0, 0, 4) * x.Slice(0, 1, 4), x => new Nd([4], at => x[at[0]] * x[at[0] + 1]));
            yield return Case("pad", [2, 3], x => x.Pad([1, 0], [2, 1], 1.5f), x => Padded(x, [1, 0], [2, 1], 1.5f));
            yield return Case("pad nothing", [2, 3], x => x.Pad([0, 0], [0, 0]), x => x);
            yield return Case("pad what is empty", [2, 0], x => x.Pad([0, 1], [0, 1]), x => Padded(x, [0, 1], [0, 1], 0));
            yield return Case("pad pictures", [2, 3, 4, 5], x => x.PadPictures(1, 0, 2, 1), x => Padded(x, [0, 0, 1, 2], [0, 0, 0, 1], 0));
            yield return Case("pad channels and a batch", [1, 17, 2, 3], x => x.Pad([1, 2, 0, 0], [0, 3, 0, 1], -2), x => Padded(x, [1, 2, 0, 0], [0, 3, 0, 1], -2));
            yield return Case("pad a part", [5, 6], x => x.Slice(1, 1, 3).Pad([0, 2], [1, 0]), x => Padded(new Nd([5, 3], at => x[at[0], at[1] + 1]), [0, 2], [1, 0], 0));
            foreach (int axis in new[] { 0, 1, -1 })
            {
                int at = axis < 0 ? 2 : axis;
                int[] second = [2, 3, 4];
                second[at] = 5;
                yield return new OpCase($"concat along {axis}", [[2, 3, 4], second, [2, 3, 4]], x => Tensor.Concat(x, axis), x => Join(at, x));
                yield return new OpCase($"stack along {axis}", [[2, 3], [2, 3]], x => Tensor.Stack(x, axis), x => Stacked(at, x));
            }

            yield return new OpCase("stack scalars", [[], []], x => Tensor.Stack(x), x => Stacked(0, x));
            yield return new OpCase("concat pictures along channels", [[2, 3, 4, 5], [2, 2, 4, 5]], x => Tensor.Concat(x, 1), x => Join(1, x));
            yield return new OpCase("concat one with itself", [[2, 3]], x => Tensor.Concat([x[0], x[0]], 0), x => Join(0, [x[0], x[0]]));
        }
    }

    [Fact]
    public void Views_share_memory_where_the_layout_allows_it()
    {
        Tensor x = Tensor.From(new float[24], [2, 3, 4]);
        Tensor flat = x.Transpose(0, 1).Slice(2, 1, 2).Detach();

        flat.Assign([.. Enumerable.Range(1, 12).Select(i => (float)i)]);

        Assert.Equal([0f, 1, 2, 0, 0, 5, 6, 0, 0, 9, 10, 0, 0, 3, 4, 0, 0, 7, 8, 0, 0, 11, 12, 0], x.ToArray());
    }

    [Fact]
    public void Padding_keeps_the_order_of_the_axes_in_memory_and_works_on_integers()
    {
        Tensor pictures = Tensor.Ones([2, 4, 5, 3]).Permute(0, 3, 1, 2);

        Tensor padded = pictures.PadPictures(1, 1, 1, 1), numbers = Tensor.From([1, 2], [2]).Pad([1], [1], 7);

        Assert.Equal([2, 3, 6, 7], padded.Shape.Sizes.ToArray());
        Assert.True(padded.Permute(0, 2, 3, 1).Node.IsContiguous);
        Assert.Equal([7, 1, 2, 7], numbers.ToIntArray());
        Assert.Equal("Pad: expected a number before and one behind for each axis of [2], got 1 and 2.", Assert.Throws<ShapeException>(() => Tensor.Ones([2]).Pad([0], [0, 1])).Message);
        Assert.StartsWith("behind: expected an integer >= 0, got -1.", Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Ones([2]).Pad([0], [-1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        Tensor x = Tensor.Ones([2, 3]);

        Assert.Equal("Reshape: expected 6 elements as in [2, 3], got 4 x 2.", Assert.Throws<ShapeException>(() => x.Reshape(4, 2)).Message);
        Assert.Equal("Reshape: expected 6 elements as in [2, 3], got -1 x 4.", Assert.Throws<ShapeException>(() => x.Reshape(-1, 4)).Message);
        Assert.Equal("Permute: expected each axis of [2, 3] once, got [0, 0].", Assert.Throws<ShapeException>(() => x.Permute(0, 0)).Message);
        Assert.Equal(
            "Slice: expected a range within 0..3 of axis 1 of [2, 3], got start 1, length 3, step 1.",
            Assert.Throws<ShapeException>(() => x.Slice(1, 1, 3)).Message);
        Assert.Equal("Squeeze: expected size 1 at axis 0, got [2, 3].", Assert.Throws<ShapeException>(() => x.Squeeze(0)).Message);
        Assert.Equal("Expand: expected a shape that [2, 3] broadcasts to, got [2, 1].", Assert.Throws<ShapeException>(() => x.Expand(2, 1)).Message);
        Assert.Equal(
            "Concat: expected shapes that agree with [2, 3] but for axis 0, got [2, 4].",
            Assert.Throws<ShapeException>(() => Tensor.Concat([x, Tensor.Ones([2, 4])], 0)).Message);
        Assert.Equal("Stack: expected tensors of shape [2, 3], got [2, 4].", Assert.Throws<ShapeException>(() => Tensor.Stack([x, Tensor.Ones([2, 4])])).Message);
        Assert.Equal("Concat: expected at least one tensor, got none.", Assert.Throws<ShapeException>(() => Tensor.Concat([], 0)).Message);
    }

    private static Nd Padded(Nd x, int[] before, int[] behind, double value) => new([.. x.Shape.Select((s, i) => before[i] + s + behind[i])], at =>
    {
        int[] inner = [.. at.Select((a, i) => a - before[i])];
        return inner.Where((a, i) => a < 0 || a >= x.Shape[i]).Any() ? value : x[inner];
    });

    private static Nd Join(int axis, Nd[] parts)
    {
        int[] shape = [.. parts[0].Shape];
        shape[axis] = parts.Sum(p => p.Shape[axis]);
        return new Nd(shape, at =>
        {
            int place = at[axis], which = 0;
            while (place >= parts[which].Shape[axis])
            {
                place -= parts[which++].Shape[axis];
            }

            int[] inner = [.. at];
            inner[axis] = place;
            return parts[which][inner];
        });
    }

    private static Nd Stacked(int axis, Nd[] parts)
    {
        int[] shape = [.. parts[0].Shape[..axis], parts.Length, .. parts[0].Shape[axis..]];
        return new Nd(shape, at => parts[at[axis]][[.. at[..axis], .. at[(axis + 1)..]]]);
    }

    private static OpCase Case(string name, int[] shape, Func<Tensor, Tensor> op, Func<Nd, Nd> reference) =>
        new(name, [shape], x => op(x[0]), x => reference(x[0]));
}
