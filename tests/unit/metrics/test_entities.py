"""Metrics of entities equal nervaluate's, and tags of every common kind are read."""

from __future__ import annotations

import numpy as np
import pytest
from nervaluate import Evaluator
from nervaluate.loaders import ListLoader

from core.metrics import DEFINITIONS
from core.metrics.entities import Span, entity_metrics, kind_of, spans_of_tags

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")
SCHEMES = {"entity_f1": "strict", "entity_f1_type": "ent_type", "entity_f1_exact": "exact", "entity_f1_partial": "partial"}


def random_tags(rng: np.random.Generator, rows: int) -> list[list[str]]:
    return [[str(tag) for tag in rng.choice(LABELS, rng.integers(1, 15), p=[0.4, *[0.1] * 6])] for _ in range(rows)]


def as_predicted(tags: list[list[str]]) -> list[list[Span]]:
    return [spans_of_tags(row) for row in tags]


def test_tags_are_read_as_nervaluate_reads_them() -> None:
    tags = random_tags(np.random.default_rng(1), 300)
    theirs = ListLoader().load(tags)
    for ours, row in zip(map(spans_of_tags, tags), theirs, strict=True):
        assert [(span.kind, span.first - 1, span.last - 1) for span in ours] == [(each.label, each.start, each.end) for each in row]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        (["B-PER", "B-PER", "I-PER", "O"], [("PER", 1, 1), ("PER", 2, 3)]),
        (["O", "I-LOC", "I-PER"], [("LOC", 2, 2), ("PER", 3, 3)]),
        (["S-PER", "S-PER", "B-LOC", "E-LOC", "I-LOC"], [("PER", 1, 1), ("PER", 2, 2), ("LOC", 3, 4), ("LOC", 5, 5)]),
        (["U-PER", "B-LOC", "I-LOC", "L-LOC"], [("PER", 1, 1), ("LOC", 2, 4)]),
        (["PER", "PER", "LOC", "O", ""], [("PER", 1, 2), ("LOC", 3, 3)]),
        (["B-creative-work", "I-creative-work"], [("creative-work", 1, 2)]),
        ([], []),
    ],
)
def test_every_common_kind_of_tags(tags: list[str], spans: list[tuple[str, int, int]]) -> None:
    assert spans_of_tags(tags) == spans


def test_a_tag_names_its_type() -> None:
    assert [kind_of(tag) for tag in ("B-PER", "O", "", "NOUN", "X-1", "B-")] == ["PER", "", "", "NOUN", "X-1", "B-"]


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_nervaluate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = random_tags(rng, 120)
    guessed = [[str(rng.choice(LABELS)) if rng.random() < 0.3 else tag for tag in row] for row in truth]
    ours, unmatched = entity_metrics(truth, as_predicted(guessed), [len(row) for row in truth], LABELS)
    theirs = Evaluator(truth, guessed, ["PER", "LOC", "ORG"], loader="list").evaluate()
    assert unmatched == {}
    for name, scheme in SCHEMES.items():
        assert ours["metrics"][name]["value"] == pytest.approx(theirs["overall"][scheme].f1, abs=1e-12)
    assert ours["metrics"]["entity_precision"]["value"] == pytest.approx(theirs["overall"]["strict"].precision)
    assert ours["metrics"]["entity_recall"]["value"] == pytest.approx(theirs["overall"]["strict"].recall)
    per_kind = {kind: results["strict"] for kind, results in theirs["entities"].items()}
    for kind, figures in ours["per_class"].items():
        expected = per_kind[kind]
        assert (figures["precision"], figures["recall"], figures["f1"]) == pytest.approx((expected.precision, expected.recall, expected.f1))
        assert (figures["predicted"], figures["support"]) == (expected.actual, expected.possible)
    assert ours["metrics"]["entity_f1_macro"]["value"] == pytest.approx(np.mean([each.f1 for each in per_kind.values()]))


