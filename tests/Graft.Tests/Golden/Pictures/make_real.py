"""Writes real.tsv: path, width, height, channels and SHA-256 of the pixels of some real pictures, as PIL decodes them.

Run: GRAFT_DATA=folder /usr/bin/python3 make_real.py (numpy 1.24, PIL 9.4 with libjpeg-turbo 2.1.5).
"""
import glob
import hashlib
import os

import numpy as np
from PIL import Image, ImageOps

here = os.path.dirname(os.path.abspath(__file__))
os.chdir(os.environ["GRAFT_DATA"])
lines = []
for pattern, step in (("ants_bees/*/*/*.jp*g", 40), ("flowers5_128px/*/*.jpg", 150), ("sign_language_digits/*/*.JPG", 100), ("cifar10/*/*/*.jpg", 1200),
                      ("fashion_mnist/*/*/*.png", 1500), ("mnist/png/*/*/*.png", 700)):
    for path in sorted(glob.glob(pattern))[::step]:
        picture = ImageOps.exif_transpose(Image.open(path))
        picture = picture if picture.mode == "L" else picture.convert("RGB")
        pixels = np.asarray(picture).reshape(picture.height, picture.width, -1)
        lines.append(f"{path}\t{picture.width}\t{picture.height}\t{pixels.shape[2]}\t{hashlib.sha256(pixels.tobytes()).hexdigest()}")
with open(os.path.join(here, "real.tsv"), "w") as f:
    f.write("\n".join(lines) + "\n")
