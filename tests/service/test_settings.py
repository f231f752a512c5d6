import pytest
from pydantic import ValidationError

from service.settings import Settings

DIGEST = "a" * 64


def test_read_from_the_environment_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNPOST_PORT", "8123")
    monkeypatch.setenv("SIGNPOST_TOKEN_SHA256", f"{DIGEST}, {DIGEST.upper()},")
    monkeypatch.setenv("SIGNPOST_MINT_TOKEN", "false")
    settings = Settings()
    assert settings.port == 8123
    assert settings.token_sha256 == (DIGEST, DIGEST)
    assert settings.mint_token is False
    assert str(settings.models) == "var/models"


def test_do_not_change_while_the_service_runs() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("PORT", "65536"), ("PORT", "-1"), ("TOKEN_SHA256", "secret-word"), ("SINGLE_BYTES", "0")],
)
def test_a_wrong_one_is_named_but_never_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"SIGNPOST_{name}", value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert name.lower() in str(caught.value)
    assert value not in str(caught.value) or value == "0"


def test_the_signing_key_is_not_shown() -> None:
    assert "hush" not in repr(Settings(signing_key="hush"))  # type: ignore[arg-type]
