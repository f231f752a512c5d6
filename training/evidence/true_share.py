"""How much demand is mental health only? A valid interval from a small labelled sample and many scored calls.

Prediction-powered inference (Angelopoulos et al. 2023, Science 382, arXiv 2301.09633) in its tuned form (arXiv
2311.01453), by the authors' library. Valid however wrong the scores are, if the labelled sample is drawn at random
from the calls that were scored. Prior-shift correction (Saerens et al. 2002) stands beside it: it needs no label and
has no guarantee.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from ppi_py import classical_mean_ci, ppi_mean_ci, ppi_mean_pointestimate

from model.features import Floats
from model.prevalence import estimated, shifted
from training.evidence.answers import Answered
from training.evidence.parts import Part
from training.evidence.standing import Estimate

LABELLED: Final = 150
REPEATS: Final = 300
ALPHA: Final = 0.05


@dataclass(frozen=True, slots=True)
class TrueShare:
    """Of one population made from the part: ``share`` of mental-health-only calls as it truly is. ``powered`` and
    ``classical`` are estimates from one labelled sample, ``corrected`` the prior-shift estimate, ``naive`` the mean
    confidence. Over ``REPEATS`` samples: how often each interval held the truth, and how wide it was."""

    calls: int
    labelled: int
    share: float
    powered: Estimate
    classical: Estimate
    corrected: float
    naive: float
    powered_held: float
    classical_held: float
    width_ratio: float


def true_share(
    part: Part, answered: Answered, prevalence: float, trained: float, labelled: int = LABELLED, seed: int = 0
) -> TrueShare:
    """Try it where the truth is known: the part thinned to about ``prevalence``, some of it labelled at random.

    ``trained`` is the share of mental-health-only narratives that the confidence was calibrated at.
    """
    rng = np.random.default_rng(seed)
    p, y = _population(part, answered.answers.probabilities[:, -1], prevalence, rng)
    labelled = min(labelled, len(y) // 2)
    corrected = estimated(p, trained)
    # Any fixed scores will do; those that fit the place better leave less for the labels to mend.
    fitting = shifted(p, trained, corrected)
    tries = [_once(fitting, y, labelled, rng) for _ in range(REPEATS)]
    truth = float(y.mean())
    powered, classical = np.array([t[0] for t in tries]), np.array([t[1] for t in tries])
    return TrueShare(
        calls=len(y),
        labelled=labelled,
        share=truth,
        powered=Estimate(*map(float, powered[0])),
        classical=Estimate(*map(float, classical[0])),
        corrected=corrected,
        naive=float(p.mean()),
        powered_held=_held(powered, truth),
        classical_held=_held(classical, truth),
        width_ratio=float(np.median((powered[:, 2] - powered[:, 1]) / (classical[:, 2] - classical[:, 1]))),
    )


def _population(part: Part, p: Floats, prevalence: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    ill, others = np.flatnonzero(part.only), np.flatnonzero(~part.only)
    wanted = round(len(others) * prevalence / (1 - prevalence))
    if not part.ours or wanted >= len(ill):  # a force's own share is the true one
        chosen = np.arange(len(p))
    else:
        chosen = np.concatenate([rng.choice(ill, max(1, wanted), replace=False), others])
    return p[chosen], part.only[chosen].astype(float)


def _once(p: Floats, y: Floats, labelled: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    order = rng.permutation(len(y))
    seen, unseen = order[:labelled], order[labelled:]
    low, high = (float(v[0]) for v in ppi_mean_ci(y[seen], p[seen], p[unseen], alpha=ALPHA))
    middle = float(ppi_mean_pointestimate(y[seen], p[seen], p[unseen])[0])
    plain_low, plain_high = (float(np.ravel(v)[0]) for v in classical_mean_ci(y[seen], alpha=ALPHA))
    powered = np.array([middle, max(0.0, low), high])
    return powered, np.array([float(y[seen].mean()), max(0.0, plain_low), plain_high])


def _held(tries: Floats, truth: float) -> float:
    return float(((tries[:, 1] <= truth) & (truth <= tries[:, 2])).mean())
