using Graft.Experiments.Catalogue;
using Graft.Models;

namespace Graft.Experiments.Spec;

/// <summary>A model: its name alone, or a map with its own keys and those that all models have.</summary>
/// <param name="Backbone">The model, with its own keys beside it.</param>
/// <param name="Weights">Pretrained weights that it begins with, or for a model of texts vectors of words (GloVe, word2vec): a file, relative to the experiment or to GRAFT_DATA, or a name of `graft list hub`. A transfer that names no earlier stage
/// starts from them, and its arm "scratch" does not. Left out: the file that the model's structure was read from, or none.</param>
/// <param name="OrRandom">Whether random weights take their place where they are not there, and the report says so; otherwise that is an error.</param>
public sealed record ModelSection([Inline] Part<Backbone> Backbone, string? Weights = null, bool OrRandom = false) : SpecRecord
{
    /// <summary>Whether it begins with pretrained weights.</summary>
    public bool IsPretrained => Backbone is not null && WeightsOf(Backbone.Create()) is not null;

    /// <summary>The file or name of the weights, or null.</summary>
    /// <param name="backbone">The model, made.</param>
    public string? WeightsOf(Backbone backbone) => Weights ?? backbone.DefaultWeights;
}
