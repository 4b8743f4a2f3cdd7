"""Writes torch_zip.pt and torch_legacy.pt, small files of torch.save in both forms. Run with PyTorch 1.13 (Debian's python3-torch)."""
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
