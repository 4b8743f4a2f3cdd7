namespace Graft.Tensors.Linalg;

/// <summary>Solves G w = w^(−p), w > 0, which is where ½ wᵀGw − Σ w^(1−p)/(1−p) is least (½ wᵀGw − Σ log w for p = 1).</summary>
/// <remarks>
/// <para>Damped Newton on n variables: the function is convex for p > 0, and for p = 1 self-concordant. Vectors are scaled to length 1 first, which turns the
/// equation into C y = a y^(−p), and y by one number so that a has the geometric mean 1; so scales do not matter.</para>
/// <para>There is no solution where a convex combination of the vectors is 0, a vector of length 0 among them. Then, also where it is 0 up to single precision,
/// C + 1e-6 sqrt(n) I takes the place of C, and vectors of length 0 count as orthogonal ones of 1e-3 of the longest length; the status says so.</para>
/// <para>O(n³) a round, about 6 to 20 rounds. Keeps its scratch memory.</para>
/// </remarks>
public sealed class PowerEquation
{
    private const double Farthest = 3e3;    // how far (x / start)^((1+p)/2) may grow before the problem counts as having no solution
    private const double Tolerance = 1e-5;
    private const int Limit = 100;

    private double[] _matrix = [], _hessian = [], _length = [], _factor = [], _start = [], _gradient = [], _step = [], _trial = [], _product = [];
    private int _n;
    private double _p;

    /// <summary>Solves.</summary>
    /// <param name="g">n by n, row by row; symmetric, positive semi-definite up to rounding.</param>
    /// <param name="p">The power; greater than 0.</param>
    /// <param name="w">Gets n numbers greater than 0.</param>
    /// <returns>Residual: the largest |(G w)_i w_i^p − 1|.</returns>
    public SolverStatus Solve(ReadOnlySpan<double> g, double p, Span<double> w)
    {
        _p = Check.Positive(p);
        _n = w.Length;
        if (g.Length != _n * _n)
        {
            throw new ShapeException("PowerEquation", $"a Gramian of {_n} by {_n} numbers", $"{g.Length} numbers");
        }

        bool isRegularized = Begin(g);
        double scale = Scale();
        SolverStatus status = Newton(w, isRegularized ? Precision.Ridge(_n) : 0);
        if (!isRegularized && !status.IsConverged)
        {
            isRegularized = true;
            int rounds = status.Iterations;
            status = Newton(w, Precision.Ridge(_n));
            status = status with { Iterations = status.Iterations + rounds };
        }

        for (int i = 0; i < _n; i++)
        {
            w[i] *= scale / _length[i];
        }

        return status with { IsRegularized = isRegularized };
    }

    // C and the lengths; whether a vector has none.
    private bool Begin(ReadOnlySpan<double> g)
    {
        if (_length.Length < _n)
        {
            (_matrix, _hessian) = (new double[_n * _n], new double[_n * _n]);
            (_length, _factor, _start) = (new double[_n], new double[_n], new double[_n]);
            (_gradient, _step, _trial, _product) = (new double[_n], new double[_n], new double[_n], new double[_n]);
        }

        double longest = 0;
        for (int i = 0; i < _n; i++)
        {
            longest = Math.Max(longest, g[(i * _n) + i]);
        }

        bool isRegularized = false;
        for (int i = 0; i < _n; i++)
        {
            double square = g[(i * _n) + i];
            bool isZero = !(square > longest * 1e-24);
            isRegularized |= isZero;
            _length[i] = !isZero ? Math.Sqrt(square) : longest > 0 ? Math.Sqrt(longest * Precision.Single) : 1;
        }

        for (int i = 0; i < _n; i++)
        {
            _step[i] = 1 / _length[i];
        }

        for (int i = 0; i < _n; i++)
        {
            for (int j = 0; j < _n; j++)
            {
                _matrix[(i * _n) + j] = g[(i * _n) + j] * _step[i] * _step[j];
            }

            _matrix[(i * _n) + i] = 1;
        }

        return isRegularized;
    }

    // a_i = length_i^(p−1) over its geometric mean ā; y = ā^(1/(1+p)) x.
    private double Scale()
    {
        if (_p == 1)
        {
            _factor.AsSpan(0, _n).Fill(1);
            return 1;
        }

        double mean = 0;
        for (int i = 0; i < _n; i++)
        {
            _factor[i] = (_p - 1) * Math.Log(_length[i]);
            mean += _factor[i] / _n;
        }

        for (int i = 0; i < _n; i++)
        {
            _factor[i] = Math.Exp(_factor[i] - mean);
        }

        return Math.Exp(mean / (1 + _p));
    }

