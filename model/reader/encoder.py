"""The tuned encoder as it is served: an int8 graph for ONNX Runtime and its tokeniser. No PyTorch."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from model.errors import ArtefactError
from model.features import Floats
from model.reader.pieces import Cutter
from model.reader.windows import believed, windows
from model.reader.words import Clauses

_ERRORS_ONLY: Final = 3


class Reader(TransformerMixin, BaseEstimator):
    """Scikit-learn transformer from what a narrative says, in clauses, to five logits: the factors, then the derived
    class. It is tuned beforehand, by ``training.reader``; ``fit`` learns nothing more.

    Args:
        graph: the ONNX graph, with the inputs of ``Pieces``.
        tokenizer: the tokeniser, as the ``tokenizers`` library writes it (JSON).

    Raises:
        ArtefactError: ``reader-missing`` when the extra ``reader`` is not installed.
    """

    def __init__(self, graph: bytes, tokenizer: str) -> None:
        self.graph = graph
        self.tokenizer = tokenizer
        self._open()

    def fit(self, X: Sequence[Clauses], y: object = None) -> "Reader":  # noqa: ARG002 - scikit-learn's signature
        """Nothing to learn."""
        return self

    def transform(self, X: Sequence[Clauses]) -> Floats:
        """Logits before calibration (narratives × 5).

        Each narrative is read alone: int8 arithmetic takes its scale from all that is read together, and an answer
        must not hang on its neighbours. A long one is read through windows as well.
        """
        found = [self._heard(narrative) for narrative in X]
        return np.array(found, dtype=float).reshape(-1, 5)

    def _heard(self, narrative: Clauses) -> Floats:
        panes = windows(narrative)
        whole: Floats = self.together([narrative])[0]
        return believed(whole, self.together(panes)) if panes else whole

    def together(self, X: Sequence[Clauses]) -> Floats:
        """Of wholes alone, all in one pass, for comparing versions of a narrative with each other."""
        (logits,) = self._session.run(None, self._cutter.cut(X).feeds())
        return np.asarray(logits, dtype=float)

    def _open(self) -> None:
        runtime, tokenizers = (_of_the_extra(name) for name in ("onnxruntime", "tokenizers"))
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        self._session = runtime.InferenceSession(self.graph, options, providers=["CPUExecutionProvider"])
        self._cutter = Cutter(tokenizers.Tokenizer.from_str(self.tokenizer))

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        del state["_session"], state["_cutter"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._open()


def _of_the_extra(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise ArtefactError(
            "reader-missing",
            f"This model has a reader, which needs {name}. Install what requirements/reader.txt pins (`make "
            "reader-serving`), or make a model without a reader current (`signpost models promote`).",
        ) from None
