"""The one path from texts to scores: for one narrative and for a million, over HTTP and on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model.calibration import probabilities
from model.classifier import NarrativeClassifier
from model.decision import Policy, ReviewRule, Thresholds, decide
from model.factors import FACTORS
from model.narrative import Narrative
from model.reasons import explain
from model.score import Score


@dataclass(frozen=True, slots=True)
class Scorer:
    """A verified model with its thresholds and a policy. ``manifest`` is what the artefact says of itself."""

    classifier: NarrativeClassifier
    thresholds: Thresholds
    stop_cues: tuple[ReviewRule, ...]
    policy: Policy
    version: str
    manifest: dict[str, Any]

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
            "guarantee": {"provisional": self.thresholds.provisional, "text": self.thresholds.guarantee},
            "calibration": self.classifier.calibration_facts(),
            "libraries": self.manifest["libraries"],
            "policy": self.policy.as_dict(),
            "stop_cues": [{"code": r.code, "words": r.words, "kinds": sorted(r.kinds)} for r in self.stop_cues],
        }

    def score(self, narrative: Narrative, paused: bool = False) -> Score:
        """Score one narrative."""
        return self.score_many([narrative], paused)[0]

    def score_many(self, narratives: Sequence[Narrative], paused: bool = False) -> list[Score]:
        """Score narratives together; each gets what it would get alone. Callers cut long streams into batches."""
        if not narratives:
            return []
        judged = self.classifier.judge(narratives)
        factors = probabilities(judged.calibrated)
        confidence, lower, upper = self.classifier.interval_(judged.composed)
        rules = (*self.stop_cues, *self.policy.rules)
        scores = []
        for i, (narrative, reading) in enumerate(zip(narratives, judged.readings, strict=True)):
            reasons, rest = explain(narrative, reading, judged.weights_of(i), judged.logits[i])
            strange = self.classifier.familiarity_.strangeness(len(reading.words), self.classifier.unknown(reading))
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
                )
            )
        return scores
