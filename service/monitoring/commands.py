"""The commands ``drift`` and ``alarm``. What they do is imported when they run."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

if TYPE_CHECKING:
    from service.monitoring.days import Window
    from service.monitoring.drift import Drift
    from service.settings import Settings

_ALARMED: Final = 3
_MOST_FAULTS: Final = 20
_FROM_FILE: Final = (
    "JSON Lines in the order of review: id, the four labels, decision; model and provenance where known."
)

Form = Annotated[Literal["text", "json"], typer.Option("--format", help="For people, or for programs.")]
Models = Annotated[
    Path, typer.Option("--models", envvar="SIGNPOST_MODELS", help="The folder of trained models, or one model.")
]


def add_to(app: typer.Typer, read_settings: Callable[[], "Settings"]) -> None:
    """Add the commands to the command line."""

    @app.command()
    def drift(
        begin: Annotated[datetime | None, _day("--from", "The first day (UTC); open otherwise.")] = None,
        end: Annotated[datetime | None, _day("--to", "The last day; open otherwise.")] = None,
        reference_begin: Annotated[
            datetime | None, _day("--reference-from", "Compare with days of the service, not with training.")
        ] = None,
        reference_end: Annotated[datetime | None, _day("--reference-to", "The last of those days.")] = None,
        models: Models = Path("var/models"),
        form: Form = "text",
    ) -> None:
        """Say whether calls are still like those trained on."""
        from service.monitoring.days import window
        from service.monitoring.drift import as_dict, compare, read_rules, reference_of

        settings = read_settings()
        manifest = _manifest(models, settings)
        version = str(manifest["version"])
        days = window(settings.profiles, version, _date(begin), _date(end))
        if reference_begin or reference_end:
            reference = window(settings.profiles, version, _date(reference_begin), _date(reference_end)).profile
        else:
            reference = reference_of(manifest)
        found = compare(reference, days.profile, read_rules())
        if form == "json":
            _print_json(
                {"model": version, "days": days.days, "by_other_models": days.by_other_models, **as_dict(found)}
            )
        else:
            _print_drift(found, days)

    @app.command()
    def alarm(
        source: Annotated[Path | None, typer.Argument(metavar="[OUTCOMES]", help=_FROM_FILE)] = None,
        models: Models = Path("var/models"),
        form: Form = "text",
    ) -> None:
        """Hold reviewed calls against the guarantee.

        Only calls that were chosen for review without regard to the answer may be given. Calls that were given before
        count once. Without OUTCOMES it says how things stand.

        Exit status: 0 no alarm, 3 the alarm is on.
        """
        from dataclasses import asdict

        from service.monitoring.alarm import Alarm
        from service.monitoring.outcomes import read

        settings = read_settings()
        version = str(_manifest(models, settings)["version"])
        watch = Alarm(models, serving=lambda: version, bar=settings.unsafe_bar, level=settings.alarm_level)
        given = read(source) if source else None
        standing = watch.watch_all(given.outcomes if given else ())
        if form == "json":
            rows = {"rows": len(given.outcomes), "not_blind": given.chosen, "faults": given.faults} if given else {}
            _print_json({**asdict(standing), **rows})
        else:
            typer.echo(standing.words)
        if given and given.chosen:
            typer.echo(f"Left out: {given.chosen:,} rows that were not chosen blind.", err=True)
        for fault in given.faults[:_MOST_FAULTS] if given else ():
            typer.echo(f"Left out: {fault}.", err=True)
        if given and len(given.faults) > _MOST_FAULTS:
            typer.echo(f"Left out: {len(given.faults) - _MOST_FAULTS:,} more.", err=True)
        if standing.alarmed:
            raise typer.Exit(_ALARMED)


def _day(option: str, words: str) -> Any:
    return typer.Option(option, formats=["%Y-%m-%d"], help=words)


def _date(day: datetime | None) -> date | None:
    return day.date() if day else None


def _manifest(models: Path, settings: "Settings") -> dict[str, Any]:
    from model.artefact import current, read_manifest

    key = settings.signing_key
    return read_manifest(current(models), key.get_secret_value() if key else None)


def _print_json(value: dict[str, Any]) -> None:
    import orjson

    typer.echo(orjson.dumps(value).decode())


def _print_drift(found: "Drift", days: "Window") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(soft_wrap=True)
    console.print(found.words, highlight=False)
    console.print(
        f"{found.window_narratives:,} calls of {days.days} days, {found.reference_narratives:,} of the reference.",
        highlight=False,
    )
    if days.by_other_models:
        console.print(f"Left out: {days.by_other_models:,} calls that other models scored.", highlight=False)
    if days.unreadable:
        console.print(f"Left out: {days.unreadable:,} files that could not be read.", highlight=False)
    shown = [d for d in found.differences if d.size != "none"]
    if not shown:
        return
    table = Table("statistic", "index", "corrected p", "difference")
    for d in shown:
        table.add_row(d.statistic, f"{d.index:.3f}", f"{d.corrected:.4f}", d.size)
    Console().print(table)
