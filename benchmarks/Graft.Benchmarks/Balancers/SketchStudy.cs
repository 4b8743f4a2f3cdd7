using System.Globalization;
using Graft.MultiTask.Balancing;
using Graft.Nn.Optimizers;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Tensors.Random;
using Graft.Training;

namespace Graft.Benchmarks.Balancers;

/// <summary>What sketched gradients do to the weights of Nash-MTL and to the error: regressions of one input whose scales lie over two decades.</summary>
internal static class SketchStudy
{
    private const int Inputs = 20;
    private const int TrainRows = 640;
    private const int TestRows = 2000;
    private const int Batch = 32;
    private const int Steps = 1500;

    public const string Syntax = "[--seeds N] [--steps N]";

    public static int Run(Options options)
    {
        int seeds = options.Integer("--seeds", 3, 1, 1000), steps = options.Integer("--steps", Steps, 1, 1_000_000);
        (string Name, BalancingOptions? Balancing)[] ways =
        [
            ("equal", null),
            ("exact", new(GradientSource.Exact)),
            ("representation", new(GradientSource.Representation)),
            ("every-10", new(GradientSource.Exact, Every: 10)),
            ("sketched, 1 direction", new(GradientSource.Sketched)),
            ("sketched, 4 directions", new(GradientSource.Sketched, Directions: 4)),
            ("sketched, 1, memory .9", new(GradientSource.Sketched, Memory: 0.9)),
            ("sketched, 1, memory .995", new(GradientSource.Sketched, Memory: 0.995)),
        ];
        foreach (int tasks in (int[])[8, 40])
        {
            Console.WriteLine($"K = {tasks}: mean squared error over the variance, {seeds} seeds: mean over tasks, worst task; distance of log weights from exact ones");
            foreach ((string name, BalancingOptions? balancing) in ways)
            {
                double[][] runs = [.. Enumerable.Range(1, seeds).Select(seed => new Training(tasks, (ulong)seed, balancing).Train(steps))];
                double mean = runs.Average(r => r[0]), spread = Math.Sqrt(runs.Sum(r => (r[0] - mean) * (r[0] - mean)) / Math.Max(1, seeds - 1));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {name,-26} {mean:F3} +- {spread:F3}  worst {runs.Average(r => r[1]):F3}  weights {runs.Average(r => r[2]):F3}"));
            }
        }

        return 0;
    }

    private sealed class Training : ILossSource
    {
        private readonly BalancerModel _model;
        private readonly BalancingDriver _driver;
        private readonly BalancingDriver? _judge;
        private readonly ModelUpdate _update;
        private readonly ModelUpdate _still;
        private readonly float[] _x;
        private readonly float[][] _y;
        private readonly float[] _testX;
        private readonly float[][] _testY;
        private readonly int[] _order = new int[TrainRows];
        private readonly ulong _seed;
        private int _step;

        public Training(int tasks, ulong seed, BalancingOptions? options)
        {
            _seed = seed;
            _model = BalancerModel.Of("mlp-20-64-64", tasks);
            _model.Initialize(seed);
            TaskKind[] kinds = [.. Enumerable.Repeat(TaskKind.Regression, tasks)];
            _driver = Driver(options is null ? BalancerWorkload.Make("equal") : new NashMTL(), options);
            _judge = options is null ? null : Driver(new NashMTL(), new BalancingOptions(GradientSource.Exact));
            _update = new ModelUpdate(_model, new Adam(0.002f));
            _still = new ModelUpdate(_model, new Sgd(1e-3f));
            (_x, _y) = Rows(tasks, seed, TrainRows, "train");
            (_testX, _testY) = Rows(tasks, seed, TestRows, "test");

            BalancingDriver Driver(Balancer balancer, BalancingOptions? o) => new(
                balancer, new BalancingStep(kinds, seed: seed), [.. _model.Trunk.Parameters()], [.. _model.Heads.SelectMany(h => h.Parameters())], o);
        }

