"""The two kinds of column that both databases must keep alike: points in time, and JSON."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect, String, Text, TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A point in time as text of fixed width in UTC, so that it sorts, and reads the same in every database."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To the text. A time without a zone is a mistake of ours, and refused."""
        return None if value is None else moment(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Back to a time in UTC."""
        return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """JSON as plain ASCII text, its keys in the order that they came in: the same bytes from every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """To the text."""
        return None if value is None else json.dumps(value, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Back to what it says."""
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    """The one JSON text of a value: keys in order, no blanks, plain ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def moment(at: datetime) -> str:
    """A time as it is written everywhere: ``2026-11-22T01:02:03.000004Z``."""
    if at.tzinfo is None:
        raise ValueError("a time needs its zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
