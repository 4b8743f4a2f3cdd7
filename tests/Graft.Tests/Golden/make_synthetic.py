"""Statistics of scikit-learn's make_classification over many seeds. Run: /usr/bin/python3 make_synthetic.py"""
import json
import numpy as np
from sklearn.datasets import make_classification

SEEDS = 200
settings = [
    dict(n_samples=300, n_features=20, n_informative=2, n_redundant=2, n_classes=3, n_clusters_per_class=1, flip_y=0.1, class_sep=1.0),
    dict(n_samples=300, n_features=10, n_informative=5, n_redundant=3, n_classes=2, n_clusters_per_class=3, flip_y=0.0, class_sep=1.5),
    dict(n_samples=300, n_features=8, n_informative=4, n_redundant=0, n_classes=2, n_clusters_per_class=1, flip_y=0.0, class_sep=2.0, hypercube=False),
]


def statistics(x, y, informative):
    """Nearest-centroid accuracy, mean variance of the informative features, mean variance of all features."""
    classes = np.unique(y)
    centers = np.array([x[y == c].mean(0) for c in classes])
    nearest = classes[((x[:, None] - centers) ** 2).sum(2).argmin(1)]
    return [float((nearest == y).mean()), float(x[:, :informative].var(0).mean()), float(x.var(0).mean())]


out = []
for s in settings:
    rows = np.array([statistics(*make_classification(shuffle=False, random_state=seed, **s), s["n_informative"]) for seed in range(SEEDS)])
    out.append({"mean": rows.mean(0).tolist(), "error": (rows.std(0) / np.sqrt(SEEDS)).tolist()})
json.dump(out, open("synthetic.json", "w"), indent=1)
