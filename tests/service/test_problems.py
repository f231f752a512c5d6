import inspect
import pickle
import re

import orjson
import pytest

from model import errors
from service import problems, readiness
from service.problems import CATALOGUE, RequestError, internal_error, status_and_title
from service.store import failures


def documented_codes(of: type) -> set[str]:
    return set(re.findall(r"``([a-z0-9-]+)``", (inspect.getdoc(of) or "").partition("Codes:")[2]))


@pytest.mark.parametrize("kind", [errors.NarrativeError, errors.AccessError, errors.ReviewError, RequestError])
def test_every_code_that_can_reach_a_client_has_a_status_of_its_own(kind: type) -> None:
    assert documented_codes(kind) <= set(CATALOGUE)


def test_every_code_in_the_catalogue_is_documented_somewhere() -> None:
    kinds = [
        errors.NarrativeError,
        errors.AccessError,
        errors.ReviewError,
        errors.StoreError,
        failures.DatabaseError,
        RequestError,
        readiness.ModelUnavailableError,
    ]
    by_framework = {"not-found", "method-not-allowed", "internal-error"}
    assert set(CATALOGUE) - by_framework == set.union(*map(documented_codes, kinds)) & set(CATALOGUE)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NarrativeError("text-new", "…"), 422),
        (errors.ArtefactError("artefact-altered", "…"), 503),
        (readiness.ModelUnavailableError("artefact-altered", "…"), 503),
        (errors.LexiconError("lexicon-invalid", "…"), 500),
    ],
)
def test_a_code_unknown_here_gets_the_status_of_its_kind(error: errors.SignpostError, status: int) -> None:
    assert status_and_title(error)[0] == status


def test_the_last_resort_tells_nothing() -> None:
    document = orjson.loads(bytes(internal_error().body))
    assert set(document) == {"type", "title", "status", "detail", "code"}


def test_an_error_survives_a_process_border() -> None:
    again = pickle.loads(pickle.dumps(RequestError("id-invalid", "…", "id")))
    assert (again.code, again.detail, again.field) == ("id-invalid", "…", "id")


def test_titles_and_codes_are_plain() -> None:
    for code, (status, title) in problems.CATALOGUE.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert 400 <= status < 600
        assert title[0].isupper() and not title.endswith(".")
