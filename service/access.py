"""Who is let in: bearer tokens, the token made for this start, and the page's cookie."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from model.errors import AccessError


def mint() -> str:
    """A new token for one start of the service."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What the service keeps of a token: its sha256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Access:
    """Checks tokens against their digests, and the page's cookie and form against a key made for this start.

    The cookie is not the token: whoever reads it can open the page until the next start, and no more.
    """

    def __init__(self, digests: Iterable[str]) -> None:
        self._digests = tuple(digests)
        self._key = secrets.token_bytes(32)

    def accepts(self, token: str) -> bool:
        """Whether the token is known. Every digest is compared, each in constant time."""
        given = digest(token)
        return any([hmac.compare_digest(given, known) for known in self._digests])  # noqa: C419 - no early way out

    def admit(self, token: str | None) -> None:
        """Let the holder of a known token in.

        Raises:
            AccessError: ``token-missing`` or ``token-wrong``.
        """
        if token is None:
            raise AccessError("token-missing", "Send the header `Authorization: Bearer TOKEN`.")
        if not self.accepts(token):
            raise AccessError("token-wrong", "Signpost does not know this token. A printed one is good for one start.")

    def cookie(self) -> str:
        """A new cookie for somebody who has shown a token: a random part, and this start's seal on it."""
        session = secrets.token_urlsafe(16)
        return f"{session}.{self._seal('cookie', session)}"

    def knows(self, cookie: str) -> bool:
        """Whether this start made the cookie."""
        session, _, seal = cookie.partition(".")
        return _same(seal, self._seal("cookie", session))

    def form_proof(self, cookie: str) -> str:
        """What the form carries so that no other site can post it: bound to the cookie, unknown outside the page."""
        return self._seal("form", cookie)

    def proves(self, proof: str, cookie: str) -> bool:
        """Whether a posted form came from a page that was given to the holder of this cookie."""
        return _same(proof, self.form_proof(cookie))

    def _seal(self, purpose: str, value: str) -> str:
        message = f"{purpose}:{value}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
