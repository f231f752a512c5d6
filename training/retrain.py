"""``signpost retrain``: from a force's own labelled calls to a better model with its papers, or a clear refusal.

Offline, and deterministic by seed. It ends in a folder: the artefact in the form of a registry (``--models DIR`` serves
it), ``report.json`` with every finding, the papers, and the lists for people.
"""

import hashlib
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

from model.artefact import CURRENT, assembled, current, load, make_current, read_manifest, save
from model.bulk.cluster import connected
from model.decision import Thresholds
from model.errors import DataError
from model.labelled import LabelledNarrative
from model.scorer import Scorer
from training import doubts, selection
from training.answers import answers
from training.contest import Contest, Judges, contest, strata_of
from training.corpus import Fault
from training.estimates import estimates
from training.evaluation import CONFIDENCE
from training.faults import check_share, write_faults
from training.fitting import Beside
from training.gate import Outcome, judge
from training.intake import Intake, take_in
from training.mapping import ColumnMapping, read_mapping
from training.papers.findings import findings
from training.papers.shipped import REPORT
from training.papers.writing import read_force, write_papers
from training.partition import Partition, partition
from training.parts import Part, Parts, make_parts
from training.promotion import promote
from training.search import Candidate, search
from training.seen import SEEN, fingerprint, read_seen, seen_by
from training.shipping import Built, build
from training.thresholds import BARS
from training.trials import score_texts
from training.witness import examine

