"""Every setting of the service, one a line, read once from the environment (``SIGNPOST_…``)."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from limits import parse
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
    forwarded_from: str | None = None  # the proxy's address: its X-Forwarded-For is believed; nobody's otherwise
    single_bytes: int = Field(default=2_000_000, gt=0)  # the largest body of one score, or of the page's form
    batch_bytes: int = Field(default=25_000_000, gt=0)  # the largest body of a batch
    patience_seconds: float = Field(default=10.0, gt=0)  # for a header, to begin a body, to read an answer
    stop_seconds: float = Field(default=60.0, gt=0)  # how long a stop waits for what was accepted; then it is given up
    narratives: int = Field(default=64, gt=0)  # narratives in work or waiting, long ones for several; then 503
    incidents_running: int = Field(default=2, gt=0)  # logs of incidents that are scored and kept at the same time
    batches_running: int = Field(default=2, gt=0)  # batches scored at the same time, each in a thread of its own
    batches_waiting: int = Field(default=8, ge=0)  # batches that may wait for a thread; one more is refused (503)

    profiles: Path = Path("var/profiles")  # where the counts of each day go that `signpost drift` reads
    profile_seconds: float = Field(default=60.0, gt=0)  # how often they are written
    unsafe_bar: float = Field(default=0.02, gt=0, lt=1)  # flags among calls that need the police, above which it alarms
    weigh_seconds: float = Field(default=60.0, gt=0)  # how often decisions are held against that bar
    alarm_level: float = Field(default=0.05, gt=0, lt=1)  # chance that the alarm ever goes off while that bar holds
    incident_bytes: int = Field(default=6_500_000, gt=0)  # the largest body of an incident's log
    database: str = "sqlite:///var/signpost.db"  # where incidents are kept; or postgresql://…
    destinations: Path | None = None  # the force's list of services; service/desk/destinations.toml otherwise
    timezone: ZoneInfo = ZoneInfo("Europe/London")  # the clocks that people see; everything is kept in UTC
    flag_minutes: float = Field(default=30, gt=0)  # within which a person must have read a flag
    review_minutes: float = Field(default=15, gt=0)  # the same for a review, and for what comes back to the queue
    escalated_minutes: float = Field(default=5, gt=0)  # the same for an escalated incident
    information_minutes: float = Field(default=15, gt=0)  # how long "needs more information" may wait
    claim_minutes: float = Field(default=5, gt=0)  # how long an opened incident is its reader's alone
    undo_seconds: float = Field(default=30, ge=0)  # how long a decision can be taken back by its maker
    blind_every: int = Field(default=20, ge=0)  # one incident in so many, of any decision, is shown blind; 0 none
    blind_all: bool = False  # every first look is blind
    second_reader_share: float = Field(default=0.05, ge=0, le=1)  # share of reviewed incidents that two people read

    poll_seconds: float = Field(default=5, ge=0.1)  # how often an open page asks what is new in the queue
    demo: bool = False  # fill an empty store with sample incidents
    session_hours: float = Field(default=12, gt=0)  # how long a browser stays let in
    rate_per_token: str = "12000/minute"  # noqa: S105 - requests that one token may send
    rate_failures: str = "30/minute"  # wrong tokens that one address may send before it gets 429 for them
    retention_days: float = Field(default=365, gt=0)  # age at which `signpost purge` removes narratives

    @field_validator("rate_per_token", "rate_failures")
    @classmethod
    def _is_rate(cls, value: str) -> str:
        parse(value)  # a ValueError of its own says what is wrong
        return value

    @field_validator("token_sha256", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value
