"""The formats of our own that the OpenAPI document names, for schemathesis: what is in them, by example."""

from typing import Any, Final

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

from model.errors import NarrativeError
from model.narrative import Narrative
from service.desk.register import LONGEST_REFERENCE, can_be_kept

REFERENCES: Final = ("2026-11-22-0417", "a/b", "é 😟", "100%", "x?y#z", "a..b", "A" * LONGEST_REFERENCE)
"""Incidents that the tried service has."""

_TEXT: Final = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]))

schemathesis.openapi.format("narrative", st.builds("{}seen{}".format, _TEXT, _TEXT))
schemathesis.openapi.format("reference", st.sampled_from(REFERENCES) | _TEXT.filter(can_be_kept))


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """Leave out bodies that are called broken and are not: schemathesis cannot look into a format of ours, and takes
    any other text for a violation."""
    if case.meta is None or not case.meta.is_negative_at(ParameterLocation.BODY):
        return True
    body = case.body
    return not (isinstance(body, dict) and body.keys() == {"text"} and _can_be_read(body["text"]))


def _can_be_read(text: Any) -> bool:
    try:
        return isinstance(text, str) and bool(Narrative.of(text))
    except NarrativeError:
        return False
