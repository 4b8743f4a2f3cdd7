"""Writes torch_zip.pt, torch_legacy.pt and the same with _long, small files of torch.save in both forms. Run with PyTorch 1.13 (Debian's python3-torch)."""
import collections, os
import torch

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(1)
base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
state = collections.OrderedDict([
    ("module.a.weight", torch.nn.Parameter(torch.randn(3, 2))),
    ("module.a.turned", base.permute(2, 0, 1)),
    ("module.a.part", base[1, 1:]),
    ("module.b.half", torch.tensor([0.5, -2.0], dtype=torch.float16)),
    ("module.b.brain", torch.tensor([1.5, -3.0], dtype=torch.bfloat16)),
    ("module.b.count", torch.tensor(7)),
    ("module.b.empty", torch.empty(0, 4)),
])
checkpoint = {"epoch": 3, "best": 0.5, "state_dict": state, "note": "x"}
torch.save(checkpoint, os.path.join(here, "torch_zip.pt"))
torch.save(checkpoint, os.path.join(here, "torch_legacy.pt"), _use_new_zipfile_serialization=False)

# Storages so long that they are read where they lie: one alone, two that share one, one that is transposed.
shared = torch.arange(3000, dtype=torch.float32) / 8
long = {"alone": torch.arange(1500, dtype=torch.float32).reshape(30, 50) - 3, "first": shared[:1000], "rest": shared[1000:].reshape(20, 100), "turned": (torch.arange(1200, dtype=torch.float32) / 4).reshape(30, 40).t(),
        "half": (torch.arange(2100) / 2).to(torch.float16)}
torch.save(long, os.path.join(here, "torch_zip_long.pt"))
torch.save(long, os.path.join(here, "torch_legacy_long.pt"), _use_new_zipfile_serialization=False)
