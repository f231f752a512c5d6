from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from model.narrative import Narrative
from service.app import create_app
from service.metrics import Metrics
from service.settings import Settings


@pytest.fixture
def counted(serve: Callable[[FastAPI], str], scorer: Any, token: str) -> Any:
    """A service of its own, whose counters start at nothing."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=serve(create_app(Settings(), scorer, token)), headers=headers)


def test_scores_reasons_and_stop_cues_are_counted(counted: httpx.Client) -> None:
    counted.post("/v1/score", json={"text": "hearing voices"})
    counted.post("/v1/score/batch", json={"items": [{"text": "knife"}, {"text": "nothing"}, {"text": ""}]})
    shown = counted.get("/metrics").text
    assert 'signpost_scores_total{decision="flag"} 1.0' in shown
    assert 'signpost_scores_total{decision="review"} 1.0' in shown
    assert 'signpost_scores_total{decision="pass"} 1.0' in shown
    assert 'signpost_because_total{code="stop-cue"} 1.0' in shown
    assert 'signpost_stop_cues_total{cue="weapon"} 1.0' in shown
    assert 'signpost_errors_total{code="text-blank"} 1.0' in shown


def test_requests_are_timed_by_route_never_by_address(counted: httpx.Client) -> None:
    counted.post("/v1/score", json={"text": "x"})
    counted.get("/a-narrative-in-the-address")
    counted.request("KNIFE", "/v1/score")
    shown = counted.get("/metrics").text
    assert 'signpost_request_seconds_count{method="POST",route="/v1/score",status="200"} 1.0' in shown
    assert 'signpost_request_seconds_count{method="GET",route="unmatched",status="404"} 1.0' in shown
    assert "a-narrative-in-the-address" not in shown
    assert "KNIFE" not in shown


def test_two_services_in_one_process_count_apart(scorer: Any) -> None:
    one, other = Metrics(), Metrics()
    one.count_score(scorer.score(Narrative.of("x")))
    assert b'decision="pass"' in one.exposition()
    assert b'decision="pass"' not in other.exposition()
