"""The search for the best spans against a search through all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tasks.spans import answer_spans
from core.tasks.spans.answer_spans import WindowLogits, best_answers, first_numbers

CONTEXT = "".join(chr(97 + number % 26) for number in range(60))


def random_window(rng: np.random.Generator, tokens: int, first_number: int) -> WindowLogits:
    """Tokens of which several stand for the same character, as bytes of an emoji do."""
    begins = np.sort(rng.integers(0, 12, tokens))
    start, end = rng.normal(size=(2, tokens)) * 3
    return WindowLogits(start, end, begins, begins + 1, first_number + np.arange(tokens), (float(rng.normal()), float(rng.normal())))


def all_spans(windows: list[WindowLogits], longest: int) -> dict[tuple[int, int], float]:
    """The highest sum of logits of each stretch."""
    best: dict[tuple[int, int], float] = {}
    for window in windows:
        for first in range(len(window.start)):
            for last in range(first, min(first + longest, len(window.start))):
                place = (int(window.begins[first]), int(window.ends[last]))
                best[place] = max(best.get(place, -np.inf), window.start[first] + window.end[last])
    return best


@given(seed=st.integers(0, 10_000), most=st.integers(1, 6), longest=st.integers(1, 9), windows=st.integers(1, 4))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_equals_a_search_through_all_spans(seed: int, most: int, longest: int, windows: int) -> None:
    rng = np.random.default_rng(seed)
    read = [random_window(rng, int(rng.integers(0, 25)), place * 10) for place in range(windows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answer_spans, "CANDIDATES", 1)  # many stretches share their characters: the first look is not enough
        spans, nothing = best_answers(CONTEXT, read, most=most, longest=longest)
    expected = sorted(all_spans(read, longest).items(), key=lambda item: -item[1])[:most]
    assert [(span.start, span.end) for span in spans] == [place for place, _ in expected]
    np.testing.assert_allclose([span.logit for span in spans], [logit for _, logit in expected])
    assert nothing.logit == pytest.approx(min(sum(window.null) for window in read))
    assert sum(span.score for span in spans) <= 1 and all(span.text == CONTEXT[span.start : span.end] for span in spans)


def test_a_token_that_two_windows_share_counts_once() -> None:
    """The score of an answer does not depend on how many windows the context was read in."""
    rng = np.random.default_rng(1)
    start, end = rng.normal(size=(2, 30))
    begins = np.arange(30)
    whole = WindowLogits(start, end, begins, begins + 1, begins, (0.5, 0.5))
    parts = [
        WindowLogits(start[a:b], end[a:b], begins[a:b], begins[a:b] + 1, begins[a:b], (0.5 + a, 0.5 + a))
        for a, b in ((0, 14), (8, 22), (16, 30))
    ]
    one, several = (best_answers(CONTEXT, windows, most=3, longest=3) for windows in ([whole], parts))
    assert [span.text for span in one[0]] == [span.text for span in several[0]]
    np.testing.assert_allclose([span.score for span in one[0]], [span.score for span in several[0]])
    assert one[1].score == pytest.approx(several[1].score)


def test_numbers_of_tokens_from_both_sides() -> None:
    assert first_numbers([10, 10, 4], 3) == [0, 7, 14]
    assert first_numbers([10, 10, 4], 3, from_the_end=True) == [-10, -17, -18]


def test_large_logits_do_not_overflow() -> None:
    window = WindowLogits(
        np.array([900.0, 1.0]), np.array([900.0, 1.0]), np.array([0, 1]), np.array([1, 2]), np.arange(2), (-900.0, -900.0)
    )
    spans, nothing = best_answers("ab", [window], most=1, longest=2)
    assert (spans[0].text, spans[0].score, nothing.score) == ("a", 1.0, 0.0)
