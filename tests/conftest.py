"""What all tests share: one small trained model, made once a run, and a browser with axe."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from filelock import FileLock
from playwright.sync_api import Browser, Page, sync_playwright

from model.artefact import load, make_current, save
from model.scorer import Scorer
from training.corpus import NARRATIVES, read_corpus
from training.fitting import fit, label_matrix
from training.shipping import judge, profile_of
from training.splits import read_splits
from training.thresholds import provisional

CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with one model, trained on four writers and calibrated on two."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    registry = shared / "small-model"
    with FileLock(f"{registry}.lock"):
        if not (registry / "current").exists():
            _train(registry)
    return registry


def _train(registry: Path) -> None:
    rows, splits = read_corpus([NARRATIVES]), read_splits()
    four = sorted(splits.training)[:4]
    two = sorted(splits.calibration)[:2]
    training = [row for row in rows if row.author in four]
    calibration = [row for row in rows if row.author in two]
    classifier = fit(training, calibration)
    labels = label_matrix(calibration)
    composed = judge(classifier, [row.text for row in calibration]).composed
    police = labels[:, 1:].any(axis=1)
    # Too few rows for the real bar; a lax one, so that tests see flags.
    thresholds = provisional(composed, labels[:, 0] & ~police, police, bar=0.1)
    save(
        classifier,
        thresholds,
        registry / "small",
        data={"sha256": "tests", "training_rows": len(training)},
        figures={},
        created="2026-01-01T00:00:00Z",
        profile=profile_of(classifier, thresholds, [row.text for row in calibration]),
    )
    make_current(registry, "small")


@pytest.fixture(scope="session")
def scorer(small_model: Path) -> Scorer:
    """The small model, loaded."""
    return load(small_model)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium, where there is one."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("no Chromium found: install one, or name it in $CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def violations() -> Callable[[Page], list[str]]:
    """What axe finds wrong with a page, by rule and place."""

    def run(page: Page) -> list[str]:
        found = Axe().run(page).response["violations"]
        return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]

    return run
