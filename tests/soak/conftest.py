"""Databases that several processes can open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.conftest import fresh_database


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database(request.param, tmp_path) as url:
        yield url
