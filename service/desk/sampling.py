"""Which incidents are shown blind, and which are read twice: by count, with a salt, so that nobody can tell beforehand.

The salt is drawn when the database is made and never leaves it. A reference, a text and a score have no say.
"""

import hashlib
import hmac


def blind(salt: str, number: int, every: int) -> bool:
    """Whether incident ``number`` (from 1) is shown blind: exactly one in each run of ``every``; 0 is none."""
    if every <= 0:
        return False
    run, place = divmod(number - 1, every)
    return _draw(salt, f"blind:{every}:{run}") % every == place


def twice(salt: str, number: int, share: float) -> bool:
    """Whether incident ``number`` gets a second reader."""
    return _draw(salt, f"twice:{number}") < share * 2**64


def _draw(salt: str, purpose: str) -> int:
    """A number below 2**64 that follows from the salt and the purpose."""
    return int.from_bytes(hmac.digest(salt.encode(), purpose.encode(), hashlib.sha256)[:8], "big")
