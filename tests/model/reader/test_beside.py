"""Two scores become one, and strong disagreement is a person's affair."""

from dataclasses import replace

import numpy as np

from model.reader.beside import Combination, strongly

RNG = np.random.default_rng(0)
TARGETS = RNG.random((2000, 5)) < 0.4
SIGNS = np.where(TARGETS, 1.0, -1.0)
LEXICAL = SIGNS + RNG.normal(0, 1.5, TARGETS.shape)
READING = SIGNS + RNG.normal(0, 1.0, TARGETS.shape)


def right(logits: np.ndarray) -> float:
    return float(((logits > 0) == TARGETS).mean())


def test_together_they_know_more_than_either() -> None:
    both = Combination.fit(LEXICAL, READING, TARGETS).logits(LEXICAL, READING)
    assert right(both) > max(right(LEXICAL), right(READING)) + 0.02


def test_a_reader_that_knows_nothing_counts_next_to_nothing() -> None:
    noise = RNG.normal(0, 1, TARGETS.shape)
    assert np.abs(Combination.fit(LEXICAL, noise, TARGETS).shares).max() < 0.15


def test_a_reader_that_is_always_wrong_is_not_turned_round() -> None:
    assert (Combination.fit(LEXICAL, -READING, TARGETS).shares == 0).all()


def test_only_strong_disagreement_is_a_doubt() -> None:
    both = Combination.fit(LEXICAL, READING, TARGETS)
    apart = both.apart(LEXICAL, READING)
    bounded = replace(both, most_apart=strongly(apart))
    doubts = [bounded.doubt(float(a)) for a in apart]
    assert {d.code for d in doubts if d} == {"readers-disagree"}
    assert 0 < sum(d is not None for d in doubts) <= 0.03 * len(doubts)
    assert all(bounded.doubt(float(a)) is None for a in apart[apart <= bounded.most_apart])


def test_the_same_from_both_is_no_disagreement() -> None:
    both = Combination.fit(LEXICAL, LEXICAL + 1e-9, TARGETS)
    assert both.apart(LEXICAL, LEXICAL).max() < 1e-6
