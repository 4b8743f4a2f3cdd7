using Graft.Nn;
using Graft.Tensors;

namespace Graft.Models.Graphs;

/// <summary>The weights of a node of a graph, or of several that belong together, under the names that they have in its file.</summary>
internal sealed class GraphLayer : Module
{
    private readonly List<(string Name, Parameter Parameter)> _parameters = [];
    private readonly List<(string Name, BufferTensor Buffer)> _buffers = [];

    /// <summary>Whether it keeps running statistics, as batch normalization does.</summary>
    public bool HasStatistics => _buffers.Count > 0;

    public void Add(string name, Parameter parameter) => _parameters.Add((name, parameter));

    public void Add(string name, BufferTensor buffer) => _buffers.Add((name, buffer));

    // The graph runs it, node by node.
    public override Tensor Forward(Tensor x) => throw new InvalidOperationException("GraphLayer: expected to be run by its graph, got a call of its own.");

    protected override IEnumerable<(string Name, Parameter Parameter)> OwnParameters() => _parameters;

    protected override IEnumerable<(string Name, BufferTensor Buffer)> OwnBuffers() => _buffers;
}