def test_intervals_hold_the_value_and_come_again_with_the_seed() -> None:
    truth = random_tags(np.random.default_rng(3), 200)
    guessed = as_predicted(truth[:150] + random_tags(np.random.default_rng(4), 50))
    words = [len(row) for row in truth]
    one, two = (entity_metrics(truth, guessed, words, LABELS, seed=5)[0]["metrics"] for _ in range(2))
    assert one == two
    for name, figure in one.items():
        assert figure["low"] < figure["value"] < figure["high"] and figure["n"] == 200
        assert figure["high"] - figure["low"] < 0.25
        assert DEFINITIONS[name].better == "higher"


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """Over many tables of 60 rows from one population, F1 of the population lies inside in 85 % or more."""
    rng = np.random.default_rng(7)
    truth = random_tags(rng, 3_000)
    guessed = [row if rng.random() < 0.6 else [str(rng.choice(LABELS)) for _ in row] for row in truth]
    spans, words = as_predicted(guessed), [len(row) for row in truth]
    whole = entity_metrics(truth, spans, words, LABELS)[0]["metrics"]["entity_f1"]["value"]
    inside = 0
    for begin in range(0, 3_000, 60):
        part = slice(begin, begin + 60)
        figure = entity_metrics(truth[part], spans[part], words[part], LABELS, seed=begin)[0]["metrics"]["entity_f1"]
        inside += figure["low"] <= whole <= figure["high"]
    assert inside >= 0.85 * 50


def test_types_that_the_model_does_not_know_are_named_and_left_out() -> None:
    tags = [["B-person", "O", "B-product"], ["B-per", "I-per", "B-product"]]
    predicted = [[("PER", 1, 1)], [("PER", 1, 2)]]
    found, unmatched = entity_metrics(tags, predicted, [3, 3], LABELS)
    assert unmatched == {"product": 2, "person": 1}
    assert found["metrics"]["entity_recall"]["value"] == 1.0 and found["metrics"]["entity_precision"]["value"] == 0.5
    found, unmatched = entity_metrics(tags, predicted, [3, 3], LABELS, {"Person": "B-PER", "product": ""})
    assert unmatched == {} and found["metrics"]["entity_f1"]["value"] == 1.0


def test_rows_without_tags_and_with_another_number_of_them_are_left_out() -> None:
    found, _ = entity_metrics([None, ["O"], ["B-PER", "O"]], [[("PER", 1, 1)], [], [("PER", 1, 1)]], [1, 2, 2], LABELS)
    assert found["metrics"]["entity_f1"] == {"value": 1.0, "low": None, "high": None, "n": 1}
    assert found["notes"] == ["1 row is left out: another number of tags than of words."]


def test_nothing_found_and_nothing_to_find() -> None:
    found, _ = entity_metrics([["O", "O"]], [[]], [2], LABELS)
    assert all(figure["value"] is None for figure in found["metrics"].values()) and found["per_class"] == {}
    found, _ = entity_metrics([["B-PER"]], [[]], [1], LABELS)
    assert found["metrics"]["entity_f1"]["value"] == 0 and found["metrics"]["entity_precision"]["value"] is None
    assert entity_metrics([], [], [], LABELS)[0]["metrics"]["entity_f1"] == {"value": None, "low": None, "high": None, "n": 0}


def test_types_that_differ_in_case_or_begin_like_a_tag_are_what_they_are() -> None:
    labels = ("O", "B-E-mail", "I-E-mail", "B-per", "I-per", "B-PER", "I-PER")
    tags = [["B-E-mail", "O", "B-PER", "B-per"], ["I-E-mail", "O", "O", "O"]]
    found = [[("E-mail", 1, 1), ("PER", 3, 3), ("per", 4, 4)], [("E-mail", 1, 1)]]
    metrics, unmatched = entity_metrics(tags, found, [4, 4], labels)
    assert metrics["metrics"]["entity_f1"]["value"] == 1 and set(metrics["per_class"]) == {"E-mail", "PER", "per"} and not unmatched
