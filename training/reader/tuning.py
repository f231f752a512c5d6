"""Fine-tuning: the reader's network on labelled narratives, stopped by writers that it does not learn from.

Deterministic by seed on one machine, and resumable: every epoch ends in a checkpoint, and an epoch depends on nothing
but the seed, its number and the checkpoint before it.
"""

import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from model.classifier import read
from model.features import Floats
from model.narrative import Narrative
from model.reader.pieces import Cutter, Pieces
from model.reader.words import Clauses, worded
from training.reader.augmentation import Examples, augmented
from training.reader.network import ReaderNetwork, freeze, pretrained

PLAN: Final = Path(__file__).parent / "reader.toml"
CHECKPOINT: Final = "checkpoint.pt"
_JUDGED_TOGETHER: Final = 64
_SORTED_TOGETHER: Final = 20
"""Batches whose texts are sorted by length among each other: padding costs as much as words."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The hyperparameters of ``reader.toml``, with their meaning there."""

    epochs: int
    patience: int
    batch: int
    frozen_layers: int
    rate: float
    layer_decay: float
    head_rate: float
    weight_decay: float
    warmup: float
    hidden_pieces: float
    noisy: float
    padded: float
    writers: dict[str, int]


Progress = Callable[[str, int, int], None]
"""Is told what is being done, and how many batches of how many are."""
Log = Callable[[int, dict[str, float]], None]
"""Is told the number of an epoch that ended and its figures: losses, seconds on the clock and of the processor."""


def read_plan(path: Path = PLAN) -> Plan:
    """The fixed plan."""
    with path.open("rb") as file:
        return Plan(**tomllib.load(file))


def device() -> torch.device:
    """The GPU, where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def tune(
    base: Path,
    training: Examples,
    stopping: Examples,
    folder: Path,
    plan: Plan | None = None,
    seed: int = 0,
    progress: Progress = lambda *_: None,
    log: Log = lambda *_: None,
) -> tuple[ReaderNetwork, list[dict[str, float]]]:
    """Tune the encoder of ``base`` and return the network of the best epoch with the history of all.

    Args:
        base: the pretrained encoder's folder, with its ``tokenizer.json``.
        training: what it learns from.
        stopping: by other writers; the epoch with their lowest loss is kept.
        folder: where checkpoints lie; a run that stopped goes on from there.
        plan: hyperparameters.
        seed: of everything that is drawn.
        progress: told of every batch.
        log: told of every epoch.
    """
    plan = plan or read_plan()
    cutter = Cutter(Tokenizer.from_file(str(base / "tokenizer.json")))
    torch.manual_seed(seed)
    network = pretrained(base).to(device())
    freeze(network, plan.frozen_layers)
    optimiser = torch.optim.AdamW(_groups(network, plan), weight_decay=plan.weight_decay)
    steps = plan.epochs * -(-len(training.texts) // plan.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _pace(step, steps, plan.warmup))
    state = _resumed(folder, network, optimiser, schedule)
    history: list[dict[str, float]] = state["history"]
    best: dict[str, Tensor] = state["best"]
    judged = clauses_of(stopping.texts)
    for epoch in range(len(history), plan.epochs):
        if _stale(history) >= plan.patience:
            break
        began, worked = time.monotonic(), time.process_time()
        loss = _epoch(network, optimiser, schedule, cutter, training, plan, seed, epoch, progress)
        held = logits(network, cutter, judged)
        history.append(
            {
                "training": loss,
                "stopping": _log_loss(held, stopping.targets),
                "seconds": round(time.monotonic() - began, 1),
                "processor_seconds": round(time.process_time() - worked, 1),
            }
        )
        if not _stale(history):
            best = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        _keep(folder, network, optimiser, schedule, history, best)
        log(epoch + 1, history[-1])
    network.load_state_dict(best)
    return network.eval(), history


def clauses_of(texts: Sequence[str]) -> list[Clauses]:
    """What the reader reads of each text."""
    narratives = [Narrative.of(text) for text in texts]
    return [worded(reading, n.text) for reading, n in zip(read(narratives), narratives, strict=True)]


def logits(network: ReaderNetwork, cutter: Cutter, narratives: Sequence[Clauses]) -> Floats:
    """The network's logits (narratives × 5)."""
    network.eval()
    found = np.empty((len(narratives), 5))
    order = np.argsort([_length(n) for n in narratives], kind="stable")
    with torch.inference_mode():
        for at in range(0, len(order), _JUDGED_TOGETHER):
            which = order[at : at + _JUDGED_TOGETHER]
            pieces = cutter.cut([narratives[i] for i in which])
            found[which] = network(**_tensors(pieces)).float().cpu().numpy()
    return found


