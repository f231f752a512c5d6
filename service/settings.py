"""Every setting of the service, one a line, read once from the environment (``SIGNPOST_…``)."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Settings(BaseSettings):
    """Frozen: what a running service does never changes under it."""

    # A setting that does not validate is shown by name only: its value may be a secret.
    model_config = SettingsConfigDict(env_prefix="SIGNPOST_", frozen=True, hide_input_in_errors=True)

    models: Path = Path("var/models")  # where `make train` puts the model that is served
    model_seconds: float = Field(default=5.0, ge=0)  # how often to look for a newer model; 0 looks on SIGHUP alone
    signing_key: SecretStr | None = None  # only artefacts signed with this key load
    policy: Path | None = None  # the force's policy file: facts that always become review; the default one otherwise
    prevalence: float | None = Field(default=None, gt=0, lt=1)  # share of mental-health-only calls here, if known
    token_sha256: Annotated[tuple[Digest, ...], NoDecode] = ()  # sha256 (hex) of each token let in, comma-separated
    mint_token: bool = True  # make a token for this start and print it; turn off where standard output is kept
    host: str = "127.0.0.1"  # the address to listen on
    port: int = Field(default=8000, ge=0, le=65535)  # the port to listen on; 0 takes any free one
    behind_tls: bool = False  # a proxy in front speaks HTTPS: the cookie is Secure, and browsers are told to stay on it
    single_bytes: int = Field(default=2_000_000, gt=0)  # the largest body of one score, or of the page's form
    batch_bytes: int = Field(default=25_000_000, gt=0)  # the largest body of a batch
    batches_running: int = Field(default=2, gt=0)  # batches scored at the same time, each in a thread of its own
    batches_waiting: int = Field(default=8, ge=0)  # batches that may wait for a thread; one more is refused (503)

    @field_validator("token_sha256", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value
