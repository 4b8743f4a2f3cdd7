using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>What a layer checks of its input, in its own name, before it computes.</summary>
internal static class Expect
{
    /// <summary>The last axis has a certain size.</summary>
    public static void LastAxis(Module layer, Tensor x, int size)
    {
        if (x.Rank == 0 || x.Shape[-1] != size)
        {
            throw new ShapeException(layer.ToString()!, $"input [..., {size}]", x.Shape.ToString(), $"Does the layer before it give {size} features?");
        }
    }

    /// <summary>Pictures with a certain number of channels.</summary>
    public static void Channels(Module layer, Tensor x, int channels)
    {
        if (x.Rank != 4 || x.Shape[1] != channels)
        {
            throw new ShapeException(layer.ToString()!, $"input [B, {channels}, H, W]", x.Shape.ToString(), Hint(x, channels));
        }
    }

    /// <summary>Rows or pictures with a certain number of channels at axis 1.</summary>
    public static void ChannelsAtAxis1(Module layer, Tensor x, int channels)
    {
        if (x.Rank is < 2 or > 4 || x.Shape[1] != channels)
        {
            throw new ShapeException(layer.ToString()!, $"input [B, {channels}], [B, {channels}, L] or [B, {channels}, H, W]", x.Shape.ToString(), Hint(x, channels));
        }
    }

    /// <summary>Pictures with any number of channels.</summary>
    public static void Pictures(Module layer, Tensor x)
    {
        if (x.Rank != 4)
        {
            throw new ShapeException(layer.ToString()!, "input [B, C, H, W]", x.Shape.ToString());
        }
    }

    /// <summary>A picture that a window fits into; where sizes are rounded up, all but the last step less one of it.</summary>
    public static void Window(Module layer, Tensor x, Pair kernel, Pair padding, Pair dilation, Pair? step = null)
    {
        Pair over = step ?? 1;
        int height = (dilation.Height * (kernel.Height - 1)) + 2 - (2 * padding.Height) - over.Height;
        int width = (dilation.Width * (kernel.Width - 1)) + 2 - (2 * padding.Width) - over.Width;
        if (x.Shape[2] < height || x.Shape[3] < width)
        {
            throw new ShapeException(layer.ToString()!, $"pictures of at least {Math.Max(1, height)} x {Math.Max(1, width)}", x.Shape.ToString(), "Take a smaller window, more padding, or larger pictures.");
        }
    }

    /// <summary>Two integers that are not too small.</summary>
    public static Pair AtLeast(int least, Pair value, string name)
    {
        Check.AtLeast(least, value.Height, name);
        Check.AtLeast(least, value.Width, name);
        return value;
    }

    /// <summary>A padding that leaves something of the picture in every window.</summary>
    public static Pair HalfWindow(Pair padding, Pair kernel, string name)
    {
        Check.Within(0, kernel.Height / 2, padding.Height, name);
        Check.Within(0, kernel.Width / 2, padding.Width, name);
        return padding;
    }

    /// <summary>A number of groups that divides both numbers of channels.</summary>
    public static int Divides(int groups, int inChannels, int outChannels, string name) => inChannels % groups == 0 && outChannels % groups == 0
        ? groups
        : throw new ArgumentOutOfRangeException(name, groups, $"{name}: expected a divisor of {inChannels} and {outChannels}, got {groups}.");

    private static string Hint(Tensor x, int channels) => x.Rank == 4 && x.Shape[3] == channels
        ? "Pictures have the channels at axis 1; Permute(0, 3, 1, 2) brings them there."
        : $"Does the layer before it give {channels} channels?";
}
