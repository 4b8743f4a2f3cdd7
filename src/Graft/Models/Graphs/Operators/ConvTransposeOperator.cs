using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("ConvTranspose")]
internal sealed class ConvTransposeOperator(GraphNode node) : GraphOperator(node)
{
    private readonly Window _window = new(node);
    private readonly int _groups = (int)Math.Clamp(node.Integer("group", 1), 1, int.MaxValue);
    private readonly long[] _more = node.Integers("output_padding") ?? [0, 0];

    public override bool TakesRelu => true;

    public override GraphRole RoleOf(int input, int count) => input == 1 ? GraphRole.Weight : input == 2 ? GraphRole.Shift : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        Tensor pictures = x[0], weight = x[1];
        if (Node.Text("auto_pad", "NOTSET") is not ("NOTSET" or "VALID") || Node.Integers("output_shape") is not null || _more.Length != 2)
        {
            throw Unsupported("explicit pads of two axes", "another way to say the size of the result");
        }

        Pair kernel = (weight.Shape[2], weight.Shape[3]);
        (int top, int bottom, int left, int right) = _window.Pads(kernel, pictures.Shape[2], pictures.Shape[3]);
        Pair more = ((int)_more[0], (int)_more[1]);
        if (x.IsTracing)
        {
            int Size(int input, int stride, int dilation, int size, int before, int behind, int extra) => ((input - 1) * stride) - before - behind + (dilation * (size - 1)) + extra + 1;
            return OperatorInputs.Zeros(
                pictures.Shape[0], weight.Shape[1] * _groups,
                Size(pictures.Shape[2], _window.Stride.Height, _window.Dilation.Height, kernel.Height, top, bottom, more.Height),
                Size(pictures.Shape[3], _window.Stride.Width, _window.Dilation.Width, kernel.Width, left, right, more.Width));
        }

        if (top == bottom && left == right)
        {
            return pictures.ConvTranspose2d(weight, x.Optional(2), _window.Stride, (top, left), more, _window.Dilation, _groups, Relu);
        }

        Tensor whole = pictures.ConvTranspose2d(weight, x.Optional(2), _window.Stride, 0, more, _window.Dilation, _groups, Relu);
        return whole.Slice(2, top, whole.Shape[2] - top - bottom).Slice(3, left, whole.Shape[3] - left - right);
    }
}
