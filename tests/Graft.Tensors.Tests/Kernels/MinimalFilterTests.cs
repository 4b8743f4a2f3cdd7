using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed class MinimalFilterTests
{
    public static TheoryData<int> Windows => [.. Enumerable.Range(2, MinimalFilter.MostWindow - 1)];

    // y[k] = sum over j of g[j] d[k + j], for four k, from w + 3 products.
    [Theory, MemberData(nameof(Windows))]
    public void Four_results_come_from_three_products_more_than_the_window_has_steps(int window)
    {
        var random = new System.Random(window);
        int products = MinimalFilter.Products(window);
        double[] g = [.. Enumerable.Range(0, window).Select(_ => random.NextDouble() - 0.5)], d = [.. Enumerable.Range(0, products).Select(_ => random.NextDouble() - 0.5)];

        double[] m = [.. Times(MinimalFilter.OfWindow(window), products, g).Zip(Times(MinimalFilter.OfImage(window), products, d), (a, b) => a * b)];
        double[] y = Times(MinimalFilter.OfResults(window), MinimalFilter.Results, m);

        // The matrices are in single precision.
        for (int k = 0; k < MinimalFilter.Results; k++)
        {
            Assert.Equal(Enumerable.Range(0, window).Sum(j => g[j] * d[k + j]), y[k], 2e-6);
        }
    }

    // F(4, 3) with the points 0, 3/4, -3/4, 3/2, -3/2: the first row of the image's matrix is (x² - 9/16)(x² - 9/4) = 81/64 - 45/16 x² + x⁴.
    [Fact]
    public void Rows_are_coefficients_of_products_over_the_other_points() =>
        Assert.Equal([81f / 64, 0, -45f / 16, 0, 1, 0, 0, 0], MinimalFilter.OfImage(3)[..MinimalFilter.Stride]);

    private static double[] Times(float[] matrix, int rows, double[] x) =>
        [.. Enumerable.Range(0, rows).Select(i => x.Select((v, j) => matrix[(i * MinimalFilter.Stride) + j] * v).Sum())];
}
