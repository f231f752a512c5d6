"""The papers: every fact from the report, nothing of a narrative, readable by anybody, complete but for the force."""

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page
from typer.testing import CliRunner

import signpost
from model.artefact import current, read_manifest
from model.errors import DataError
from model.scorer import Scorer
from service.settings import Settings
from training.answers import answers
from training.contest import Contest, Judges, contest, strata_of
from training.corpus import NARRATIVES, read_corpus
from training.gate import judge
from training.papers import shipped
from training.papers.findings import findings
from training.papers.pages import page
from training.papers.writing import COVENANT, FORCE, HANDLING, PAPERS, plain, read_force, write_papers
from training.parts import Part, Parts
from training.splits import read_splits
from training.trials import score_texts

ROOT = Path(__file__).parents[2]
QUESTIONS = (
    "Is it safer than before?",
    "For whom is it worse?",
    "What was it trained on?",
    "What may it not be used for?",
)


@pytest.fixture(scope="module")
def parts() -> Parts:
    """Some held-out rows of the corpus, half of which are said to be a force's own."""
    rows, splits = read_corpus([NARRATIVES]), read_splits()
    held, training = Part(), Part()
    training.extend(splits.of(rows, "training")[:50])
    held.extend(splits.of(rows, "test")[::7][:100])
    held.own[:] = [n % 2 == 0 for n in range(100)]
    return Parts(training, training, held, ["Words about parts."])


@pytest.fixture(scope="module")
def contested(scorer: Scorer, parts: Parts, short_suites: None) -> Contest:
    held = parts.held
    return contest(scorer, scorer, Judges(held.rows, held.groups, strata_of(held.rows, held.own)))


@pytest.fixture(scope="module")
def report(scorer: Scorer, parts: Parts, contested: Contest) -> dict[str, Any]:
    held = parts.held
    found = findings(
        held.rows, held.groups, held.own, score_texts(scorer, [r.text for r in held.rows]), contested.swaps
    )
    outcome = judge(contested.comparisons)
    report = {
        "created": "2026-03-03T00:00:00Z",
        "seed": 0,
        "answers": answers(outcome, contested.comparisons, parts, "2026-01-01-champion", found),
        "gate": outcome.facts(),
        "intake": {"rows": 130, "taken": 120, "set_aside": 10},
        "estimates": {"blind_rows": 3, "labelled_because_shown": 4},
        "split": {"words": ["Split <by> *time* | said."]},
        "parts": {name: getattr(parts, name).facts() for name in ("training", "calibration", "held")},
        "findings": found,
        "doubts": {"labels": 2, "rows": 2},
    }
    return orjson.loads(orjson.dumps(report, option=orjson.OPT_SERIALIZE_NUMPY))