PAPERS: Final = "papers"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for; every field is one of its options."""

    data: Sequence[Path]
    output: Path
    mapping: Path | None = None
    pool: Sequence[Path] = ()
    models: Path = Path("var/models")
    seed: int = 0
    with_corpus: bool = True
    searching: bool = True
    jobs: int = -1
    cluster: str | None = None
    promoting: bool = False
    signing_key: str | None = None
    force: Path | None = None
    with_reader: bool = False


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told how the run goes: each step, finished folds of how many, the problems of the rows."""

    step: Callable[[str], None] = lambda _: None
    folds: Callable[[int, int], None] = lambda _done, _of: None
    faults: Callable[[Sequence[Fault]], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Retrained:
    """The artefact's folder, the verdict with its findings, and the report as it was written."""

    artefact: Path
    outcome: Outcome
    report: dict[str, Any]


def retrain(request: Request, watcher: Watcher | None = None) -> Retrained:
    """The whole run.

    Raises:
        DataError: as ``take_in``, ``read_mapping``, ``read_force``, ``check_share`` and ``partition``.
        ArtefactError: the present model must not be loaded, so that nothing can be compared with it.
        ClusterError: as ``model.bulk.cluster.connected``.
    """
    watcher = watcher or Watcher()
    began = time.monotonic()
    mapping, force = read_mapping(request.mapping), read_force(request.force)
    champion = _champion(request)
    request.output.mkdir(parents=True, exist_ok=True)
    intake = _checked(request, mapping, watcher)
    watcher.step("splitting")
    split = partition(intake.examples, request.seed)
    parts = make_parts(intake.examples, split, request.with_corpus)
    seen = read_seen(current(request.models)) if champion else {}
    parts, seen_words = _unseen(parts, seen)
    candidates = _searched(request, parts, watcher)
    chosen = candidates[0].hyperparameters if candidates else None
    built, learnt_from = _built(request, parts, chosen, watcher)
    watcher.step("doubtful labels")
    doubted = doubts.find(learnt_from, built.classifier.out_of_fold_)
    doubts.write(doubted, request.output / "doubts.csv")
    challenger = assembled(built.classifier, built.thresholds, {"version": "challenger"})
    watcher.step("comparing with the present model" if champion else "judging")
    contested = _contested(challenger, champion, parts, request.seed)
    comparisons = contested.comparisons
    if champion:
        comparisons += examine(champion, seen, parts, request.seed)
    outcome = judge(comparisons)
    watcher.step("what to label next")
    listed = _list_next(request, mapping, intake, challenger)
    held = parts.held
    held_scores = score_texts(challenger, [row.text for row in held.rows])
    found = findings(held.rows, held.groups, held.own, held_scores, contested.swaps, request.seed)
    estimated = estimates(intake.examples, held, held_scores)
    report: dict[str, Any] = {
        "format": _FORMAT,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seed": request.seed,
        "files": [str(path) for path in request.data],
        "champion": champion.version if champion else None,
        "answers": answers(
            outcome, comparisons, parts, champion.version if champion else None, found, estimated["words"]
        ),
        "gate": outcome.facts(),
        "comparisons": [asdict(c) for c in comparisons],
        "intake": intake.facts(),
        "split": {**split.facts(), "words": [*split.words, *parts.words, *seen_words]},
        "parts": {name: getattr(parts, name).facts() for name in ("training", "calibration", "held")},
        "findings": found,
        "estimates": estimated,
        "search": [asdict(candidate) for candidate in candidates],
        "thresholds": built.thresholds.as_dict(),
        "calibration": built.figures,
        "doubts": {"labels": len(doubted), "rows": len({d.id for d in doubted})},
        "to_label_next": listed,
    }
    watcher.step("saving")
    artefact = _saved(request, parts, split, built, report)
    watcher.step("writing the papers")
    manifest = read_manifest(artefact, request.signing_key)
    # From the report as it stands in the model, so that the papers can be written again to the letter.
    write_papers(orjson.loads((artefact / REPORT).read_bytes()), manifest, request.output / PAPERS, force)
    _write_report(request, report, artefact, began)
    if request.promoting and outcome.verdict == "passed":
        promote(request.models, artefact, request.signing_key, "retrained; the gate passed it")
    return Retrained(artefact, outcome, report)


def _champion(request: Request) -> Scorer | None:
    """The present model, if there is one. It is loaded first: nobody should wait an hour to learn that it cannot be."""
    if not (request.models / CURRENT).is_file():
        return None
    return load(request.models, request.signing_key)


def _checked(request: Request, mapping: ColumnMapping, watcher: Watcher) -> Intake:
    watcher.step("reading")
    intake = take_in(request.data, mapping)
    write_faults(intake, request.output)
    if intake.faults:
        watcher.faults(intake.faults)
    check_share(intake, mapping.most_faulty)
    return intake


def _unseen(parts: Parts, seen: Mapping[str, str] | None) -> tuple[Parts, list[str]]:
    """Held-out rows that the present model has not seen either: it must not be judged on its own lessons."""
    if seen is None:
        return parts, [
            "The present model does not say which narratives it has seen, so it may know some of the held-out ones; "
            "the comparison then favours it."
        ]
    held = parts.held.without(frozenset(seen))
    gone = len(parts.held.rows) - len(held.rows)
    words = [f"{gone:,} held-out rows were left out because the present model has seen them."] if gone else []
    return replace(parts, held=held), words


def _searched(request: Request, parts: Parts, watcher: Watcher) -> list[Candidate]:
    if not request.searching:
        return []
    watcher.step("searching")
    training = parts.training
    kept = request.output / "search"
    with connected(request.cluster):
        return search(training.rows, training.groups, kept, request.seed, request.jobs, watcher.folds)


def _beside(request: Request, training: Part, watcher: Watcher) -> tuple[Part, Beside | None, dict[str, Any]]:
    """A reader where one is asked for, what is left for the heads to learn from, and its figures."""
    if not request.with_reader:
        return training, None, {}
    from training.reader.making import make_reader  # here, because PyTorch comes with the extra alone

    made = make_reader(training.rows, training.groups, request.seed, watcher.step)
    return training.only(made.others), made.beside, {"reader": made.figures}


def _built(
    request: Request, parts: Parts, hyperparameters: dict[str, Any] | None, watcher: Watcher
) -> tuple[Built, Sequence[LabelledNarrative]]:
    """What was built, and the rows that its heads learnt from."""
    own = sum(parts.calibration.own)
    of_what = f"narratives ({own:,} of the force's own, the others synthetic)"
    training, beside, figures = _beside(request, parts.training, watcher)
    built = build(
        training.rows, parts.calibration.rows, of_what, hyperparameters, watcher.step, training.groups, beside
    )
    built.figures.update(figures)
    if built.thresholds.flag is not None and own:
        built = replace(built, thresholds=_own_guarantee(built, own == len(parts.calibration.rows)))
    return built, training.rows


def _own_guarantee(built: Built, alone: bool) -> Thresholds:
    certificate = built.figures["certificate"]
    number = certificate["narratives_that_need_the_police"]
    unsafe = certificate["bars"][f"{BARS[0]:.0%}"]["unsafe_flags"]
    whose = "the force's own" if alone else "the force's own and synthetic ones together"
    return replace(
        built.thresholds,
        guarantee=(
            f"With {CONFIDENCE:.0%} confidence at most {BARS[0]:.0%} of calls that need the police are flagged, if "
            f"calls are like those of the calibration part ({whose}: {number} that need the police, {unsafe} of them "
            "flagged), one row an incident."
        ),
    )


def _contested(challenger: Scorer, champion: Scorer | None, parts: Parts, seed: int) -> Contest:
    held = parts.held
    if not held.rows:
        raise DataError(
            "rows-invalid",
            "The present model has seen every held-out row, so nothing is left to compare on. Bring newer rows, or "
            "another --seed.",
        )
    judges = Judges(held.rows, held.groups, strata_of(held.rows, held.own))
    return contest(challenger, champion, judges, seed)


def _list_next(request: Request, mapping: ColumnMapping, intake: Intake, challenger: Scorer) -> dict[str, Any]:
    known = {fingerprint(example.narrative.text) for example in intake.examples}
    pool = [item for item in selection.unlabelled(request.pool, mapping) if fingerprint(item.text) not in known]
    choices = selection.choose(challenger.classifier, pool, seed=request.seed)
    selection.write(choices, request.output / "label-next.jsonl")
    return {"pool": len(pool), "chosen": len(choices), "at_random": sum(c.why == "random" for c in choices)}


def _saved(request: Request, parts: Parts, split: Partition, built: Built, report: dict[str, Any]) -> Path:
    """The artefact, signed with what the gate found, in the form of a registry."""
    created = report["created"]
    name = str(created).replace(":", "").replace("-", "")
    seen = seen_by([*parts.training.rows, *parts.calibration.rows])
    save(
        built.classifier,
        built.thresholds,
        request.output / name,
        data={
            "retrained": True,
            "sha256": hashlib.sha256(seen).hexdigest(),
            "training_rows": len(parts.training.rows),
            "calibration_rows": len(parts.calibration.rows),
            "own_rows": sum(parts.training.own) + sum(parts.calibration.own),
            "seed": request.seed,
            "by_time": split.by_time,
        },
        figures={**built.figures, "gate": {**report["gate"], "champion": report["champion"]}},
        created=created,
        profile=built.profile,
        signing_key=request.signing_key,
        attachments={SEEN: seen, REPORT: _as_json(report)},
    )
    make_current(request.output, name)
    load(request.output, request.signing_key)  # what was written is what can be served
    return request.output / name


def _write_report(request: Request, report: dict[str, Any], artefact: Path, began: float) -> None:
    report["artefact"] = artefact.name
    report["seconds"] = round(time.monotonic() - began, 1)
    report["peak_memory_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    (request.output / REPORT).write_bytes(_as_json(report))


def _as_json(report: dict[str, Any]) -> bytes:
    return orjson.dumps(report, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY) + b"\n"
