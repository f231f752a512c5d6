"""The command line. Each command imports the folder that owns its work when it runs, so that ``--help`` is quick."""

import gc
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Final, Literal

import typer

from service import commands
from service.commands import settings_of_environment
from service.monitoring import commands as monitoring

if TYPE_CHECKING:
    from model.tables import Columns
    from service.settings import Settings

_USAGE_CODES: Final = frozenset(
    {"column-missing", "format-unknown", "output-inside", "mapping-invalid", "force-invalid"}
)
_SOME_ROWS_FAILED: Final = 3
_REFUSED_BY_THE_GATE: Final = 4

app = typer.Typer(
    help="Flags control-room narratives that look like mental-health-only demand, for a person to review.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Models = Annotated[
    Path, typer.Option("--models", envvar="SIGNPOST_MODELS", help="The folder of trained models, or one model.")
]

Force = Annotated[
    Path | None, typer.Option("--force", help="A TOML file with what only the force can say (see docs/retraining.md).")
]


@app.command()
def score(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A .csv, .xlsx (first sheet), .jsonl or .parquet file, a folder of them, or - for JSON Lines on "
            "standard input.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write; standard output otherwise. For a folder, a folder."),
    ] = None,
    text_column: Annotated[str, typer.Option(help="The column that holds the narratives.")] = "text",
    id_column: Annotated[
        str | None,
        typer.Option(
            show_default="id",
            help="The column with each row's id, which is given back as it came. Where there is no column named id, "
            "a row's id is its number, from 1.",
        ),
    ] = None,
    form: Annotated[
        Literal["jsonl", "csv", "parquet"],
        typer.Option("--format", help="One JSON object a line, or a flat table (parquet: ids as strings)."),
    ] = "jsonl",
    cluster: Annotated[
        str | None, typer.Option(help="For a folder: the Dask scheduler to work on, such as tcp://host:8786.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, show_default="all", help="For a folder: how many cores of this machine.")
    ] = None,
    part_rows: Annotated[int, typer.Option(min=1, help="For a folder: rows of a part.")] = 10_000,
    models: Models = Path("var/models"),
) -> None:
    """Score a file of narratives in order, or a folder.

    A row that cannot be scored gets an error in its place. A folder is scored in parts, on all cores or on a cluster;
    when it stops half way, the same command goes on where it stopped.

    Exit status: 0 all scored, 3 some rows have errors, 2 wrong usage, 1 anything else.
    """
    from model.artefact import load
    from model.scoring import score_rows, whole_file, writing
    from model.tables import Columns, open_table

    if source != "-" and Path(source).is_dir():
        _score_folder(Path(source), output, Columns(text_column, id_column), form, cluster, jobs, part_rows, models)
        return
    if cluster is not None or jobs is not None:
        raise typer.BadParameter("--cluster and --jobs are for a folder of files.")
    _check_output(source, output, form)
    rows = failed = 0
    with _quiet_when_nobody_reads(), ExitStack() as stack:
        given = stack.enter_context(open(0, "rb", closefd=False)) if source == "-" else Path(source)
        table = stack.enter_context(open_table(given, Columns(text_column, id_column)))
        settings = settings_of_environment()
        scorer = load(models, _signing_key(settings), settings.policy, settings.prevalence)
        stream: IO[bytes] = stack.enter_context(whole_file(output)) if output else sys.stdout.buffer
        write = stack.enter_context(writing(stream, form))
        quiet = output is None and sys.stdout.isatty()
        advance = stack.enter_context(_progress(quiet))
        for results in score_rows(table.rows, scorer):
            write(results)
            rows += len(results)
            failed += sum("error" in result for result in results)
            advance(rows, table.total, table.done())
    _say_failed(failed, rows)


@app.command()
def train(
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Only when the current model does not match code, data and lock.")
    ] = False,
    reader: Annotated[
        bool, typer.Option("--reader", help="Tune a reader beside it (many minutes; needs the extra reader-train).")
    ] = False,
    pool: Annotated[
        Path | None, typer.Option(help="Narratives judged by a model with a reader, to train on as well.")
    ] = None,
    models: Models = Path("var/models"),
) -> None:
    """Train the shipped model from data/ and make it current."""
    from model.artefact import read_manifest
    from training import shipping

    key = _signing_key(settings_of_environment())
    if if_needed and shipping.is_current(models, key):
        typer.echo(f"The model in {models} matches code, data and lock: nothing to train.")
        return
    with _steps() as tell:
        folder = shipping.train(models, key, tell, reader, pool)
    manifest = read_manifest(folder, key)
    typer.echo(f"Saved {folder}, version {manifest['version']}.")
    typer.echo(manifest["thresholds"]["guarantee"])