def _epoch(
    network: ReaderNetwork,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    cutter: Cutter,
    training: Examples,
    plan: Plan,
    seed: int,
    epoch: int,
    progress: Progress,
) -> float:
    rng = np.random.default_rng([seed, epoch])
    torch.manual_seed(int(rng.integers(2**31)))
    training = augmented(training, plan.noisy, plan.padded, rng)
    narratives = clauses_of(training.texts)
    network.train()
    total, number = 0.0, -(-len(narratives) // plan.batch)
    for done, which in enumerate(_batches([_length(n) for n in narratives], plan.batch, rng), start=1):
        tensors = _tensors(cutter.cut([narratives[i] for i in which]))
        tensors["ids"] = _hidden(tensors["ids"], tensors["mask"], plan.hidden_pieces, cutter.hidden)
        targets = torch.from_numpy(training.targets[which].astype(np.float32)).to(device())
        with torch.autocast(device().type, dtype=torch.bfloat16):
            found = network(**tensors)
        loss = binary_cross_entropy_with_logits(found.float(), targets)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        total += float(loss.detach())
        progress(f"epoch {epoch + 1} of {plan.epochs}, loss {total / done:.3f}", done, number)
    return total / number


def _batches(lengths: Sequence[int], size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Batches of texts of about one length, in a random order."""
    order = rng.permutation(len(lengths))
    together = size * _SORTED_TOGETHER
    batches: list[np.ndarray] = []
    for at in range(0, len(order), together):
        some = order[at : at + together]
        some = some[np.argsort([lengths[i] for i in some], kind="stable")]
        batches += [some[i : i + size] for i in range(0, len(some), size)]
    for i in rng.permutation(len(batches)):
        yield batches[i]


def _length(narrative: Clauses) -> int:
    return sum(map(len, narrative))


def _tensors(pieces: Pieces) -> dict[str, Tensor]:
    return {name: torch.from_numpy(value).to(device()) for name, value in pieces.feeds().items()}


def _hidden(ids: Tensor, mask: Tensor, share: float, hidden: int) -> Tensor:
    struck = (torch.rand(ids.shape) < share).to(ids.device) & mask.bool()
    return torch.where(struck, hidden, ids)


def _groups(network: ReaderNetwork, plan: Plan) -> list[dict[str, Any]]:
    """Parameters with their rates: the lower a layer, the smaller."""
    layers = list(network.encoder.encoder.layer)
    groups = [
        {"params": list(layer.parameters()), "lr": plan.rate * plan.layer_decay ** (len(layers) - 1 - depth)}
        for depth, layer in enumerate(layers)
        if depth >= plan.frozen_layers
    ]
    head = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    return [*groups, {"params": head, "lr": plan.head_rate}]


def _pace(step: int, steps: int, warmup: float) -> float:
    """Share of the rate: up in a line, then down in a line to zero."""
    rising = max(1.0, warmup * steps)
    return min(1.0, (step + 1) / rising, max(0.0, (steps - step) / max(1.0, steps - rising)))


def _log_loss(found: Floats, targets: np.ndarray) -> float:
    return float(np.mean(np.logaddexp(0.0, np.where(targets, -found, found))))


def _stale(history: Sequence[dict[str, float]]) -> int:
    """Epochs since the best."""
    losses = [epoch["stopping"] for epoch in history]
    return len(losses) - 1 - int(np.argmin(losses)) if losses else 0


def _resumed(folder: Path, network: ReaderNetwork, optimiser: Any, schedule: Any) -> dict[str, Any]:
    path = folder / CHECKPOINT
    if not path.is_file():
        return {"history": [], "best": {}}
    kept: dict[str, Any] = torch.load(path, map_location=device(), weights_only=True)
    network.load_state_dict(kept["network"])
    optimiser.load_state_dict(kept["optimiser"])
    schedule.load_state_dict(kept["schedule"])
    return kept


def _keep(folder: Path, network: ReaderNetwork, optimiser: Any, schedule: Any, history: Any, best: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{CHECKPOINT}"
    torch.save(
        {
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "history": history,
            "best": best,
        },
        draft,
    )
    draft.replace(folder / CHECKPOINT)
