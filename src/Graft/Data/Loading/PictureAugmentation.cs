using Graft.Tensors.Random;

namespace Graft.Data.Loading;

/// <summary>Changes a picture as it is loaded for training: crops, flips, colors.</summary>
/// <param name="picture">The picture as it was decoded; not to be written to.</param>
/// <param name="random">The only source of chance, so that the same draw changes the same picture the same way.</param>
/// <returns>The changed picture, of any size. Called from several threads.</returns>
public delegate Picture PictureAugmentation(Picture picture, ref RandomStream random);