@app.command()
def retrain(
    data: Annotated[
        list[Path],
        typer.Option("--data", help="Labelled narratives: a .jsonl, .csv, .xlsx or .parquet file, or a folder."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the model, the report and the lists.")],
    mapping: Annotated[Path | None, typer.Option(help="A TOML file that says which column is which.")] = None,
    pool: Annotated[
        list[Path] | None, typer.Option(help="Narratives nobody has labelled, to choose the next ones from.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed, data and machine make the same model.")] = 0,
    corpus: Annotated[
        bool, typer.Option("--with-corpus/--no-corpus", help="Train on the synthetic corpus of data/ as well.")
    ] = True,
    search: Annotated[
        bool,
        typer.Option("--search/--no-search", help="Search the stated space, or take fixed hyperparameters."),
    ] = True,
    jobs: Annotated[int, typer.Option(help="Processes of the search; -1 is one a core.")] = -1,
    cluster: Annotated[
        str | None, typer.Option(help="Search on the Dask scheduler at this address, such as tcp://host:8786.")
    ] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Make the model current if the gate passes it.")] = False,
    force: Force = None,
    reader: Annotated[
        bool, typer.Option("--reader", help="Tune a reader beside it (many minutes; needs the extra reader-train).")
    ] = False,
    models: Models = Path("var/models"),
) -> None:
    """Train on a force's own labelled calls, and compare.

    Exit status: 0 trained, and the gate passed it; 4 the gate refused it; 2 wrong usage; 1 anything else.
    """
    from rich.console import Console

    from training.faults import fault_table
    from training.retrain import Request, Watcher
    from training.retrain import retrain as run

    errors = Console(stderr=True)
    request = Request(
        data,
        output,
        mapping,
        pool or (),
        models,
        seed,
        corpus,
        search,
        jobs,
        cluster,
        promote,
        _signing_key(settings_of_environment()),
        force,
        reader,
    )
    with _steps() as tell:
        step = tell or (lambda _: None)
        watcher = Watcher(
            step=step,
            folds=lambda done, of: step(f"searching: {done} of {of} folds"),
            faults=lambda faults: errors.print(fault_table(faults)),
        )
        done = run(request, watcher)
    said = done.report["answers"]
    for question, answer in said.items():
        typer.echo(f"{question.replace('_', ' ').capitalize()}:")
        for line in [answer] if isinstance(answer, str) else answer:
            typer.echo(f"  {line}")
    typer.echo(f"Saved {done.artefact}; every finding is in {output / 'report.json'}.")
    typer.echo(f"For people: {output / 'papers' / 'report.html'}")
    if done.outcome.verdict == "refused":
        raise typer.Exit(_REFUSED_BY_THE_GATE)
    if promote:
        typer.echo("Promoted: it is the current model now. `signpost models rollback` undoes that.")


@app.command()
def papers(
    models: Annotated[
        Path, typer.Argument(metavar="[MODEL]", help="A model, a folder of models, or what a retraining wrote.")
    ] = Path("var/models"),
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the papers.")] = Path("var/papers"),
    force: Force = None,
) -> None:
    """Write a model's papers: report, model card, transparency record.

    Also the Covenant's table and the figures for the impact assessments; each in Markdown and HTML. A retrained model
    carries its report; any other is judged on the synthetic tests first, which takes a minute.
    """
    from training.papers.shipped import report_of
    from training.papers.writing import read_force, write_papers

    said = read_force(force)
    with _steps() as tell:
        if tell:
            tell("judging, where there is no report yet")
        report, manifest = report_of(models, _signing_key(settings_of_environment()))
        written = write_papers(report, manifest, output, said)
    for path in written:
        typer.echo(path)


@app.command()
def serve() -> None:
    """Serve the page and the HTTP interface."""
    # What the start imports and builds stays for good: looking through it again and again for what may go took a sixth
    # of the start. `service.serve` turns it on again when all is ready.
    gc.disable()
    from service.serve import run

    raise typer.Exit(run(settings_of_environment()))


Why = Annotated[str, typer.Option("--why", help="The reason, for the record.")]

registry = typer.Typer(help="List the trained models, promote one, or roll back.", no_args_is_help=True)
app.add_typer(registry, name="models")


@registry.command("list")
def list_models(models: Models = Path("var/models")) -> None:
    """Every model of the registry, the current one marked, with what the gate said of it."""
    from rich.console import Console

    from training import promotion

    Console().print(promotion.models_table(promotion.models(models, _signing_key(settings_of_environment()))))


@registry.command("promote")
def promote_model(
    name: Annotated[str, typer.Argument(help="A model's name in the registry, or the folder of a retraining.")],
    why: Annotated[str, typer.Option(help="The reason, for the record.")] = "",
    against_the_gate: Annotated[
        bool, typer.Option("--against-the-gate", help="Although the gate refused it; needs --why.")
    ] = False,
    models: Models = Path("var/models"),
) -> None:
    """Make a model current, at once and for every process that serves this registry."""
    from training import promotion

    if against_the_gate and not why:
        raise typer.BadParameter("Say why, for the record.", param_hint="--why")
    promoted = promotion.promote(models, name, _signing_key(settings_of_environment()), why, against_the_gate)
    typer.echo(f"{promoted} is the current model. `signpost models rollback` goes back to the one before.")


@registry.command("rollback")
def roll_back(
    why: Annotated[str, typer.Option(help="The reason, for the record.")] = "", models: Models = Path("var/models")
) -> None:
    """Make the model current that was so before the present one."""
    from training import promotion

    typer.echo(
        f"{promotion.rollback(models, _signing_key(settings_of_environment()), why)} is the current model again."
    )


@app.command()
def pause(why: Why, models: Models = Path("var/models")) -> None:
    """Switch flagging off: every answer becomes review."""
    from model.pause import PauseSwitch

    state = PauseSwitch(models).pause(why)
    typer.echo(
        f"Paused since {state.since} by {state.by}: {state.why}. Every answer is review. "
        "`signpost resume --why …` ends it."
    )


@app.command()
def resume(why: Why, models: Models = Path("var/models")) -> None:
    """Switch flagging on again."""
    from model.pause import PauseSwitch

    engaged = PauseSwitch(models).resume(why)
    typer.echo("Resumed: flagging is on again." if engaged else "It was not paused.")


monitoring.add_to(app, settings_of_environment)
commands.add_to(app)


def main() -> int:
    """Run the command line: the console script's way in. An error of ours is one plain sentence."""
    try:
        app(prog_name="signpost")
    except Exception as error:
        from model.errors import SignpostError  # here, because it brings the whole model with it

        if isinstance(error, SignpostError):
            return _say(error.detail, error.code, 2 if error.code in _USAGE_CODES else 1)
        if isinstance(error, OSError) and error.strerror:
            return _say(f"{error.filename or 'Reading or writing'}: {error.strerror}.", "system-error", 1)
        # The message may hold a narrative; where it happened is what a report needs.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        return _say(f"Signpost failed ({type(error).__name__} in {where}). Please report it.", "internal-error", 1)
    return 0


def _say(detail: str, code: str, status: int) -> int:
    typer.echo(f"Error: {detail} [{code}]", err=True)
    return status


@contextmanager
def _quiet_when_nobody_reads() -> Iterator[None]:
    """End without a word when whoever read our output has gone (``| head``)."""
    try:
        yield
    except BrokenPipeError:
        # What is still buffered must go somewhere, or Python complains when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None


def _check_output(source: str, output: Path | None, form: str) -> None:
    if output is None:
        if form == "parquet" and sys.stdout.isatty():
            raise typer.BadParameter("A Parquet file is not for a terminal: name a file with -o.")
        return
    if output.is_dir():
        raise typer.BadParameter(f"{output} is a folder.", param_hint="-o")
    if not output.parent.is_dir():
        raise typer.BadParameter(f"There is no folder {output.parent}.", param_hint="-o")
    if source != "-" and output.exists() and Path(source).exists() and output.samefile(source):
        raise typer.BadParameter("The output would replace the input. Name another file.", param_hint="-o")


def _signing_key(settings: "Settings") -> str | None:
    return settings.signing_key.get_secret_value() if settings.signing_key else None


def _say_failed(failed: int, rows: int) -> None:
    if failed:
        typer.echo(f"{failed:,} of {rows:,} rows could not be scored; each has its error in its place.", err=True)
        raise typer.Exit(_SOME_ROWS_FAILED)


def _score_folder(
    folder: Path,
    output: Path | None,
    columns: "Columns",
    form: Literal["jsonl", "csv", "parquet"],
    cluster: str | None,
    jobs: int | None,
    part_rows: int,
    models: Path,
) -> None:
    from model.artefact import load
    from model.bulk.folder import score_folder

    if output is None or output.is_file():
        raise typer.BadParameter("A folder is scored into a folder: name one.", param_hint="-o")
    settings = settings_of_environment()
    scorer = load(models, _signing_key(settings), settings.policy, settings.prevalence)
    with _progress() as advance:
        done = score_folder(
            folder, output, scorer, models, columns, form,
            cluster=cluster, jobs=jobs, part_rows=part_rows, advance=advance,
        )  # fmt: skip
    if done.earlier:
        typer.echo(f"{done.earlier:,} of {done.rows:,} rows were finished already.", err=True)
    if done.ignored:
        typer.echo(f"Passed over: {done.ignored:,} files that are no tables.", err=True)
    for name, error in sorted(done.faults.items()):
        typer.echo(f"Error: {name}: {error.detail} [{error.code}]", err=True)
    if done.faults:
        raise typer.Exit(1)
    _say_failed(done.errors, done.rows)


@contextmanager
def _progress(quiet: bool = False) -> Iterator[Callable[..., None]]:
    """A bar on standard error if that is a terminal, told rows done, the whole, and how much of the whole is done where
    the whole is not in rows."""
    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TextColumn("{task.fields[speed_in_rows]:,.0f} rows/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("scoring", total=None, rows=0, speed_in_rows=0.0)

        def advance(rows: int, total: int | None, done: int | None = None) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            speed = rows / elapsed if elapsed else 0.0
            bar.update(task, total=total, completed=rows if done is None else done, rows=rows, speed_in_rows=speed)

        yield advance


@contextmanager
def _steps() -> Iterator[Callable[[str], None] | None]:
    """A moving bar with the step that is under way, on standard error if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("Training"), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda step: bar.update(task, description=step)


if __name__ == "__main__":
    sys.exit(main())
