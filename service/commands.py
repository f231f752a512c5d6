"""The desk's commands: tokens, the record, backup, purge and hold. What they do is imported when they run."""

import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from service.settings import Settings
    from service.store import Store

tokens_app = typer.Typer(no_args_is_help=True, help="Create, list and revoke tokens of people and machines.")
audit_app = typer.Typer(no_args_is_help=True, help="Check and export who saw and decided what.")

Reference = Annotated[str, typer.Argument(help="The incident's reference.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where to write; standard output otherwise.")]


def add_to(app: typer.Typer) -> None:
    """Add the desk's commands to the command line."""
    app.add_typer(tokens_app, name="tokens")
    app.add_typer(audit_app, name="audit")
    commands: tuple[Callable[..., Any], ...] = (upgrade, backup, restore, purge, hold, release)
    for command in commands:
        app.command()(command)
    app.command("export-decisions")(export_decisions)


@tokens_app.command("create")
def create_token(
    role: Annotated[str, typer.Option(help="scorer, reviewer, supervisor, auditor or administrator.")],
    name: Annotated[str, typer.Option(help="Who holds it: the record says so.")],
) -> None:
    """Make a token and print it, this once."""
    from service import tokens

    with _store().writing() as session:
        token = tokens.create(session, role, name, _by(), _now())
    typer.echo("Give it to its holder over a safe way. It is not kept, and cannot be shown again:", err=True)
    typer.echo(token)


@tokens_app.command("list")
def list_tokens() -> None:
    """List the tokens: number, role, name, since when, revoked or not."""
    from service import tokens

    with _store().reading() as session:
        for token in tokens.listed(session):
            end = f"revoked {token.revoked_at:%Y-%m-%d %H:%M}Z" if token.revoked_at else "good"
            typer.echo(f"{token.id:>4}  {token.role:<13}  {token.name}  ({token.created_at:%Y-%m-%d}, {end})")


@tokens_app.command("revoke")
def revoke_token(number: Annotated[int, typer.Argument(help="Its number in the list.")]) -> None:
    """End a token, and the browser sittings that began with it."""
    from service import tokens

    with _store().writing() as session:
        revoked = tokens.revoke(session, number, _by(), _now())
    typer.echo(f"Revoked: {revoked.name}, {revoked.role}. Within five seconds every process refuses it.")


@audit_app.command("verify")
def verify_audit(
    noted: Annotated[
        str | None, typer.Option("--noted", help="How the record ended earlier (ENTRIES:HASH, as this command prints).")
    ] = None,
) -> None:
    """Read the whole record and find any change, gap or cut. Exit status 1 when it does not hold."""
    from service.record import audit

    chain = None
    if noted is not None:
        entries, _, digest = noted.partition(":")
        if not entries.isdecimal() or not digest:
            raise typer.BadParameter("Write it as it was printed: ENTRIES:HASH.", param_hint="--noted")
        chain = audit.Chain(int(entries), digest)
    with _store().reading() as session:
        found = audit.verify(session, chain)
    typer.echo(f"The record holds: {found.entries:,} entries.")
    typer.echo(f"Note this where nobody who can write the database can change it: {found}")


@audit_app.command("export")
def export_audit(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write; standard output if not.")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="Only this incident.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this person or machine did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action, such as decided.")] = None,
    since: Annotated[datetime | None, typer.Option(help="From this time on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this time (UTC).")] = None,
) -> None:
    """Write the record as JSON Lines, for disclosure. No narrative is in it."""
    from service.record import audit

    filters = audit.Filters(reference, actor, action, _utc(since), _utc(until))
    with _store().reading() as session:
        _write_lines(audit.export(session, filters), output)


def upgrade() -> None:
    """Bring the database to the newest shape, as serve does."""
    from service.store import migrate

    _store().close()
    typer.echo(f"The database has the shape {migrate.newest()}.")


def backup(file: Annotated[Path, typer.Argument(help="Where to write; an older file there is replaced.")]) -> None:
    """Write the whole database to one file, while it is in use."""
    from service.store import backup as backups

    made = backups.backup(_store(), file)
    typer.echo(f"{made.rows:,} rows. The record ended at {made.record}: note it beside the backup.")


def restore(file: Annotated[Path, typer.Argument(help="A file that `signpost backup` wrote.")]) -> None:
    """Put a backup into an empty database, and check it."""
    from service.record import audit
    from service.store import backup as backups

    restored = backups.restore(settings_of_environment().database, file)
    with _store().reading() as session:
        chain = audit.verify(session)
    typer.echo(f"{restored.rows:,} rows. The record holds: {chain}")


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many it would be.")] = False,
) -> None:
    """Remove old narratives; the facts of the record stay.

    Incidents under legal hold, and those that nobody has decided, are never purged.
    """
    from service.record import retention

    days = settings_of_environment().retention_days
    done = retention.purge(_store(), days, _by(), _now(), dry_run=dry_run)
    verb = "would lose" if dry_run else "lost"
    typer.echo(
        f"{done.purged:,} incidents unchanged for {days:g} days {verb} their narratives. "
        f"Kept: {done.held:,} under legal hold, {done.undecided:,} undecided."
    )


def hold(reference: Reference, why: Why) -> None:
    """Put an incident under legal hold: never purged."""
    from service.record import retention

    with _store().writing() as session:
        retention.hold(session, reference, why, _by(), _now())
    typer.echo("Held.")


def release(reference: Reference, why: Why) -> None:
    """End a legal hold."""
    from service.record import retention

    with _store().writing() as session:
        retention.release(session, reference, why, _by(), _now())
    typer.echo("Released.")


def export_decisions(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write; standard output if not.")
    ] = None,
    masked: Annotated[bool, typer.Option("--mask/--no-mask", help="Take out names and numbers first.")] = True,
) -> None:
    """Write reviewed incidents as labelled narratives, masked."""
    from service.desk import destinations, exports
    from service.record import audit, masking

    settings = settings_of_environment()
    listed = destinations.read_destinations(settings.destinations or destinations.DEFAULT)
    store, tally = _store(), exports.Tally()
    mask = masking.mask if masked else str
    mask("")  # what is missing is said before anything is written
    with store.reading() as session:
        rows = exports.export(session, listed, mask, tally)
        _write_lines((row.model_dump_json(by_alias=True) for row in rows), output)
    with store.writing() as session:
        audit.append(session, _by(), "exported", None, _now(), {"incidents": tally.exported, "masked": masked})
    typer.echo(
        f"{tally.exported:,} exported. Left out: {tally.unlabelled:,} whose decisions do not say all four factors, "
        f"{tally.purged:,} purged, {tally.too_long:,} too long.",
        err=True,
    )


def settings_of_environment() -> "Settings":
    """The settings, or the names of those that are wrong."""
    from pydantic import ValidationError

    from service.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        # By name only: a value may be a secret.
        faults = "; ".join(
            f"SIGNPOST_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False)
        )
        raise typer.BadParameter(f"The settings in the environment are wrong. {faults}") from None


def _store() -> "Store":
    from service.store import open_store

    return open_store(settings_of_environment().database)


def _write_lines(lines: Any, output: Path | None) -> None:
    if output is None:
        for line in lines:
            sys.stdout.write(line + "\n")
        return
    from model.scoring import whole_file

    with whole_file(output) as file:
        for line in lines:
            file.write(line.encode() + b"\n")


def _utc(given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given is not None else None


def _by() -> str:
    try:
        return f"command line ({getpass.getuser()})"
    except (OSError, KeyError):  # no name for this user id, as in some containers
        return "command line"


def _now() -> datetime:
    return datetime.now(UTC)
