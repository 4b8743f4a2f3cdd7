namespace Graft.Nn.Layers;

/// <summary>A function of every element, the same for all: what stands between linear layers.</summary>
[Family("activations")]
public abstract class Activation : Module;
