"""Recall is measured on narratives of the corpus into which identifiers of known place are put."""

import pytest

from service.record.masking import mask
from tests.bench.masking_recall import KINDS, changed, drawn, recall

LEAST = {"vehicle": 0.9}


@pytest.mark.parametrize("kind", KINDS)
def test_identifiers_put_into_real_narratives_are_found(kind: str) -> None:
    assert recall(kind, drawn(60)) >= LEAST.get(kind, 0.95)


def test_a_log_keeps_what_it_says() -> None:
    log = "0417 PC ON SCENE, F 24, 2 previous ODs, no threats, CPN due at 3. 20mg sertraline. Unit 12 hrs. MH act s136"
    assert mask(log) == log


def test_most_of_the_corpus_is_left_as_it_is() -> None:
    assert changed(drawn(100)) <= 0.15


def test_overlapping_finds_leave_nothing_over() -> None:
    assert "07700" not in mask("tel 07700 900123 07700 900124") and "900124" not in mask(
        "tel 07700 900123 07700 900124"
    )


def test_nothing_is_fetched_from_the_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert mask("mail me at someone@example.org") == "mail me at [email]"
