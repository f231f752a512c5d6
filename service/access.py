"""The door: who holds a token or a cookie, how often they may knock, and the proof that a form is ours."""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.concurrency import run_in_threadpool

from model.errors import AccessError, StoreError
from service import tokens
from service.person import Person
from service.settings import Settings
from service.store import Store
from service.store.database import now as clock
from service.tokens import digest

_SET_SECONDS: Final = 5.0
"""A clock that moved so much more, or less, than time passed, was set."""

_REMEMBERED_SECONDS: Final = 5.0
"""How long a token that was found in the store is believed: revoking one takes this long to reach every process."""

_WITHOUT_STORE_SECONDS: Final = 600.0
"""How long it is believed while the store does not answer, where nothing can be revoked either."""


class Access:
    """Finds the person behind a token (the settings' and this start's, or the store's) or behind a browser's cookie.

    Scoring asks for no database: a token of the settings is compared here, and one of the store is remembered for
    seconds. What is remembered is only what was found, so nobody can fill the memory by guessing.
    """

    def __init__(
        self, store: Store, given: Mapping[str, Person], settings: Settings, now: Callable[[], datetime] = clock
    ) -> None:
        self._store = store
        self._given = dict(given)
        self._now = now
        self._hours = settings.session_hours
        self._found: dict[str, tuple[float, Person]] = {}
        # The one for threads begins a thread of its own a hundred times a second, to forget what is over.
        self._counts = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._counts)
        self._set_forward = time.time() - time.monotonic()
        self._per_token, self._failures = parse(settings.rate_per_token), parse(settings.rate_failures)

    async def admit(self, token: str | None, address: str) -> Person:
        """The person whose token this is.

        A good token is let in whatever else comes from its address: a control room sits behind one address, and one
        wrong program must not lock it out. Tokens cannot be guessed; the limit on failures keeps load away.

        Raises:
            AccessError: ``token-missing``, ``token-wrong`` or ``too-many-requests``.
        """
        if token is None:
            raise AccessError("token-missing", "Send the header `Authorization: Bearer TOKEN`.")
        sha256 = digest(token)
        person = await self._holder(sha256)
        if person is None:
            await self._hit(self._failures, "failure", address)
            raise AccessError("token-wrong", "Signpost does not know this token. A printed one is good for one start.")
        await self._hit(self._per_token, "token", sha256)
        return person

    async def let_in(self, token: str, address: str) -> str:
        """A new cookie for a browser that has shown a token. The cookie is not the token.

        Raises:
            AccessError: as ``admit``.
        """
        await self.admit(token, address)
        return await run_in_threadpool(self._begin, token)

    async def person_of(self, cookie: str | None) -> Person | None:
        """Who is behind a browser's cookie; nobody when its time is up, or its token is no longer good."""
        if not cookie:
            return None
        token_sha256 = await run_in_threadpool(self._sitting, cookie)
        return await self._holder(token_sha256) if token_sha256 else None

    async def let_out(self, cookie: str) -> None:
        """End a browser's sitting."""
        await run_in_threadpool(self._end, cookie)

    async def _holder(self, sha256: str) -> Person | None:
        # Every one is compared, each in constant time.
        own = [person for known, person in self._given.items() if hmac.compare_digest(sha256, known)]
        if own:
            return own[0]
        until, person = self._found.get(sha256, (0.0, None))
        if person is not None and time.monotonic() < until:
            return person
        try:
            found = await self._holder_in_store(sha256, waits=person is None)
        except StoreError:
            if person is None or time.monotonic() >= until + _WITHOUT_STORE_SECONDS:
                raise
            return person
        if found is None:
            self._found.pop(sha256, None)
        else:
            self._found[sha256] = (time.monotonic() + _REMEMBERED_SECONDS, found)
        return found

    async def _holder_in_store(self, sha256: str, *, waits: bool) -> Person | None:
        """Who is known already does not wait for a store that has just failed."""
        if self._store.trouble is not None and not waits:
            raise self._store.trouble
        return await run_in_threadpool(self._look_up, sha256)

    def _look_up(self, sha256: str) -> Person | None:
        with self._store.reading() as session:
            return tokens.holder(session, sha256)

    def _sitting(self, cookie: str) -> str | None:
        with self._store.reading() as session:
            return tokens.sitting(session, cookie, self._now())

    def _begin(self, token: str) -> str:
        with self._store.writing() as session:
            return tokens.begin_sitting(session, token, self._hours, self._now())

    def _end(self, cookie: str) -> None:
        with self._store.writing() as session:
            tokens.end_sitting(session, cookie)

    async def _hit(self, rate: object, kind: str, who: str) -> None:
        # The limiter reads the system's clock. Set back by an hour, it would count a minute's requests for an hour.
        offset = time.time() - time.monotonic()
        if abs(offset - self._set_forward) > _SET_SECONDS:
            self._set_forward = offset
            await self._counts.reset()
        if not await self._limiter.hit(rate, kind, who):  # type: ignore[arg-type]
            raise AccessError("too-many-requests", "Too many requests. Wait a minute, then go on more slowly.")


def form_proof(cookie: str) -> str:
    """What a form carries so that no other site can post it. Keyed by the cookie, which no other site can read, so
    that every process that shares the store can check it; it does not give the cookie away."""
    return hmac.new(cookie.encode("utf-8", "surrogatepass"), b"form", hashlib.sha256).hexdigest()


def proves(proof: str, cookie: str) -> bool:
    """Whether a posted form came from a page that was given to the holder of this cookie."""
    return hmac.compare_digest(proof.encode("utf-8", "surrogatepass"), form_proof(cookie).encode())


def given(digests: Iterable[str], minted: str | None) -> dict[str, Person]:
    """The people of the tokens that need no store: those of the settings, and the one of this start.

    They are administrators, who may do everything: whoever sets the settings can make any token. Their names hold the
    beginning of the digest, so that the record tells them apart.
    """
    named = {sha256: Person(f"settings {sha256[:8]}", "administrator") for sha256 in digests}
    if minted is not None:
        named[digest(minted)] = Person(f"start {digest(minted)[:8]}", "administrator")
    return named
