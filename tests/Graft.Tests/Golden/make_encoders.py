"""Golden numbers of fitted encoders, by scikit-learn. Run: /usr/bin/python3 make_encoders.py"""
import json
import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

rng = np.random.default_rng(5)
values = np.round(rng.normal(3, 2, 11), 4).astype(np.float32)
x = values.astype(np.float64)[:, None]
texts = ["The cat sat on the mat.", "A dog sat; the DOG barked!", "cats and dogs_2 are 42 pets", "the end"]
tf, tfidf = CountVectorizer(), TfidfVectorizer()
out = {
    "values": [float(v) for v in values],
    "scaled": {name: scaler.fit_transform(x)[:, 0].tolist()
               for name, scaler in [("standard", StandardScaler()), ("minmax", MinMaxScaler()), ("robust", RobustScaler())]},
    "texts": texts,
    "words": None,
    "tf": tf.fit_transform(texts).toarray().tolist(),
    "tf-idf": tfidf.fit_transform(texts).toarray().tolist(),
}
out["words"] = tfidf.get_feature_names_out().tolist()
json.dump(out, open("encoders.json", "w"), indent=1)
