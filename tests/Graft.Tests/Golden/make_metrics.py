"""Golden numbers of metrics, by scikit-learn. Run: /usr/bin/python3 make_metrics.py"""
import json
import numpy as np
from sklearn import metrics as m
from sklearn.preprocessing import label_binarize

rng = np.random.default_rng(11)


def f32(x):
    return np.asarray(x, dtype=np.float32).astype(np.float64)


def calibration(confidence, right, weight, bins=15):
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    error = 0.0
    for b in range(bins):
        at = which == b
        w = weight[at].sum()
        if w > 0:
            error += w * abs(np.average(right[at], weights=weight[at]) - np.average(confidence[at], weights=weight[at]))
    return error / weight.sum()


def binary(w):
    n = 60
    y = (rng.random(n) < 0.4).astype(int)
    p = f32(np.round(np.clip(0.25 * y + rng.random(n) * 0.75, 0, 1), 2))   # rounded: many ties
    p[0], y[0] = 1.0, 0                                                    # the worst mistake: clipped
    weight = np.round(rng.random(n) + 0.1, 3) if w else np.ones(n)
    s = weight if w else None
    d = (p > 0.5).astype(int)
    clipped = np.clip(p, 1e-7, 1 - 1e-7)
    confidence = np.where(d == 1, p, 1 - p)
    values = {
        "accuracy": m.accuracy_score(y, d, sample_weight=s),
        "balanced-accuracy": m.balanced_accuracy_score(y, d, sample_weight=s),
        "precision": m.precision_score(y, d, sample_weight=s),
        "recall": m.recall_score(y, d, sample_weight=s),
        "f1": m.f1_score(y, d, sample_weight=s),
        "f1-micro": m.f1_score(y, d, average="micro", sample_weight=s),
        "f1-macro": m.f1_score(y, d, average="macro", sample_weight=s),
        "f1-weighted": m.f1_score(y, d, average="weighted", sample_weight=s),
        "roc-auc": m.roc_auc_score(y, p, sample_weight=s),
        "pr-auc": m.average_precision_score(y, p, sample_weight=s),
        "log-loss": m.log_loss(y, clipped, sample_weight=s),
        "calibration-error": calibration(confidence, (d == y).astype(float), weight),
    }
    return dict(kind="Binary", outputs=1, predictions=p.tolist(), labels=y.tolist(), weights=weight.tolist() if w else None,
                confusion=m.confusion_matrix(y, d, sample_weight=s).ravel().tolist(), values=values)


def multiclass(w):
    n, c = 90, 4
    y = rng.choice(c, n, p=[0.5, 0.3, 0.15, 0.05])
    y[:c] = range(c)
    p = np.round(rng.random((n, c)) + 0.6 * np.eye(c)[y], 1) + 0.05        # ties between rows and classes
    p = f32(p / p.sum(1, keepdims=True))
    weight = np.round(rng.random(n) + 0.1, 3) if w else np.ones(n)
    s = weight if w else None
    d = p.argmax(1)
    one = label_binarize(y, classes=range(c))
    values = {
        "accuracy": m.accuracy_score(y, d, sample_weight=s),
        "balanced-accuracy": m.balanced_accuracy_score(y, d, sample_weight=s),
        "precision": m.precision_score(y, d, average="macro", sample_weight=s),
        "recall": m.recall_score(y, d, average="macro", sample_weight=s),
        "f1": m.f1_score(y, d, average="macro", sample_weight=s),
        "f1-micro": m.f1_score(y, d, average="micro", sample_weight=s),
        "f1-macro": m.f1_score(y, d, average="macro", sample_weight=s),
        "f1-weighted": m.f1_score(y, d, average="weighted", sample_weight=s),
        "roc-auc": m.roc_auc_score(one, p, average="macro", sample_weight=s),
        "pr-auc": m.average_precision_score(one, p, average="macro", sample_weight=s),
        "log-loss": float(np.average(-np.log(p[np.arange(n), y]), weights=s)),
        "calibration-error": calibration(p.max(1), (d == y).astype(float), weight),
        "top-k-accuracy": float(np.average([(p[i] > p[i, y[i]]).sum() + (p[i, :y[i]] == p[i, y[i]]).sum() < 2 for i in range(n)], weights=s)),
    }
    return dict(kind="MultiClass", outputs=c, predictions=p.ravel().tolist(), labels=y.tolist(), weights=weight.tolist() if w else None,
                confusion=m.confusion_matrix(y, d, sample_weight=s).ravel().tolist(), values=values)


def multilabel(w):
    n, c = 50, 3
    y = (rng.random((n, c)) < [0.5, 0.3, 0.1]).astype(int)
    y[0] = 1
    p = f32(np.round(np.clip(0.3 * y + 0.7 * rng.random((n, c)), 0.01, 0.99), 2))
    weight = np.round(rng.random(n) + 0.1, 3) if w else np.ones(n)
    s = weight if w else None
    d = (p > 0.5).astype(int)
    values = {
        "accuracy": float(np.average((d == y).mean(1), weights=s)),
        "balanced-accuracy": float(np.mean([m.balanced_accuracy_score(y[:, k], d[:, k], sample_weight=s) for k in range(c)])),
        "precision": m.precision_score(y, d, average="macro", sample_weight=s),
        "recall": m.recall_score(y, d, average="macro", sample_weight=s),
        "f1": m.f1_score(y, d, average="macro", sample_weight=s),
        "f1-micro": m.f1_score(y, d, average="micro", sample_weight=s),
        "f1-macro": m.f1_score(y, d, average="macro", sample_weight=s),
        "f1-weighted": m.f1_score(y, d, average="weighted", sample_weight=s),
        "roc-auc": m.roc_auc_score(y, p, average="macro", sample_weight=s),
        "pr-auc": m.average_precision_score(y, p, average="macro", sample_weight=s),
        "log-loss": float(np.mean([m.log_loss(y[:, k], p[:, k], sample_weight=s) for k in range(c)])),
    }
    return dict(kind="MultiLabel", outputs=c, predictions=p.ravel().tolist(), truths=y.ravel().tolist(), weights=weight.tolist() if w else None, values=values)


def regression(c, w):
    n = 40
    y = f32(rng.normal(5, 3, (n, c)))
    p = f32(y + rng.normal(0.5, 1, (n, c)))
    weight = np.round(rng.random(n) + 0.1, 3) if w else np.ones(n)
    s = weight if w else None
    values = {
        "mae": m.mean_absolute_error(y, p, sample_weight=s),
        "rmse": float(np.mean(np.sqrt(m.mean_squared_error(y, p, sample_weight=s, multioutput="raw_values")))),
        "r2": m.r2_score(y, p, sample_weight=s),
        "explained-variance": m.explained_variance_score(y, p, sample_weight=s),
    }
    return dict(kind="Regression", outputs=c, predictions=p.ravel().tolist(), truths=y.ravel().tolist(), weights=weight.tolist() if w else None, values=values)


cases = [f(w) for w in (False, True) for f in (binary, multiclass, multilabel, lambda w: regression(1, w), lambda w: regression(3, w))]
cases = [{k: ({n: float(v) for n, v in x.items()} if k == "values" else x) for k, x in case.items()} for case in cases]
with open("metrics.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
