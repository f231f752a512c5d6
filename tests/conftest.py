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
from model.reader.encoder import Reader
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


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised encoder in the folder that a pretrained one would have."""
    torch = pytest.importorskip("torch", reason="needs the extra `reader-train`")
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny") / "model"
    words = sorted({w for row in read_corpus([NARRATIVES])[:200] for w in row.text.lower().split() if w.isalpha()})
    letters = [form for c in "abcdefghijklmnopqrstuvwxyz0123456789.,;?!:" for form in (c, f"##{c}")]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {w: i for i, w in enumerate(dict.fromkeys([*special, *letters, *words]))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="session")
def tiny_reader(tiny_base: Path) -> Reader:
    """The tiny encoder as it is served, untuned."""
    from training.reader.export import exported
    from training.reader.network import pretrained

    return exported(pretrained(tiny_base), tiny_base / "tokenizer.json")
