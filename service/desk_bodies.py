"""What is sent to the review desk, checked field by field; each fault names its field."""

from typing import Any, Final

from service.desk.decisions import LONGEST_WHY, Choice
from service.problems import RequestError

_LARGEST_VERSION: Final = 2**31 - 1


def text_of(sent: dict[str, Any]) -> Any:
    """Whatever stands in ``text``: whether it can be scored is the model's affair."""
    return sent.get("text")


def expected_version(sent: dict[str, Any], if_match: str | None) -> int | None:
    """The version that the sender last saw, from the body or the header; ``None`` if it says nothing.

    Raises:
        RequestError: ``version-invalid``.
    """
    value = sent.get("version")
    if value is None and if_match is not None and if_match.strip() != "*":
        stripped = if_match.strip().removeprefix("W/").strip('"')
        value = int(stripped) if stripped.isdecimal() and len(stripped) < 10 else if_match
    return None if value is None else _version(value)


def version_of(sent: dict[str, Any]) -> int:
    """The version that was seen.

    Raises:
        RequestError: ``version-invalid``.
    """
    return _version(sent.get("version"))


def choice_of(sent: dict[str, Any]) -> Choice:
    """What was chosen; whether the choice makes sense is the desk's affair.

    Raises:
        RequestError: ``field-invalid``.
    """
    destination, factors = sent.get("destination"), sent.get("factors")
    if destination is not None and not isinstance(destination, str):
        raise RequestError("field-invalid", "`destination` must be the id of a service.", "destination")
    if factors is not None and not isinstance(factors, dict):
        raise RequestError("field-invalid", "`factors` must be an object of the four, each true or false.", "factors")
    return Choice(words(sent, "outcome", needed=True), destination, words(sent, "why"), factors)


def handover_of(sent: dict[str, Any]) -> tuple[bool, str, str]:
    """Whether it was accepted, by whom, and why.

    Raises:
        RequestError: ``field-invalid``.
    """
    accepted = sent.get("accepted")
    if not isinstance(accepted, bool):
        raise RequestError("field-invalid", "`accepted` must be true or false.", "accepted")
    return accepted, words(sent, "by"), words(sent, "why")


def words(sent: dict[str, Any], field: str, *, needed: bool = False) -> str:
    """A short text.

    Raises:
        RequestError: ``field-invalid``.
    """
    value = sent.get(field, None if needed else "")
    if not isinstance(value, str) or len(value) > LONGEST_WHY or "\0" in value or not _whole(value):
        raise RequestError(
            "field-invalid", f"`{field}` must be a string of up to {LONGEST_WHY:,} characters without NUL.", field
        )
    return value


def _version(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():  # 3.0 is a whole number to JSON
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_VERSION:
        raise RequestError(
            "version-invalid", "`version` must be a whole number, as an answer of ours gave it.", "version"
        )
    return value


def _whole(value: str) -> bool:
    """Whether every character is one: half characters (lone surrogates) can be kept nowhere."""
    return all(not 0xD800 <= ord(character) <= 0xDFFF for character in value)
