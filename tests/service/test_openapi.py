from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter


@pytest.fixture
def described(client: httpx.Client) -> Any:
    return client.get("/openapi.json").json()


def test_every_route_for_machines_is_described(described: Any) -> None:
    assert set(described["paths"]) == {
        "/health/live",
        "/health/ready",
        "/v1/score",
        "/v1/score/batch",
        "/v1/model",
        "/metrics",
        "/v1/incidents/{reference}",
        "/v1/incidents/{reference}/open",
        "/v1/incidents/{reference}/decision",
        "/v1/incidents/{reference}/handover",
        "/v1/incidents/{reference}/reopen",
        "/v1/queue",
        "/v1/queue/next",
        "/v1/readings/{number}/open",
        "/v1/readings/{number}/decision",
        "/v1/destinations",
        "/v1/assurance",
        "/v1/audit",
    }
    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert operation["description"]
            assert path.startswith("/health") or operation["security"] == [{"HTTPBearer": []}]
            assert path.startswith("/health") or "401" in operation["responses"]


def test_every_reference_leads_somewhere(described: Any) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            here = [value["$ref"]] if "$ref" in value else []
            return here + [ref for inner in value.values() for ref in references(inner)]
        if isinstance(value, list):
            return [ref for inner in value for ref in references(inner)]
        return []

    found = references(described)
    assert found
    for reference in found:
        name = TypeAdapter(str).validate_python(reference).removeprefix("#/components/schemas/")
        assert name in described["components"]["schemas"]


def test_the_bodies_and_the_refusals_are_described(described: Any) -> None:
    score = described["paths"]["/v1/score"]["post"]
    assert score["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/ScoreRequest")
    assert score["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/SingleBody")
    for status in ("400", "401", "413", "415", "422", "503"):
        assert list(score["responses"][status]["content"]) == ["application/problem+json"]
