"""What the tests of retraining share."""

from collections.abc import Iterator

import pytest

from training import contest
from training.corpus import CONTRAST, read_contrast


@pytest.fixture(scope="module")
def short_suites() -> Iterator[None]:
    """The suites on fewer texts, for the sake of time."""
    patch = pytest.MonkeyPatch()
    groups = sorted({row.group for row in read_contrast([CONTRAST])})[::10]
    patch.setattr(contest, "read_contrast", lambda _: [r for r in read_contrast([CONTRAST]) if r.group in groups])
    patch.setattr(contest, "_SUITE_ROWS", 40)
    yield
    patch.undo()