@pytest.fixture(scope="module")
def folder(report: dict[str, Any], small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("papers")
    write_papers(report, manifest_of(small_model), into)
    return into


def manifest_of(registry: Path) -> dict[str, Any]:
    return read_manifest(current(registry))


def test_every_paper_is_there_twice_with_its_pictures_described(folder: Path) -> None:
    for name in PAPERS:
        assert (folder / f"{name}.md").is_file() and (folder / f"{name}.html").is_file()
    card = (folder / "model-card.md").read_text()
    for picture in ("slices", "reliability", "protected"):
        assert (folder / "figures" / f"{picture}.svg").read_text().startswith("<?xml")
        assert re.search(rf"!\[[^\]]{{20,}}\]\(figures/{picture}.svg\)", card)
    html = (folder / "model-card.html").read_text()
    assert html.count("data:image/svg+xml;base64,") >= 3 and "<script" not in html
    assert not re.findall(r'(?:src|href)="https?:', html)


def test_the_same_report_gives_the_same_bytes(
    report: dict[str, Any], folder: Path, small_model: Path, tmp_path: Path
) -> None:
    write_papers(report, manifest_of(small_model), tmp_path)
    for name in (*(f"{n}.html" for n in PAPERS), "figures/slices.svg"):
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()


def test_the_report_answers_the_four_questions_in_counts(folder: Path, report: dict[str, Any]) -> None:
    text = (folder / "report.md").read_text()
    assert [q for q in QUESTIONS if f"\n## {q}\n" in text] == list(QUESTIONS)
    everything = report["findings"]["all"]
    safer = text.split(QUESTIONS[0])[1].split("\n## ")[0]
    assert f"Of {everything['police']:,} held-out calls that need the police" in safer and "%" not in safer
    assert "No difference can be told from chance" in safer  # a model against itself
    assert "50 are the force's own and 50 synthetic" in safer
    assert f"{everything['found']} of {everything['only']}" in text
    assert "10 had problems and were set aside" in text


def test_no_paper_and_no_report_holds_a_narrative(folder: Path, report: dict[str, Any], parts: Parts) -> None:
    written = json.dumps(report) + "".join(p.read_text() for p in folder.rglob("*") if p.is_file())
    assert not [row.id for row in parts.held.rows if row.text[:40] in written]


def test_what_a_less_safe_model_does_is_said_with_whom_it_concerns(
    report: dict[str, Any], parts: Parts, contested: Contest
) -> None:
    worse = [
        replace(c, champion=0.0, challenger=0.1, difference=0.1, interval=(0.05, 0.2))
        if c.measure == "unsafe_flag_rate" and c.stratum in ("all", "style web")
        else c
        for c in contested.comparisons
    ]
    said = answers(judge(worse), worse, parts, "before", report["findings"])
    assert said["is_it_safer_than_before"].startswith("No, it is less safe.")
    assert any(line.startswith("Worse for web: of ") for line in said["for_whom_is_it_worse"])
    assert said["verdict"][0] == "The gate refused the new model." and len(said["verdict"]) > 1


def test_with_nothing_to_compare_it_says_that_nobody_can_say(
    report: dict[str, Any], parts: Parts, contested: Contest
) -> None:
    said = answers(None, contested.comparisons, parts, None, report["findings"])
    assert said["is_it_safer_than_before"].startswith("Nobody can say: there is no present model")
    assert any("Whether the labels are right" in line for line in said["what_is_not_known"])
    assert any("the force's own; the others are synthetic" in line for line in said["what_is_not_known"])


def test_what_the_force_must_add_is_marked_until_it_says_it(
    report: dict[str, Any], folder: Path, small_model: Path, tmp_path: Path
) -> None:
    asked = tomllib.loads(FORCE.read_text())
    written = "".join((folder / f"{name}.md").read_text() for name in PAPERS)
    for words in asked.values():
        assert f"**The force must add:** {plain(words)}" in written
    assert written.count("The force must add") == (
        "".join((folder / f"{name}.html").read_text() for name in PAPERS).count("<mark>The force must add")
    )
    (tmp_path / "force.toml").write_text('organisation = "Exampleshire <Police> | *A*"\nteam = " "\n')
    write_papers(report, manifest_of(small_model), tmp_path / "p", read_force(tmp_path / "force.toml"))
    html = (tmp_path / "p" / "transparency-record.html").read_text()
    assert "Exampleshire &lt;Police&gt; | *A*" in html and asked["organisation"] not in html
    assert asked["team"] in html
    (tmp_path / "force.toml").write_text('organization = "Exampleshire"')
    with pytest.raises(DataError, match="organization") as raised:
        read_force(tmp_path / "force.toml")
    assert raised.value.code == "force-invalid"


def test_each_principle_of_the_covenant_names_files_and_tests_that_exist() -> None:
    principles = tomllib.loads(COVENANT.read_text())["principle"]
    assert [p["name"].lower() for p in principles] == [
        "lawful", "transparent", "explainable", "responsible", "accountable", "robust",
    ]  # fmt: skip
    asked = tomllib.loads(FORCE.read_text())
    for principle in principles:
        assert principle["served"] and set(principle["force"]) <= asked.keys()
        for served in principle["served"]:
            file, _, name = served["test"].partition("::")
            assert (ROOT / served["file"]).is_file(), served
            assert f"def {name}(" in (ROOT / file).read_text(), served


def test_what_is_said_of_keeping_data_is_what_the_settings_do() -> None:
    items = tomllib.loads(HANDLING.read_text())["item"]
    assert f"{Settings.model_fields['retention_days'].default:g} days" in items[0]["long"]
    named = {name for item in items for name in re.findall(r"SIGNPOST_[A-Z_]+", " ".join(item.values()))}
    assert {name.removeprefix("SIGNPOST_").lower() for name in named} <= Settings.model_fields.keys()


def test_markdown_becomes_a_page_with_captions_scopes_and_no_markup_of_others() -> None:
    text = "Table: What <b> is\n\n| a | b |\n|---|---|\n| x/y | **The force must add:** z |\n\n`a/b_c`\n"
    html = page(text, "T", {}, [("t.html", "T", True)])
    assert '<caption id="table-0">What &lt;b&gt; is</caption>' in html
    assert '<th scope="col">a</th>' in html and '<th scope="row">x/y</th>' in html
    assert "<mark>The force must add:</mark>" in html and "<code>a/<wbr>b_<wbr>c</code>" in html
    assert 'aria-labelledby="table-0"' in html and '<html lang="en-GB">' in html


@pytest.mark.parametrize("text", ["*a* _b_ [c](d) <e> | `f` \\ # g", "1. one", "![x](y)"])
def test_what_is_put_in_is_text_and_never_marks(text: str) -> None:
    assert MarkdownIt().render(f"said: {plain(text)}").count("<") == 2  # its paragraph


def test_the_papers_of_a_model_without_a_report_are_judged_on_the_tests(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_suites: None
) -> None:
    rows = {row.id for row in read_splits().of(read_corpus([NARRATIVES]), "test")[::12]}
    monkeypatch.setattr(shipped, "read_corpus", lambda _: [r for r in read_corpus([NARRATIVES]) if r.id in rows])
    models = Path(shutil.copytree(small_model, tmp_path / "models"))
    result = CliRunner().invoke(signpost.app, ["papers", str(models), "-o", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "out/report.html" in result.output.replace("\n", "")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "No gate has judged this model" in text and "no real call" in text


@pytest.mark.parametrize("name", PAPERS)
def test_every_page_is_accessible_and_fits_a_narrow_window(
    browser: Browser, violations: Callable[[Page], list[str]], folder: Path, name: str
) -> None:
    page = browser.new_page(viewport={"width": 400, "height": 800})
    page.goto((folder / f"{name}.html").as_uri())
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.close()
