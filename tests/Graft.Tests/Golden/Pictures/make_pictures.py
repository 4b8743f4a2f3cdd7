"""Makes the pictures that the decoders' tests read, and pictures.tsv: name, width, height, channels and SHA-256 of the pixels.

Run: /usr/bin/python3 make_pictures.py (numpy 1.24, PIL 9.4 with libjpeg-turbo 2.1.5, cjpeg and jpegtran of libjpeg-turbo-progs 2.1.5).
PNG files are written here, filter by filter; what they must decode to is computed from the samples by the rules in PictureDecoder's remarks, and
compared with PIL where PIL follows the same rules. JPEG files come from PIL, cjpeg and jpegtran; x.jpg must decode to about x.expected.png, which PIL decoded.
"""
import glob
import hashlib
import io
import os
import struct
import subprocess
import zlib

import numpy as np
from PIL import Image, ImageOps

here = os.path.dirname(os.path.abspath(__file__))
os.chdir(here)
for old in glob.glob("*.png") + glob.glob("*.jpg"):
    os.remove(old)
lines = []
rng = np.random.default_rng(7)
W, H = 37, 29


def photo(width, height, seed=1):
    """Smooth colors, an edge and some noise."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    r = np.random.default_rng(seed)
    planes = [128 + 90 * np.sin(x / 7 + c) * np.cos(y / (5 + c)) + 40 * (x > y + c) + r.normal(0, 6, (height, width)) for c in range(3)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def note(name, pixels):
    height, width, channels = pixels.shape
    lines.append(f"{name}\t{width}\t{height}\t{channels}\t{hashlib.sha256(pixels.tobytes()).hexdigest()}")


# ---- PNG ----

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def pack_rows(samples, depth):
    """samples [rows, columns, samples a pixel] -> packed bytes of each row."""
    rows, columns, count = samples.shape
    flat = samples.reshape(rows, columns * count).astype(np.uint32)
    if depth == 16:
        return [b"".join(struct.pack(">H", int(v)) for v in row) for row in flat]
    if depth == 8:
        return [bytes(row.astype(np.uint8)) for row in flat]
    packed = []
    for row in flat:
        bits = "".join(format(int(v), f"0{depth}b") for v in row)
        bits += "0" * (-len(bits) % 8)
        packed.append(bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)))
    return packed


def filter_rows(rows, step):
    out, above = b"", bytes(len(rows[0])) if rows else b""
    for y, row in enumerate(rows):
        kind = (y + 1) % 5
        line = bytearray()
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            b = above[i]
            c = above[i - step] if i >= step else 0
            guess = [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]
            line.append((value - guess) & 255)
        out += bytes([kind]) + bytes(line)
        above = row
    return out


def png(name, samples, depth, color_type, interlaced=False, palette=None, trns=None, parts=1):
    height, width, count = samples.shape
    step = max(1, depth * count // 8)
    if interlaced:
        raw = b""
        for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
            part = samples[y0::dy, x0::dx]
            if part.shape[0] and part.shape[1]:
                raw += filter_rows(pack_rows(part, depth), step)
    else:
        raw = filter_rows(pack_rows(samples, depth), step)
    data = zlib.compress(raw, 9)
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, int(interlaced)))
    file += chunk(b"tEXt", b"Comment\0made by a script")
    if palette is not None:
        file += chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    if trns is not None:
        file += chunk(b"tRNS", trns)
    size = -(-len(data) // parts)
    for i in range(0, len(data), size):
        file += chunk(b"IDAT", data[i:i + size])
    file += chunk(b"IEND", b"")
    with open(name, "wb") as f:
        f.write(file)


def over_white(color, opacity):
    color, opacity = color.astype(int), opacity.astype(int)
    return ((color * opacity + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)


def agree(name, pixels, mode):
    theirs = np.asarray(Image.open(name).convert(mode)).reshape(pixels.shape)
    assert np.array_equal(theirs, pixels), name


base = photo(W, H)
for interlaced in (False, True):
    i = "-interlaced" if interlaced else ""
    for depth in (1, 2, 4, 8, 16):
        grey = np.minimum(base[:, :, :1].astype(int) * 257 + 77, 65535) >> (16 - depth)
        pixels = (grey >> 8 if depth == 16 else grey * 255 // ((1 << depth) - 1)).astype(np.uint8)
        png(f"grey{depth}{i}.png", grey, depth, 0, interlaced)
        if depth < 16:
            agree(f"grey{depth}{i}.png", pixels, "L")
        note(f"grey{depth}{i}.png", pixels)
        key = int(grey[3, 5, 0]) if depth > 1 else 0
        png(f"grey{depth}-key{i}.png", grey, depth, 0, interlaced, trns=struct.pack(">H", key))
        note(f"grey{depth}-key{i}.png", np.where(grey == key, 255, pixels).astype(np.uint8))
    for depth in (8, 16):
        color = base.astype(int) if depth == 8 else base.astype(int) * 257 + 3
        color = np.minimum(color, (1 << depth) - 1)
        pixels = (color >> (depth - 8)).astype(np.uint8)
        png(f"color{depth}{i}.png", color, depth, 2, interlaced, parts=3)
        agree(f"color{depth}{i}.png", pixels, "RGB")
        note(f"color{depth}{i}.png", pixels)
        key = color[4, 6]
        png(f"color{depth}-key{i}.png", color, depth, 2, interlaced, trns=struct.pack(">HHH", *map(int, key)))
        note(f"color{depth}-key{i}.png", np.where((color == key).all(-1, keepdims=True), 255, pixels).astype(np.uint8))
        opacity = rng.integers(0, 1 << depth, (H, W, 1))
        eight = (opacity >> (depth - 8))
        png(f"grey{depth}-opacity{i}.png", np.concatenate([color[:, :, :1], opacity], -1), depth, 4, interlaced)
        note(f"grey{depth}-opacity{i}.png", over_white(pixels[:, :, :1], eight))
        png(f"color{depth}-opacity{i}.png", np.concatenate([color, opacity], -1), depth, 6, interlaced)
        note(f"color{depth}-opacity{i}.png", over_white(pixels, eight))
    for depth in (1, 2, 4, 8):
        count = 1 << depth if depth < 8 else 200
        palette = rng.integers(0, 256, (count, 3))
        index = rng.integers(0, count, (H, W, 1))
        png(f"palette{depth}{i}.png", index, depth, 3, interlaced, palette)
        pixels = palette[index[:, :, 0]].astype(np.uint8)
        agree(f"palette{depth}{i}.png", pixels, "RGB")
        note(f"palette{depth}{i}.png", pixels)
        opacity = rng.integers(0, 256, count // 2)
        all_opacity = np.concatenate([opacity, np.full(count - count // 2, 255)])
        png(f"palette{depth}-opacity{i}.png", index, depth, 3, interlaced, palette, trns=bytes(opacity.astype(np.uint8)))
        note(f"palette{depth}-opacity{i}.png", over_white(pixels, all_opacity[index]))
for width, height in ((1, 1), (2, 1), (1, 9), (5, 3)):
    small = photo(width, height)
    for interlaced in (False, True):
        name = f"small-{width}x{height}{'-interlaced' if interlaced else ''}.png"
        png(name, small, 8, 2, interlaced)
        agree(name, small, "RGB")
        note(name, small)

# ---- resizing, pinned by hashes only ----

for size in ((16, 16), (37, 11), (64, 48), (5, 29), (1, 1), (224, 224), (36, 28)):
    for kind, how in (("bilinear", Image.BILINEAR), ("nearest", Image.NEAREST)):
        note(f"resize-{kind}-{size[0]}x{size[1]}", np.asarray(Image.fromarray(base).resize(size, how)))
        note(f"resize-grey-{kind}-{size[0]}x{size[1]}", np.asarray(Image.fromarray(base[:, :, 0]).resize(size, how))[:, :, None])
note("grey-of-color", np.asarray(Image.fromarray(base).convert("L"))[:, :, None])

# ---- JPEG ----

def expect(name):
    picture = ImageOps.exif_transpose(Image.open(name))
    picture = picture if picture.mode == "L" else picture.convert("RGB")
    pixels = np.asarray(picture).reshape(picture.height, picture.width, -1)
    picture.save(name.replace(".jpg", ".expected.png"), optimize=True)
    note(name.replace(".jpg", ".expected.png"), pixels)


def save(name, data):
    with open(name, "wb") as f:
        f.write(data)
    expect(name)


def run(*command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def ppm(pixels):
    height, width, channels = pixels.shape
    return (b"P6" if channels == 3 else b"P5") + b" %d %d 255\n" % (width, height) + pixels.tobytes()


def cjpeg(pixels, *options):
    return run("cjpeg", "-quality", "85", *options, data=ppm(pixels))


def saved(picture, **options):
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return file.getvalue()


for sampling in ("1x1", "2x1", "1x2", "2x2", "4x1", "4x2", "1x4"):
    save(f"color-{sampling}.jpg", cjpeg(base, "-sample", sampling))
    save(f"color-{sampling}-progressive.jpg", cjpeg(base, "-sample", sampling, "-progressive"))
save("color-odd-factors.jpg", cjpeg(base, "-sample", "2x2,2x1,1x2"))
save("grey.jpg", cjpeg(base[:, :, :1]))
save("grey-progressive.jpg", cjpeg(base[:, :, :1], "-progressive"))
save("grey-2x2.jpg", cjpeg(base[:, :, :1], "-sample", "2x2"))
save("restart.jpg", cjpeg(base, "-sample", "2x2", "-restart", "2B"))
save("restart-rows-progressive.jpg", cjpeg(base, "-sample", "2x1", "-restart", "1", "-progressive"))
save("optimized.jpg", cjpeg(base, "-optimize"))
save("quality-5.jpg", saved(Image.fromarray(base), quality=5))
save("quality-100.jpg", saved(Image.fromarray(base), quality=100, subsampling=0))
save("tables-16-bit.jpg", cjpeg(base, "-quality", "1"))
save("exact-blocks.jpg", cjpeg(photo(32, 16), "-sample", "2x2"))
with open("scans.txt", "w") as f:
    f.write("0;\n1;\n2;\n")
save("one-scan-a-color.jpg", cjpeg(base, "-sample", "2x2", "-scans", "scans.txt"))
os.remove("scans.txt")
for width, height in ((1, 1), (2, 2), (3, 5), (4, 3), (5, 4), (17, 8)):
    save(f"small-{width}x{height}.jpg", cjpeg(photo(width, height), "-sample", "2x2"))
    save(f"small-{width}x{height}-2x1.jpg", cjpeg(photo(width, height), "-sample", "2x1"))
rgb = cjpeg(base, "-sample", "1x1")
app0 = rgb.index(b"\xff\xe0")
length = struct.unpack(">H", rgb[app0 + 2:app0 + 4])[0]
adobe = b"\xff\xee" + struct.pack(">H", 14) + b"Adobe" + bytes([0, 100, 0, 0, 0, 0])
save("adobe-rgb.jpg", rgb[:app0] + adobe + b"\0" + rgb[app0 + 2 + length:])
save("adobe-ycbcr.jpg", rgb[:app0] + adobe + b"\1" + rgb[app0 + 2 + length:])
cmyk = saved(Image.fromarray(np.concatenate([base, photo(W, H, 5)[:, :, :1]], -1), "CMYK"), quality=90)
save("cmyk.jpg", cmyk)
at = cmyk.index(b"Adobe") + 11
save("ycck.jpg", cmyk[:at] + b"\2" + cmyk[at + 1:])
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(f"orientation-{orientation}.jpg", saved(Image.fromarray(base), quality=85, exif=exif.tobytes()))

with open("pictures.tsv", "w") as f:
    f.write("\n".join(lines) + "\n")
