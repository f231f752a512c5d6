"""All papers of a model, from its report: Markdown from templates, a page of HTML from each, the pictures beside."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from model.errors import DataError
from training.answers import counted, spread
from training.gate import read_rules
from training.papers.pages import MUST_ADD, page
from training.papers.pictures import pictures

PAPERS: Final = {
    "report": "Report: what this model is worth",
    "model-card": "Model card",
    "transparency-record": "Algorithmic transparency record",
    "covenant": "The Covenant for Using AI in Policing",
    "impact-assessments": "Figures for the impact assessments",
}
_HERE: Final = Path(__file__).parent
FORCE: Final = _HERE / "force.toml"
COVENANT: Final = _HERE / "covenant.toml"
HANDLING: Final = _HERE / "handling.toml"
_OF_OTHERS: Final = ("flag_precision", "contradicted_rows")
"""Measures of which the present model's figure is a share of other rows, whose number is not kept."""
_MARKS: Final = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"})


class Markdown(str):
    """Text whose marks are meant."""


def read_force(path: Path | None = None) -> dict[str, str]:
    """What a force says of itself; only the names that ``force.toml`` has.

    Raises:
        DataError: ``file-missing``, ``file-unreadable``, or ``force-invalid`` naming the entry.
    """
    if path is None:
        return {}
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError("file-missing", f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError("file-unreadable", f"{path} cannot be read: {error}") from None
    known = _toml(FORCE)
    for name, value in given.items():
        if name not in known or not isinstance(value, str):
            raise DataError(
                "force-invalid", f"{path}: {name!r} must be text under one of the names {', '.join(known)}."
            )
    return {name: value.strip() for name, value in given.items() if value.strip()}


def write_papers(
    report: Mapping[str, Any], manifest: Mapping[str, Any], folder: Path, force: Mapping[str, str] | None = None
) -> list[Path]:
    """Write every paper, as Markdown and as HTML, with its pictures.

    Args:
        report: of a retraining, or as ``training.papers.shipped`` makes one.
        manifest: of the model.
        folder: made where it is missing; what stands there under the same names is replaced.
        force: as ``read_force``.

    Returns:
        The HTML files, the report first.
    """
    drawn = pictures(report["findings"])
    svgs = {f"figures/{name}.svg": picture.svg() for name, picture in drawn.items()}
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for name, svg in svgs.items():
        (folder / name).write_text(svg, encoding="utf-8")
    templates = _templates(force or {}, {name: picture.alt for name, picture in drawn.items()})
    written = []
    for name, title in PAPERS.items():
        text = templates.get_template(f"{name}.md.jinja").render(
            title=title, report=report, findings=report["findings"], manifest=manifest,
            covenant=_toml(COVENANT)["principle"], handling=_toml(HANDLING)["item"],
        )  # fmt: skip
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
        links = [(f"{other}.html", words, other == name) for other, words in PAPERS.items()]
        written.append(folder / f"{name}.html")
        written[-1].write_text(page(text, title, svgs, links), encoding="utf-8")
    return written


def _templates(force: Mapping[str, str], alts: Mapping[str, str]) -> Environment:
    asked = _toml(FORCE)

    def said(name: str) -> Markdown:
        return plain(force[name]) if name in force else Markdown(f"**{MUST_ADD}:** {plain(asked[name])}")

    def picture(name: str) -> Markdown:
        return Markdown(f"![{plain(alts[name])}](figures/{name}.svg)" if name in alts else "")

    templates = Environment(  # Markdown: `plain` escapes what is put in
        loader=FileSystemLoader(_HERE / "templates"), autoescape=False, undefined=StrictUndefined,  # noqa: S701
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, finalize=plain,
    )  # fmt: skip
    templates.globals |= {
        "counted": counted, "spread": spread, "must_add": said, "picture": picture, "figure": _figure,
        "broken": Markdown("**broken**"), "rules": {rule.name: rule for rule in read_rules()},
    }  # fmt: skip
    templates.filters |= {"number": lambda value: f"{value:,}", "code": lambda value: Markdown(f"`{value}`")}
    return templates


def plain(value: Any) -> Markdown:
    """A value in which no character is Markdown; what is missing is said to be."""
    if isinstance(value, Markdown):
        return value
    return Markdown("not known" if value is None else str(value).translate(_MARKS))


def _figure(compared: Mapping[str, Any], unit: str, whose: str) -> str:
    """A compared figure for a reader: shares as counts, where it is known of how many."""
    value, of = compared[whose], compared["of"]
    if value is None:
        return "–"
    if unit == "share" and (whose == "challenger" or compared["measure"] not in _OF_OTHERS):
        return counted(round(value * of), of)
    return {"number": f"{value:.3f}", "time": f"{value:.2f} s"}.get(unit, f"{100 * value:.1f} in 100")


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
