namespace Graft.Nn.Layers;

/// <summary>A function of every element, the same for all: what stands between linear layers.</summary>
public abstract class Activation : Module;
