"""Does the model do what its manifest says? The headline figures, measured again."""

from dataclasses import dataclass
from typing import Any

from sklearn.metrics import roc_auc_score

from model.factors import FACTORS
from training.evidence.answers import Answered
from training.evidence.parts import Part
from training.thresholds import BARS

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure as the manifest states it (``None`` where it does not) and as it was measured just now."""

    name: str
    stated: float | None
    measured: float

    @property
    def agrees(self) -> bool:
        """Whether they are the same."""
        return self.stated is not None and abs(self.stated - self.measured) <= TOLERANCE


def claims(manifest: dict[str, Any], calibration: Part, answered: Answered) -> list[Claim]:
    """The manifest's headline figures beside those of the whole rule on the calibration part."""
    figures = manifest["figures"]
    certificate = figures.get("certificate", {}).get("bars", {}).get(f"{BARS[0]:.0%}", {})
    table = figures.get("calibration", {})
    flagged, probabilities = answered.answers.flagged, answered.answers.probabilities
    truths = {**{f: calibration.labels[:, k] for k, f in enumerate(FACTORS)}, "mental_health_only": calibration.only}
    return [
        Claim("narratives", table.get("narratives"), len(calibration.rows)),
        Claim("unsafe flags", certificate.get("unsafe_flags"), int((flagged & calibration.police).sum())),
        Claim("unsafe-flag rate", certificate.get("unsafe_flag_rate"), float(flagged[calibration.police].mean())),
        Claim("recall", certificate.get("recall"), float(flagged[calibration.only].mean())),
        *(
            Claim(f"AUROC, {name.replace('_', ' ')}", table.get(name, {}).get("auroc"), float(roc_auc_score(y, p)))
            for (name, y), p in zip(truths.items(), probabilities.T, strict=True)
        ),
    ]


def comparable(found: list[Claim]) -> bool:
    """Whether the manifest's figures were measured on narratives as many as these; otherwise nothing can agree."""
    return found[0].agrees
