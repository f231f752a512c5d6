"""Posted forms: read within bounds, proved to be ours, each fault beside its field."""

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

from model.errors import NarrativeError, ReviewError
from model.factors import FACTORS
from service.access import proves
from service.bodies import read_body
from service.desk.decisions import LONGEST_WHY, OUTCOMES, Choice
from service.pages.entrance import Visitor
from service.problems import RequestError

_FORM: Final = "application/x-www-form-urlencoded"
_SMALL: Final = 100_000


Faults = dict[str, str]
"""What is wrong with a form: a sentence for each field, or one about the whole (field ``""``)."""


async def read_form(request: Request, visitor: Visitor, limit: int = _SMALL) -> dict[str, str]:
    """The fields of a form of ours.

    Raises:
        RequestError: ``content-type-unsupported``, ``body-too-large``, ``form-expired``, ``field-invalid``.
        NarrativeError: ``text-not-utf8``.
    """
    fields = await read_fields(request, limit)
    prove(fields, visitor)
    if (broken := next((name for name, value in fields.items() if "\0" in value), None)) is not None:
        raise RequestError("field-invalid", "A field of the form holds a NUL, which no database keeps.", broken)
    return fields


async def read_fields(request: Request, limit: int) -> dict[str, str]:
    """As ``read_form``, whoever the form came from."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise RequestError("content-type-unsupported", "Use the form on the page.")
    body = await read_body(request, limit)
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except UnicodeDecodeError:
        raise NarrativeError("text-not-utf8", "The form is not UTF-8.") from None
    except ValueError:
        raise RequestError("content-type-unsupported", "Use the form on the page.") from None
    # Forms turn every line break into CR LF; what was pasted, and what the other doors get, has LF.
    return {name: values[0].replace("\r\n", "\n") for name, values in fields.items()}


def prove(fields: dict[str, str], visitor: Visitor) -> None:
    """Against forms on other sites that post here with this browser's cookie. SameSite=Strict keeps the cookie from
    them already; the proof, which only our page holds, also stops neighbours on the same host and old browsers. The
    Origin header would not do: under ``Referrer-Policy: no-referrer`` browsers send it as "null".

    Raises:
        RequestError: ``form-expired``.
    """
    if not proves(fields.get("proof", ""), visitor.cookie):
        raise RequestError("form-expired", "You were signed in again since this page was made. Load it again.")


def choice_of(fields: dict[str, str]) -> tuple[Choice, Faults]:
    """What was chosen, and what is missing from it."""
    outcome, why = fields.get("outcome", ""), fields.get("why", "").strip()
    found: Faults = {}
    if outcome not in OUTCOMES:
        found["outcome"] = "Choose what happens with this call"
    if outcome == "signposted" and not fields.get("destination"):
        found["destination"] = "Choose the service that the call goes to"
    if outcome == "other" and not why:
        found["why"] = "Say what happens instead"
    if len(why) > LONGEST_WHY or "\0" in why:
        found["why"] = f"The reason must be {LONGEST_WHY:,} characters or fewer"
    judged = {factor: fields.get(factor) == "yes" for factor in FACTORS} if fields.get("judged") == "yes" else None
    destination = fields.get("destination") if outcome == "signposted" else None
    return Choice(outcome, destination, why, judged), found


def answer_of(fields: dict[str, str]) -> tuple[bool, str, str, Faults]:
    """What the service said to a hand-over: accepted, by whom, why; and what is missing."""
    said, by, why = fields.get("answer", ""), fields.get("by", "").strip(), fields.get("refusal", "").strip()
    found: Faults = {}
    if said not in ("accepted", "refused"):
        found["answer"] = "Choose whether the service took it"
    if said == "accepted" and not by:
        found["by"] = "Give the name of the person who accepted"
    return said == "accepted", by, why, found


def version_of(fields: dict[str, str]) -> int:
    """The version that the form was made for; 0, which is never current, if the form does not say."""
    given = fields.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0


def fault_of(error: ReviewError) -> Faults:
    """A step that cannot be taken, said above the form; a service that was dropped meanwhile, beside its field."""
    return {"destination" if error.code == "destination-unknown" else "": error.detail}
