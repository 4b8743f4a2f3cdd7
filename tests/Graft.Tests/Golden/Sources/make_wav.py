"""Writes the sounds that WavSourceTests reads, and tones.npy: their log-mel frames by the formula in WavSource's remarks, shape [frames, bands].

Run: /usr/bin/python3 make_wav.py (numpy 1.24).
"""
import os
import struct

import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
RATE, WINDOW, HOP, BANDS = 8000, 200, 80, 8
t = np.arange(500) / RATE
sound = 0.5 * np.sin(2 * np.pi * 440 * t) + 0.3 * np.sin(2 * np.pi * (1000 + 8000 * t) * t) + np.random.default_rng(3).normal(0, 0.01, t.size)
sound = np.round(sound * 32767) / 32768


def write(name, kind, bits, channels, data, extra=b"", extensible=False):
    tag = 0xFFFE if extensible else kind
    fmt = struct.pack("<HHIIHH", tag, channels, RATE, RATE * channels * bits // 8, channels * bits // 8, bits)
    if extensible:
        fmt += struct.pack("<HHI", 22, bits, 0) + struct.pack("<H", kind) + bytes(14)
    body = b"WAVE" + extra + b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(data)) + data
    with open(name, "wb") as f:
        f.write(b"RIFF" + struct.pack("<I", len(body)) + body)


sixteen = np.round(sound * 32768).astype("<i2")
write("tones-16.wav", 1, 16, 1, sixteen.tobytes(), extra=b"LIST" + struct.pack("<I", 3) + b"abc\0")
write("tones-24.wav", 1, 24, 1, b"".join(struct.pack("<i", int(v) << 8)[:3] for v in sixteen))
write("tones-32.wav", 1, 32, 1, (sixteen.astype("<i4") << 16).tobytes(), extensible=True)
write("tones-float.wav", 3, 32, 1, sound.astype("<f4").tobytes())
write("tones-stereo.wav", 1, 16, 2, np.stack([sixteen, np.zeros_like(sixteen)], 1).tobytes())
write("tones-8.wav", 1, 8, 1, np.clip(np.round(sound * 128) + 128, 0, 255).astype("u1").tobytes())

length = 256
window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
top = 2595 * np.log10(1 + RATE / 2 / 700)
corners = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
f = np.arange(length // 2 + 1) * RATE / length
triangles = np.array([np.maximum(0, np.minimum((f - corners[b]) / (corners[b + 1] - corners[b]), (corners[b + 2] - f) / (corners[b + 2] - corners[b + 1])))
                      for b in range(BANDS)])
frames = [np.log(np.maximum(1e-10, triangles @ np.abs(np.fft.rfft(sound[s:s + WINDOW] * window, length)) ** 2))
          for s in range(0, len(sound) - WINDOW + 1, HOP)]
np.save("tones.npy", np.array(frames, "<f4"))