    private SolverStatus Newton(Span<double> x, double ridge)
    {
        Start(x, ridge);
        double value = Value(x, ridge);
        double residual = Gradient(x);
        int stalls = 0;
        for (int round = 0; ; round++)
        {
            if (residual <= 1e-12 || round == Limit)
            {
                return new SolverStatus(residual <= Tolerance, round, residual);
            }

            double slope = Direction(x, ridge);
            if (ridge == 0 && (double.IsNaN(slope) || IsFar(x)))
            {
                return new SolverStatus(false, round, residual);
            }

            double step = 1;
            for (int i = 0; i < _n; i++)
            {
                if (-_step[i] > 0.99 * x[i])
                {
                    step = Math.Min(step, 0.99 * x[i] / -_step[i]);
                }
            }

            double next;
            while (true)
            {
                for (int i = 0; i < _n; i++)
                {
                    _trial[i] = x[i] + (step * _step[i]);
                }

                next = Value(_trial.AsSpan(0, _n), ridge);
                if (next <= value + (1e-4 * step * slope) || step < 1e-10)
                {
                    break;
                }

                // Near the answer the value cannot tell any more; the residual can.
                if (-slope < 1e-3 && Gradient(_trial.AsSpan(0, _n)) < residual)
                {
                    break;
                }

                step /= 2;
            }

            double left = Gradient(_trial.AsSpan(0, _n));
            stalls = residual < 1e-3 && left >= residual / 2 ? stalls + 1 : 0;
            if (stalls == 5 || (left >= residual && residual <= Tolerance && -slope <= 1e-13 * Math.Max(1, Math.Abs(value))))
            {
                return new SolverStatus(residual <= Tolerance, round, residual);
            }

            _trial.AsSpan(0, _n).CopyTo(x);
            (value, residual) = (next, left);
        }
    }

    // The best multiple of the answer for orthogonal vectors.
    private void Start(Span<double> x, double ridge)
    {
        (double barrier, double square) = (0, 0);
        for (int i = 0; i < _n; i++)
        {
            x[i] = _p == 1 ? 1 : Math.Pow(_factor[i], 1 / (1 + _p));
            barrier += x[i] * x[i];
        }

        for (int i = 0; i < _n; i++)
        {
            square += x[i] * ((ridge * x[i]) + Cholesky.Dot(x, _matrix.AsSpan(i * _n, _n)));
        }

        double stretch = Math.Min(1e3, Math.Pow(barrier / Math.Max(square, 1e-6 * barrier), 1 / (1 + _p)));
        for (int i = 0; i < _n; i++)
        {
            _start[i] = x[i];
            x[i] *= stretch;
        }
    }

    private bool IsFar(ReadOnlySpan<double> x)
    {
        double farthest = 0;
        for (int i = 0; i < _n; i++)
        {
            farthest = Math.Max(farthest, x[i] / _start[i]);
        }

        return (_p == 1 ? farthest : Math.Pow(farthest, (1 + _p) / 2)) > Farthest;
    }

    // The function that is to be least; keeps C x.
    private double Value(ReadOnlySpan<double> x, double ridge)
    {
        double sum = 0;
        for (int i = 0; i < _n; i++)
        {
            _product[i] = (ridge * x[i]) + Cholesky.Dot(x, _matrix.AsSpan(i * _n, _n));
            sum += x[i] * _product[i] / 2;
        }

        if (_p == 1)
        {
            return sum - LogSum(x);
        }

        for (int i = 0; i < _n; i++)
        {
            sum -= _factor[i] * Math.Pow(x[i], 1 - _p) / (1 - _p);
        }

        return sum;
    }

    // Σ log x, a logarithm for a few numbers: far from both ends of the range, as x is within some powers of ten of 1. All factors are 1 where p is.
    private static double LogSum(ReadOnlySpan<double> x)
    {
        double sum = 0, product = 1;
        for (int i = 0; i < x.Length; i++)
        {
            product *= x[i];
            if (i % 4 == 3)
            {
                sum += Math.Log(product);
                product = 1;
            }
        }

        return sum + Math.Log(product);
    }

    // C x − a x^(−p), and the largest part of it relative to a x^(−p). x is that of the last value.
    private double Gradient(ReadOnlySpan<double> x)
    {
        double residual = 0;
        for (int i = 0; i < _n; i++)
        {
            double wanted = _factor[i] * (_p == 1 ? 1 / x[i] : Math.Pow(x[i], -_p));
            _gradient[i] = _product[i] - wanted;
            residual = Math.Max(residual, Math.Abs(_gradient[i]) / wanted);
        }

        return residual;
    }

    // −H⁻¹ times the gradient, with H = C + diag(a p x^(−p−1)); returns the slope along it.
    private double Direction(ReadOnlySpan<double> x, double ridge)
    {
        _matrix.AsSpan(0, _n * _n).CopyTo(_hessian);
        for (int i = 0; i < _n; i++)
        {
            _hessian[(i * _n) + i] += ridge + (_factor[i] * _p * (_p == 1 ? 1 / (x[i] * x[i]) : Math.Pow(x[i], -_p - 1)));
            _step[i] = -_gradient[i];
        }

        if (!Cholesky.TryFactor(_hessian, _n))
        {
            return double.NaN;      // rounding made the matrix indefinite
        }

        Cholesky.Solve(_hessian, _n, _step.AsSpan(0, _n));
        return Cholesky.Dot(_step.AsSpan(0, _n), _gradient);
    }
}
