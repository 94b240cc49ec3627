"""Cells that hold spans, as people and tools write them."""

from __future__ import annotations

import pytest

from core.training.tags.span_cells import Span, holds_spans, read_spans

ANNA = Span("PER", 0, 4)


@pytest.mark.parametrize(
    "cell",
    [
        '[{"start": 0, "end": 4, "label": "PER"}]',
        ' [ {"start": 0.0, "end": "4", "label": " PER "} ] ',
        "[{'start': 0, 'end': 4, 'entity_group': 'PER', 'score': 0.9}]",
        '[{"label": "PER", "text": "Anna", "start": 0, "end": 4, "score": 0.98, "first_word": 1, "last_word": 1}]',
        '[{"start": 0, "end": 4, "text": "Anna", "labels": ["PER"]}]',
        '[{"start_offset": 0, "end_offset": 4, "type": "PER"}]',
        '[[0, 4, "PER"]]',
        "[(0, 4, 'PER')]",
        '{"entities": [[0, 4, "PER"]]}',
    ],
)
def test_the_forms_of_a_span(cell: str) -> None:
    assert read_spans(cell) == [ANNA] and holds_spans(cell)


def test_several_types_are_several_spans_and_none_is_none() -> None:
    assert read_spans('[{"start": 0, "end": 4, "labels": ["PER", "CEO"]}]') == [ANNA, Span("CEO", 0, 4)]
    assert read_spans("[]") == [] and read_spans('{"entities": []}') == []


@pytest.mark.parametrize(
    "cell",
    [
        "O O B-PER",
        '["O", "B-PER"]',
        "[1, 2, 3]",
        "[[0, 4]]",
        '{"start": 0}',
        "nothing",
        "[" * 5_000,
        '[{"start": 0, "end": 4}]',
        '[{"start": 0, "end": 4, "label": ""}]',
        '[{"start": 0, "end": 4, "labels": []}]',
        '[{"start": "a", "end": 4, "label": "PER"}]',
        '[{"start": 0.5, "end": 4, "label": "PER"}]',
        '[{"start": true, "end": 4, "label": "PER"}]',
        '[{"start": 1e999, "end": 4, "label": "PER"}]',
    ],
)
def test_what_is_no_list_of_spans(cell: str) -> None:
    assert read_spans(cell) is None


def test_lists_of_words_do_not_look_like_spans() -> None:
    assert not any(map(holds_spans, ('["O", "B-PER"]', "O B-PER", "[]", "['O']", "")))
