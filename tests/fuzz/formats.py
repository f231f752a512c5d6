"""The formats of our own that the OpenAPI document names, for schemathesis: what is in them, by example."""

from typing import Final

import schemathesis
from hypothesis import strategies as st

from service.desk.register import LONGEST_REFERENCE, can_be_kept

REFERENCES: Final = ("2026-11-22-0417", "a/b", "é 😟", "100%", "x?y#z", "a..b", "A" * LONGEST_REFERENCE)
"""Incidents that the tried service has."""

_TEXT: Final = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]))

schemathesis.openapi.format("narrative", st.builds("{}seen{}".format, _TEXT, _TEXT))
schemathesis.openapi.format("reference", st.sampled_from(REFERENCES) | _TEXT.filter(can_be_kept))
