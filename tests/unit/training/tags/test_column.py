"""Tag columns as spans of characters."""

from __future__ import annotations

import json
import random
import time

import pytest

from core.errors import BadInput, LimitReached
from core.schema import Role
from core.settings import Settings
from core.training.rows import Rows
from core.training.tags.column import BEGIN, INSIDE, OUTSIDE, read_tags, word_tags, words_of
from core.training.tags.span_cells import Span

WORDS = ["Anna", "saw", "New", "York", "Rome"]
PLACES = [Span("LOC", 9, 17), Span("LOC", 18, 22)]


def of_words(words: list[list[str]], tags: list[list[str] | None]) -> Rows:
    cells = [json.dumps(row) for row in words]
    return Rows({Role.TOKENS: cells}, {Role.TAGS: [None if row is None else json.dumps(row) for row in tags]})


def of_texts(texts: list[str], tags: list[str | None]) -> Rows:
    return Rows({Role.TEXT: texts}, {Role.TAGS: tags})


@pytest.mark.parametrize(
    "tags",
    [
        ["O", "O", "B-LOC", "I-LOC", "B-LOC"],
        ["O", "O", "I-LOC", "I-LOC", "B-LOC"],
        ["O", "O", "B-LOC", "E-LOC", "S-LOC"],
        ["O", "O", "B-LOC", "L-LOC", "U-LOC"],
        ["", "", "B-LOC", "I-LOC", " B-LOC "],
    ],
    ids=["IOB2", "IOB1", "IOBES", "BILOU", "blank for O"],
)
def test_every_scheme_gives_the_same_spans_and_labels(settings: Settings, tags: list[str]) -> None:
    for rows in (of_words([WORDS], [tags]), of_texts(["Anna saw New York Rome"], [json.dumps(tags)])):
        tagged = read_tags(settings, rows)
        assert tagged.spans == [PLACES] and tagged.usable.all() and not tagged.plain
        assert (tagged.kinds, tagged.names) == (("LOC",), ("O", "B-LOC", "I-LOC"))


def test_types_alone_stay_as_they_are(settings: Settings) -> None:
    tagged = read_tags(settings, of_words([WORDS], [["PER", "O", "LOC", "LOC", "LOC"]]))
    assert tagged.spans == [[Span("PER", 0, 4), Span("LOC", 9, 22)]]
    assert tagged.names == ("O", "LOC", "PER") and tagged.plain
    speech = read_tags(settings, of_words([WORDS], [["NOUN", "VERB", "NOUN", "NOUN", "NOUN"]]))
    assert speech.names == ("NOUN", "VERB") and speech.counts([0]) == {"NOUN": 2, "VERB": 1}


def test_labels_are_in_natural_order(settings: Settings) -> None:
    tagged = read_tags(settings, of_words([WORDS], [["B-grade 10", "O", "B-grade 2", "O", "B-A"]]))
    assert tagged.names == ("O", "B-A", "I-A", "B-grade 2", "I-grade 2", "B-grade 10", "I-grade 10")


def test_rows_that_cannot_be_learned_from_are_named(settings: Settings) -> None:
    tags = [["B-PER", "O"], ["O"], None, ["", ""], ["O", ""], []]
    tagged = read_tags(settings, of_words([["Anna", "sleeps"]] * 5 + [[]], tags))
    assert tagged.usable.tolist() == [True, False, False, False, True, False]
    assert tagged.odd == {"untagged": [2, 3], "uneven": [1], "unmarked": [4]}


def test_spans_of_characters_and_what_can_be_wrong_with_them(settings: Settings) -> None:
    text = "Anna saw New York"
    cells = [
        '[{"start": 9, "end": 17, "label": "LOC"}, {"start": 0, "end": 4, "label": "PER"}]',
        '[{"start": 9, "end": 12, "label": "LOC"}, {"start": 9, "end": 17, "label": "LOC"}]',
        '[{"start": 9, "end": 18, "label": "LOC"}]',
        '[{"start": 4, "end": 4, "label": "LOC"}]',
        "B-PER O O O",
        None,
        "[]",
    ]
    tagged = read_tags(settings, of_texts([text] * len(cells), cells))
    assert tagged.spans[:2] == [[Span("PER", 0, 4), Span("LOC", 9, 17)], [Span("LOC", 9, 17)]] and tagged.spans[6] == []
    assert tagged.usable.tolist() == [True, True, False, False, False, False, True] and not tagged.by_words
    assert tagged.odd == {"untagged": [5], "unread": [4], "out of range": [2, 3], "overlapping": [1]}


