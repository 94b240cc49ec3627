"""Labels of tokens, and spans counted in them."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics.entities import entity_metrics
from core.settings import Settings
from core.training.loop.examples import IGNORED
from core.training.tags.column import Tagged, read_tags
from core.training.tags.span_cells import Span
from core.training.tags.token_labels import Scheme, Tokens, first_of_words, labels_of_tokens, shared_spans
from tests.unit.training.tags.test_column import of_words

KINDS = ("LOC", "PER")


def tagged(names: tuple[str, ...]) -> Tagged:
    return Tagged(KINDS, names, [], np.ones(0, bool))


BIO = Scheme.of(tagged(("O", "B-LOC", "I-LOC", "B-PER", "I-PER")))
PLAIN = Scheme.of(tagged(("O", "LOC", "PER")))
ALL_TYPED = Scheme.of(tagged(("LOC", "PER")))


def tokens_of(places: list[list[tuple[int, int] | None]], lengths: list[int]) -> Tokens:
    """Tokens of rows by their characters; ``None`` for a special one."""
    base = np.concatenate([[0], np.cumsum(np.array(lengths) + 1)])
    row = np.repeat(np.arange(len(places)), [len(row) for row in places])
    read = np.array([place is not None for row in places for place in row])
    start, end = np.array([place or (-1, -1) for row in places for place in row], np.int64).T
    return Tokens(row, start + base[row], end + base[row], read, base)


# "ann sees new york" in pieces: an ##n | sees | new | york; "a b" in two.
TOKENS = tokens_of([[None, (0, 2), (2, 3), (4, 8), (9, 12), (13, 17), None], [None, (0, 1), (2, 3), None]], [17, 3])
SPANS = [[Span("PER", 0, 3), Span("LOC", 9, 17)], [Span("LOC", 0, 1), Span("LOC", 2, 3)]]


def test_only_the_first_token_of_a_span_begins_it() -> None:
    no = IGNORED
    assert labels_of_tokens(TOKENS, SPANS, BIO, KINDS).tolist() == [no, 3, 4, 0, 1, 2, no, no, 1, 1, no]
    assert labels_of_tokens(TOKENS, SPANS, PLAIN, KINDS).tolist() == [no, 2, 2, 0, 1, 1, no, no, 1, 1, no]
    assert labels_of_tokens(TOKENS, SPANS, ALL_TYPED, KINDS).tolist() == [no, 1, 1, no, 0, 0, no, no, 0, 0, no]
    assert labels_of_tokens(TOKENS, [[], []], BIO, KINDS).tolist() == [no, 0, 0, 0, 0, 0, no, no, 0, 0, no]


def test_a_token_that_reaches_into_a_span_belongs_to_it() -> None:
    with_space = tokens_of([[(0, 3), (3, 8), (8, 12)]], [12])
    assert labels_of_tokens(with_space, [[Span("PER", 4, 8)]], BIO, KINDS).tolist() == [0, 3, 0]
    assert labels_of_tokens(with_space, [[Span("PER", 1, 2), Span("LOC", 9, 12)]], BIO, KINDS).tolist() == [3, 0, 1]


def test_the_first_token_of_each_word() -> None:
    starts = [[0, 4, 9, 13], [0, 2]]
    assert np.flatnonzero(first_of_words(TOKENS, starts)).tolist() == [1, 3, 4, 5, 8, 9]
    with_space = tokens_of([[(0, 3), (3, 4), (3, 8)], [(0, 2)]], [8, 2])  # as SentencePiece may have it
    assert np.flatnonzero(first_of_words(with_space, [[0, 4], [0]])).tolist() == [0, 2, 3]


@pytest.mark.parametrize("scheme", [BIO, PLAIN], ids=["BIO", "plain"])
def test_spans_are_counted_as_the_metrics_count_them(settings: Settings, scheme: Scheme) -> None:
    random = np.random.default_rng(3)
    names = {id(BIO): ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), id(PLAIN): ("O", "LOC", "PER")}[id(scheme)]
    lengths = random.integers(1, 9, 200)
    row = np.repeat(np.arange(200), lengths)
    one = random.integers(0, len(names), len(row))
    other = np.where(random.random(len(row)) < 0.6, one, random.integers(0, len(names), len(row)))
    right, found, true = shared_spans(one, other, row, scheme)
    words = [["w"] * length for length in lengths]
    read = [
        read_tags(settings, of_words(words, [[names[label] for label in labels[row == number]] for number in range(200)]))
        for labels in (one, other)
    ]
    predicted = [[(span.kind, span.start // 2 + 1, span.end // 2 + 1) for span in spans] for spans in read[0].spans]
    truth = [[names[label] for label in other[row == number]] for number in range(200)]
    value = entity_metrics(truth, predicted, lengths.tolist(), names)[0]["metrics"]["entity_f1"]["value"]
    assert 0.1 < value < 0.9 and 2 * right / (found + true) == pytest.approx(value)


def test_words_without_a_label_end_a_span() -> None:
    labels = np.array([1, IGNORED, 2])
    assert shared_spans(labels, labels, np.zeros(3, int), BIO) == (2, 2, 2)
