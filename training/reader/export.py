"""From the tuned network to what is served: an int8 graph for ONNX Runtime, and what the rounding costs."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer

from model.factors import FACTORS
from model.features import Floats
from model.reader.encoder import Reader
from model.reader.pieces import Cutter
from model.reader.words import Clauses
from training.reader.network import ReaderNetwork

_OPSET: Final = 17
_SAMPLE: Final[Sequence[Clauses]] = (
    [["he", "hears", "voices"], ["no", "threats"]],
    [["not", "slept", "for", "three", "days", "."]],
)


def exported(network: ReaderNetwork, tokenizer: Path) -> Reader:
    """The network as it is served, weights rounded to eight bits (one scale a column).

    Args:
        network: tuned.
        tokenizer: the base's ``tokenizer.json``.
    """
    words = tokenizer.read_text()
    with TemporaryDirectory() as folder:
        whole, rounded = Path(folder) / "whole.onnx", Path(folder) / "rounded.onnx"
        _write_graph(network, words, whole)
        # Half the range of the weights, so that processors without VNNI do not overflow and all answer alike.
        quantize_dynamic(whole, rounded, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
        return Reader(rounded.read_bytes(), words)


def rounding_loss(full: Floats, reader: Reader, narratives: Sequence[Clauses], targets: np.ndarray) -> dict[str, Any]:
    """What int8 costs: how far logits move, and the AUROC of each output before and after.

    Args:
        full: the network's own logits of ``narratives`` (narratives × 5).
        reader: the exported one.
        narratives: that it has not learnt from.
        targets: booleans (narratives × 5).
    """
    rounded = np.concatenate([reader.together([narrative]) for narrative in narratives])
    names = (*FACTORS, "mental_health_only")
    return {
        "mean_change_of_logits": float(np.abs(full - rounded).mean()),
        "auroc": {
            name: {"full": float(roc_auc_score(y, full[:, k])), "int8": float(roc_auc_score(y, rounded[:, k]))}
            for k, (name, y) in enumerate(zip(names, targets.T, strict=True))
            if 0 < y.sum() < len(y)
        },
        "megabytes": round(len(reader.graph) / 1e6, 1),
    }


def _write_graph(network: ReaderNetwork, tokenizer: str, path: Path) -> None:
    network = network.cpu().eval()
    network.encoder.set_attn_implementation("eager")
    feeds = Cutter(Tokenizer.from_str(tokenizer)).cut(_SAMPLE).feeds()
    axes = {
        "ids": {0: "windows", 1: "pieces"},
        "mask": {0: "windows", 1: "pieces"},
        "pool": {0: "clauses", 1: "all_pieces"},
        "share": {0: "narratives", 1: "clauses"},
    }
    with warnings.catch_warnings():
        # The newer exporter writes graphs that ONNX Runtime's quantiser does not take (1.31).
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(torch.from_numpy(value) for value in feeds.values()),
            path,
            input_names=list(feeds),
            output_names=["logits"],
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )
