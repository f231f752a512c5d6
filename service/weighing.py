"""Holds what reviewers said against the guarantee, now and then: when it can no longer be taken back."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from model.errors import SignpostError
from service.desk import samples
from service.desk.verdicts import final_until, verdicts
from service.logs import outline
from service.monitoring.alarm import Alarm, Outcome
from service.settings import Settings
from service.store import Store
from service.store.database import now as clock

_LOG: Final = logging.getLogger("signpost.service")
_OVERLAP: Final = timedelta(minutes=5)
"""Each look goes back a little further than the last one ended: clocks of several services differ."""


class Weighing:
    """Looks into the store for verdicts that the alarm has not heard. It keeps nothing that a restart could lose: the
    first look goes over all of them, and the alarm counts each once, whoever brings it."""

    def __init__(self, store: Store, alarm: Alarm, settings: Settings, now: Callable[[], datetime] = clock) -> None:
        self._store, self._alarm, self._settings, self._now = store, alarm, settings, now
        self._since: datetime | None = None

    def weigh(self, now: datetime) -> None:
        """Take in what became final since the last look. Made-up incidents say nothing of the guarantee."""
        until = final_until(self._settings, now)
        if self._since is not None and until < self._since:
            self._since = None  # the clock was set back: what is decided now would lie before the last look
        with self._store.reading() as session:
            found = [] if samples.present(session) else list(verdicts(session, self._since, until))
        if found:
            self._alarm.watch_all(Outcome(v.key, v.flagged, v.needs_police, v.model) for v in found)
        self._since = until - _OVERLAP

    async def watch(self) -> None:
        """Do so for ever. What fails is logged, and looked at again the next time."""
        while True:
            await asyncio.sleep(self._settings.weigh_seconds)
            try:
                await asyncio.to_thread(self.weigh, self._now())
            except (SignpostError, OSError) as error:
                _LOG.error("the guarantee was not weighed\n%s", outline(error))
