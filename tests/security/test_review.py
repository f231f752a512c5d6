"""The page on security names tests that exist, and every one of the ten risks."""

import re

from tests.soak.services import ROOT

PAGE = (ROOT / "docs" / "hardness" / "security.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 30
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"


def test_every_risk_has_a_row_with_a_test() -> None:
    for number in range(1, 11):
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| API{number} ")]
        assert "::test_" in row
