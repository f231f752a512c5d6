"""The one path from texts to scores: for one narrative and for a million, over HTTP and on the command line."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from model.assertion import PRESENT
from model.calibration import probabilities
from model.classifier import NarrativeClassifier
from model.decision import Policy, ReviewRule, Thresholds, decide
from model.factors import FACTORS
from model.narrative import Narrative
from model.pause import PauseSwitch
from model.prevalence import shifted
from model.reasons import explain
from model.score import LeftOut, Observation, Score


@dataclass(frozen=True, slots=True)
class Scorer:
    """A verified model with its thresholds and a policy.

    ``manifest`` is what the artefact says of itself; ``switch`` turns every answer into ``review`` while it is
    engaged; ``prevalence`` is the deployment's own share of mental-health-only calls, where it is known.
    """

    classifier: NarrativeClassifier
    thresholds: Thresholds
    stop_cues: tuple[ReviewRule, ...]
    policy: Policy
    version: str
    manifest: dict[str, Any]
    switch: PauseSwitch | None = None
    prevalence: float | None = None

    @property
    def policy_version(self) -> str:
        """The policy's version."""
        return self.policy.version

    def facts(self) -> dict[str, Any]:
        """The body of ``GET /v1/model``."""
        return {
            "version": self.version,
            "created": self.manifest["created"],
            "data": self.manifest["data"],
            "figures": self.manifest["figures"],
            "thresholds": self.thresholds.as_dict(),
            "guarantee": {
                "provisional": self.thresholds.provisional,
                "text": self.thresholds.guarantee,
                "flag_precision_at_prevalence": self.thresholds.flag_precision,
            },
            "calibration": self.classifier.calibration_facts(),
            "reader": self.classifier.reader_facts(),
            "libraries": self.manifest["libraries"],
            "policy": self.policy.as_dict(),
            "prevalence": {"trained": round(self.classifier.prevalence_, 4), "deployed": self.prevalence},
            "paused": asdict(pause) if self.switch and (pause := self.switch.state()) else None,
            "stop_cues": [{"code": r.code, "words": r.words, "kinds": sorted(r.kinds)} for r in self.stop_cues],
        }

    def ranges(self, score: Score) -> dict[str, tuple[float, float]]:
        """The Venn-Abers bounds of each factor of a score of this model, by name."""
        return self.classifier.factor_ranges(score.factors)

    def score(self, narrative: Narrative) -> Score:
        """Score one narrative."""
        return self.score_many([narrative])[0]

    def left_out(self, narrative: Narrative) -> tuple[LeftOut, ...]:
        """What the reader took from each clause; nothing where the model has no reader."""
        return self.classifier.left_out(narrative)

    def score_many(self, narratives: Sequence[Narrative]) -> list[Score]:
        """Score narratives together; each gets what it would get alone. Callers cut long streams into batches."""
        if not narratives:
            return []
        judged = self.classifier.judge(narratives)
        factors = probabilities(judged.calibrated)
        confidence, lower, upper = self.classifier.interval_(judged.composed)
        uncorrected = confidence
        if self.prevalence is not None:
            trained = self.classifier.prevalence_
            confidence, lower, upper = (shifted(p, trained, self.prevalence) for p in (confidence, lower, upper))
        paused = self.switch is not None and self.switch.engaged
        rules = (*self.stop_cues, *self.policy.rules)
        scores = []
        for i, (narrative, reading) in enumerate(zip(narratives, judged.readings, strict=True)):
            reasons, rest = explain(narrative, reading, judged.weights_of(i), judged.logits[i])
            strange = self.classifier.strangeness(judged, i)
            decision, because, stopped = decide(
                float(judged.composed[i]), reading, self.thresholds, rules, strange, paused
            )
            scores.append(
                Score(
                    decision=decision,
                    because=because,
                    confidence=float(confidence[i]),
                    interval=(float(lower[i]), float(upper[i])),
                    factors={name: float(p) for name, p in zip(FACTORS, factors[i], strict=True)},
                    reasons=reasons,
                    rest=rest,
                    model=self.version,
                    policy=self.policy.version,
                    stop_cues=stopped,
                    observation=Observation(
                        confidence=float(uncorrected[i]),
                        factors=tuple(map(float, factors[i])),
                        decision=None if paused else decision,
                        words=len(reading.words),
                        unknown=float(judged.unknown[i]),
                        cues=frozenset(cue.kind for cue in reading.cues if cue.assertion == PRESENT),
                    ),
                )
            )
        return scores
