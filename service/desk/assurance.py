"""Is the review worth something? Agreement of two readers, time per decision, overrides, the sway of the suggestion.

Blind looks are the yardstick: there a person judged without the model, so they show what the model misses, and how
much more often people follow it when they see it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from service.desk.decisions import follows
from service.store.tables import Decision, SecondReading


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``of``, with the exact (Clopper-Pearson) 95% interval; no share when there is nothing to count."""

    count: int
    of: int
    share: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Reader:
    """One person's decisions: how many, how long they took (seconds, median), how often they went with the model."""

    name: str
    decisions: int
    seconds: float | None
    followed: Share


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the first readers' decisions of so many days that nobody took back.

    ``followed_shown`` and ``followed_blind`` are shares of decisions that went with a suggestion, seen or not; their
    difference, ``sway``, is what seeing it does. ``missed_danger`` is the share of blind flags that people would send
    the police to; ``recall`` the share of what people signposted blind that was flagged. ``kappa`` is Cohen's, between
    first and second readers' outcomes; ``None`` below two pairs or where it is not defined.
    """

    days: int
    decisions: int
    outcomes: dict[str, int]
    seconds: float | None
    overridden: Share
    followed_shown: Share
    followed_blind: Share
    sway: float | None
    missed_danger: Share
    recall: Share
    pairs: int
    agreed: Share
    kappa: float | None
    disagreements_open: int
    readers: tuple[Reader, ...]


def figures(session: Session, now: datetime, days: int = 28) -> Figures:
    """The figures of the last ``days`` days."""
    since = now - timedelta(days=days)
    standing = Decision.undone_at.is_(None)
    rows = list(session.scalars(select(Decision).where(Decision.at >= since, standing, Decision.reading == 1)))
    blind = [row for row in rows if row.blind]
    shown_share, blind_share = _followed([row for row in rows if not row.blind]), _followed(blind)
    pairs = _pairs(session, since)
    outcomes = sorted({row.outcome for row in rows})
    return Figures(
        days=days,
        decisions=len(rows),
        outcomes={outcome: sum(row.outcome == outcome for row in rows) for outcome in outcomes},
        seconds=_median(row.seconds for row in rows),
        overridden=_share([not went for went in _followings(rows)]),
        followed_shown=shown_share,
        followed_blind=blind_share,
        sway=_difference(shown_share, blind_share),
        missed_danger=_share(
            [r.outcome == "police" for r in blind if r.suggestion == "flag" and r.outcome in ("police", "signposted")]
        ),
        recall=_share([row.suggestion == "flag" for row in blind if row.outcome == "signposted"]),
        pairs=len(pairs),
        agreed=_share([first == second for first, second in pairs]),
        kappa=_kappa(pairs),
        disagreements_open=_open_disagreements(session),
        readers=_readers(rows),
    )


def _pairs(session: Session, since: datetime) -> list[tuple[str, str]]:
    first, second = aliased(Decision), aliased(Decision)
    wanted = (
        select(first.outcome, second.outcome)
        .select_from(SecondReading)
        .join(first, first.id == SecondReading.first_id)
        .join(second, second.id == SecondReading.second_id)
        .where(first.at >= since)
    )
    return [(row[0], row[1]) for row in session.execute(wanted)]


def _open_disagreements(session: Session) -> int:
    wanted = select(SecondReading.id).where(SecondReading.agreed.is_(False), SecondReading.settled_id.is_(None))
    return len(session.scalars(wanted).all())


def _readers(rows: Sequence[Decision]) -> tuple[Reader, ...]:
    found = []
    for name in sorted({row.reviewer for row in rows}):
        own = [row for row in rows if row.reviewer == name]
        found.append(Reader(name, len(own), _median(row.seconds for row in own), _followed(own)))
    return tuple(found)


def _followings(rows: Iterable[Decision]) -> list[bool]:
    return [went for row in rows if (went := follows(row.suggestion, row.outcome)) is not None]


def _followed(rows: Iterable[Decision]) -> Share:
    return _share(_followings(rows))


def _share(hits: Sequence[bool]) -> Share:
    from scipy.stats import binomtest  # here, because it takes a second, and the service must answer at once

    if not hits:
        return Share(0, 0, None, None)
    interval = binomtest(sum(hits), len(hits)).proportion_ci(0.95, method="exact")
    bounds = (round(float(interval.low), 4), round(float(interval.high), 4))
    return Share(sum(hits), len(hits), round(sum(hits) / len(hits), 4), bounds)


def _kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    from sklearn.metrics import cohen_kappa_score  # here, as above

    seen = {outcome for pair in pairs for outcome in pair}
    if len(pairs) < 2 or len(seen) < 2:
        return None
    return round(float(cohen_kappa_score([a for a, _ in pairs], [b for _, b in pairs])), 4)


def _difference(one: Share, other: Share) -> float | None:
    return None if one.share is None or other.share is None else round(one.share - other.share, 4)


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 1) if known else None
