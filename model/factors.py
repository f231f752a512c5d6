"""The four factors of the codebook and the class that follows from them."""

from collections.abc import Mapping
from typing import Final

FACTORS: Final = ("mental_health", "immediate_risk", "crime", "police_duty")
"""In the order in which every matrix of Signpost has them."""

POLICE_FACTORS: Final = FACTORS[1:]
"""Any one of these means that the narrative is, or may be, for the police."""


def mental_health_only(labels: Mapping[str, bool]) -> bool:
    """The derived class: mental health, and none of the police factors. It is never labelled by hand."""
    return bool(labels["mental_health"]) and not needs_police(labels)


def needs_police(labels: Mapping[str, bool]) -> bool:
    """Whether any police factor holds: a ``flag`` on such a narrative is an unsafe flag."""
    return any(labels[factor] for factor in POLICE_FACTORS)