def test_words_get_the_tag_of_the_span_that_they_have_a_part_in() -> None:
    words, starts = words_of(of_texts(["(Anna) saw New  York."], [None]), 0)
    spans = [Span("PER", 1, 5), Span("LOC", 11, 20)]
    assert word_tags(words, starts, spans, plain=False) == ["B-PER", "O", "B-LOC", "I-LOC"]
    assert word_tags(words, starts, spans, plain=True) == ["PER", "O", "LOC", "LOC"]
    assert word_tags(words, starts, [Span("A", 0, 1), Span("B", 1, 5)], plain=False)[0] == "B-A"


def apart_by_pairs(spans: list[Span]) -> list[Span]:
    """The rule as it reads: each span against all that are kept."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda span: (span.start - span.end, span.start, span.kind)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def tags_by_pairs(words: list[str], starts: list[int], spans: list[Span], *, plain: bool) -> list[str]:
    """The rule as it reads: each word against each span."""
    tags = [OUTSIDE] * len(words)
    for span in reversed(spans):
        touched = [n for n, word in enumerate(words) if starts[n] < span.end and starts[n] + len(word) > span.start]
        for number in touched:
            tags[number] = span.kind if plain else (BEGIN if number == touched[0] else INSIDE) + span.kind
    return tags


@pytest.mark.parametrize("seed", range(20))
def test_random_spans_come_apart_and_meet_words_as_the_plain_rules_say(settings: Settings, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(20):
        words = ["ab"[: chance.randint(0, 2)] * chance.randint(1, 3) for _ in range(chance.randint(1, 15))]
        text = " ".join(words) + "."
        places = [sorted(chance.sample(range(len(text) + 1), 2)) for _ in range(chance.randint(0, 20))]
        spans = [Span(chance.choice("XY"), *place) for place in places]
        (kept,) = read_tags(settings, of_texts([text], [json.dumps([[start, end, kind] for kind, start, end in spans])])).spans
        assert kept == apart_by_pairs(spans)
        for rows in (of_texts([text], [None]), of_words([words], [None])):
            for plain in (True, False):
                own, starts = words_of(rows, 0)
                assert word_tags(own, starts, kept, plain=plain) == tags_by_pairs(own, starts, kept, plain=plain)


def test_a_cell_of_many_spans_takes_no_longer_for_each(settings: Settings) -> None:
    rows = of_texts(["ab " * 50_000], [json.dumps([[3 * place, 3 * place + 2, "X"] for place in range(50_000)])])
    began = time.process_time()
    (spans,) = read_tags(settings, rows).spans
    words, starts = words_of(rows, 0)
    assert word_tags(words, starts, spans, plain=False) == ["B-X"] * 50_000
    assert time.process_time() - began < 10  # by pairs: minutes


def test_rows_keep_the_types_that_they_name_for_a_split(settings: Settings) -> None:
    tagged = read_tags(settings, of_words([WORDS] * 2, [["B-PER", "O", "B-LOC", "I-LOC", "B-LOC"], ["O"] * 5]))
    labels = tagged.labels(settings)
    assert labels.names == ("LOC", "PER") and labels.targets.tolist() == [[1, 1], [0, 0]] and labels.labelled.all()
    assert tagged.labels(settings.model_copy(update={"max_target_mb": 0})) is None


def test_what_cannot_be_learned_at_all_is_refused(settings: Settings) -> None:
    with pytest.raises(BadInput, match="no tag in any row"):
        read_tags(settings, of_words([WORDS], [None]))
    with pytest.raises(BadInput, match="spans of characters"):
        read_tags(settings, Rows({Role.TOKENS: ["Anna"]}, {Role.TAGS: ['[{"start": 0, "end": 4, "label": "PER"}]']}))
    with pytest.raises(LimitReached, match="max_model_labels"):
        read_tags(settings.model_copy(update={"max_model_labels": 1}), of_words([["a", "b"]], [["B-X", "B-Y"]]))