        public double[] Train(int steps)
        {
            double distance = 0;
            int looks = 0;
            for (_step = 0; _step < steps; _step++)
            {
                // Exact weights at the same parameters, now and then; nothing moves by it.
                double[]? exact = null;
                if (_judge is not null && _step % 25 == 24)
                {
                    _judge.Run(this, _still, 0);
                    exact = _judge.Weights.ToArray();
                }

                _driver.Run(this, _update, 1);
                if (exact is not null && _step > steps / 10)
                {
                    distance += Distance(_driver.Weights, exact);
                    looks++;
                }
            }

            double[] errors = Test();
            return [errors.Average(), errors.Max(), distance / Math.Max(1, looks)];
        }

        public void Next(bool validation)
        {
            // The rows of a step follow from its number.
        }

        public void Compute(TaskLosses losses, bool leavesTrace, bool validation)
        {
            int at = _step * Batch % TrainRows;
            if (at == 0 || _step == 0)
            {
                for (int i = 0; i < TrainRows; i++)
                {
                    _order[i] = i;
                }

                RandomStream.For(_seed, "order", (ulong)(_step * Batch / TrainRows)).Shuffle(_order);
            }

            Tensor x = Tensor.ForStep(Pick(_x, Inputs, at), [Batch, Inputs]);
            Tensor features = losses.Represent(_model.Trunk.Forward(x));
            for (int k = 0; k < _y.Length; k++)
            {
                losses.Add(k, _model.Heads[k].Forward(features).MseLoss(Tensor.ForStep(Pick(_y[k], 1, at), [Batch, 1])));
            }
        }

        // The mean difference of logarithms, but for a common factor.
        private static double Distance(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
        {
            double shift = 0, sum = 0;
            for (int i = 0; i < a.Length; i++)
            {
                shift += (Math.Log(a[i]) - Math.Log(b[i])) / a.Length;
            }

            for (int i = 0; i < a.Length; i++)
            {
                sum += Math.Abs(Math.Log(a[i]) - Math.Log(b[i]) - shift) / a.Length;
            }

            return sum;
        }

        // y_k = scale_k (sum of 6 tanh features of a pool of 24, and noise), unit variance before the scale, about.
        private static (float[] X, float[][] Y) Rows(int tasks, ulong seed, int rows, string part)
        {
            var x = new float[rows * Inputs];
            RandomStream.For(seed, part).FillNormal(x);
            var mix = new float[24 * Inputs];
            RandomStream.For(seed, "mix").FillNormal(mix, 0, 1.5f / MathF.Sqrt(Inputs));
            var y = new float[tasks][];
            for (int k = 0; k < tasks; k++)
            {
                RandomStream own = RandomStream.For(seed, "task", (ulong)k), noise = RandomStream.For(seed, part + "/noise", (ulong)k);
                int[] chosen = own.Permutation(24)[..6];
                float[] factors = [.. chosen.Select(_ => (float)own.NextNormal())];
                float size = MathF.Sqrt(factors.Sum(f => f * f)), scale = MathF.Pow(10, (2f * k / (tasks - 1)) - 1);
                y[k] = new float[rows];
                for (int r = 0; r < rows; r++)
                {
                    float sum = 0;
                    for (int f = 0; f < 6; f++)
                    {
                        float z = 0;
                        for (int i = 0; i < Inputs; i++)
                        {
                            z += mix[(chosen[f] * Inputs) + i] * x[(r * Inputs) + i];
                        }

                        sum += factors[f] * MathF.Tanh(z);
                    }

                    y[k][r] = scale * ((sum / size) + (0.3f * (float)noise.NextNormal()));
                }
            }

            return (x, y);
        }

        private float[] Pick(float[] from, int width, int at)
        {
            var rows = new float[Batch * width];
            for (int i = 0; i < Batch; i++)
            {
                from.AsSpan(_order[at + i] * width, width).CopyTo(rows.AsSpan(i * width));
            }

            return rows;
        }

        private double[] Test()
        {
            using var scope = new Graft.Tensors.Autograd.TensorScope();
            Tensor features = _model.Trunk.Forward(Tensor.From(_testX, [TestRows, Inputs]));
            return
            [
                .. _model.Heads.Select((head, k) =>
                {
                    float[] found = head.Forward(features).ToArray();
                    double mean = _testY[k].Average(), variance = _testY[k].Average(v => (v - mean) * (v - mean));
                    return found.Zip(_testY[k]).Average(p => ((double)p.First - p.Second) * (p.First - p.Second)) / variance;
                }),
            ];
        }
    }
}
