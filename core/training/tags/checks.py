"""What a person should know of a table with tags before a model is trained on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from core.metrics import normalised
from core.schema import Role
from core.tables.problems import number_of, some
from core.tasks.spans.word_lists import read_words
from core.training.checks import FEW_ROWS, Finding, few_measured, finding, in_both, no_text, with_count
from core.training.rows import Rows
from core.training.tags.column import OUTSIDE, Tagged, words_of
from core.training.tags.span_cells import Span
from core.training.words import NAMED, quoted, quoted_few

FEW_ENTITIES = FEW_ROWS


def check(tagged: Tagged, rows: Rows, same: np.ndarray, *, train: np.ndarray, validation: np.ndarray) -> list[Finding]:
    """The check list, those that stop a training first.

    Args:
        same: id of each row's text.
        train: rows to train on, int64.
        validation: rows to measure with, int64.
    """
    usable, texts = np.flatnonzero(tagged.usable), next(iter(rows.cells.values()))
    counts = tagged.counts(usable)
    findings = [
        _nothing_to_learn(tagged, train),
        *_odd_rows(tagged, rows),
        # The rows of a sentence's further words are empty, and no problem.
        no_text(rows.cells[Role.TEXT]) if Role.TEXT in rows.cells else None,
        _numbers(tagged),
        *_spelled_two_ways(tagged, usable, counts),
        *_few_entities(tagged, usable, counts),
        _two_readings(tagged.spans, usable, same, texts),
        in_both(train, validation, same, texts),
        _never_trained(tagged, train, validation),
        few_measured(validation),
    ]
    return sorted((each for each in findings if each), key=lambda each: not each.stops)


def _nothing_to_learn(tagged: Tagged, train: np.ndarray) -> Finding | None:
    if not len(train):
        return Finding("No row has both a text and tags: there is nothing to learn from.", (), 0, True)
    if sum(tagged.counts(train).values()) == 0:
        what = f"No training row names an entity: {number_of(len(train), 'row says', 'rows say')} {OUTSIDE} of every word."
    elif len(tagged.names) == 1:
        what = f"All words say {quoted(tagged.names[0])}: there is nothing to tell apart."
    else:
        return None
    return finding(what, train, stops=True)


def _odd_rows(tagged: Tagged, rows: Rows) -> list[Finding]:
    """Rows whose tags are not what they should be; all but the last two kinds cannot be learned from."""
    sentences: Mapping[str, tuple[str, str, str]] = {
        "untagged": ("row has", "rows have", "no tags and cannot be learnt from."),
        "uneven": ("row has", "rows have", "another number of tags than of words and cannot be learnt from"),
        "unread": ("row has", "rows have", "tags that are no list of spans with start, end and label and cannot be learnt from."),
        "out of range": (
            "row has",
            "rows have",
            "a span outside of its text, or one that ends before it begins, and cannot be learnt from.",
        ),
        "overlapping": ("row has", "rows have", "spans that overlap; the longer one is learnt."),
        "unmarked": ("row has", "rows have", f"words without a tag beside others with {OUTSIDE}; they are read as {OUTSIDE}."),
    }
    found = []
    for name, (one, several, what) in sentences.items():
        places = tagged.odd.get(name, [])
        if places:
            more = f", such as {_uneven(rows, places[0])}." if name == "uneven" else ""
            found.append(finding(f"{number_of(len(places), one, several)} {what}{more}", places))
    return found


def _uneven(rows: Rows, place: int) -> str:
    tags = len(read_words(rows.truth[Role.TAGS][place] or ""))
    return f"row {place + 1:,} of the table with {number_of(len(words_of(rows, place)[0]), 'word')} and {number_of(tags, 'tag')}"


def _numbers(tagged: Tagged) -> Finding | None:
    """Tags as data sets on the Hub keep them: numbers, whose names are elsewhere."""
    if not tagged.kinds or not all(kind.isdecimal() for kind in tagged.kinds):
        return None
    what = (
        f"The tags are numbers, such as {quoted_few(tagged.kinds, 3)}: each is learnt as a type. Their names (B-PER, {OUTSIDE}) say more."
    )
    return finding(what, np.flatnonzero(tagged.usable))


def _spelled_two_ways(tagged: Tagged, rows: np.ndarray, counts: Mapping[str, int]) -> list[Finding]:
    """Types that differ only in case or white space; ``o`` is hardly a type."""
    alike: dict[str, list[str]] = defaultdict(list)
    for kind in (*tagged.kinds, OUTSIDE):
        alike[normalised(kind)].append(kind)
    groups = [kinds for kinds in alike.values() if len(kinds) > 1]
    if not groups:
        return []
    shown = [" and ".join(with_count(kind, counts[kind], "time") if kind in counts else quoted(kind) for kind in kinds) for kinds in groups]
    rarer = {kind for kinds in groups for kind in sorted(kinds, key=lambda kind: (kind != OUTSIDE, -counts.get(kind, 0)))[1:]}
    several = number_of(len(groups), "type is", "types are")
    what = f"{several} spelled in more than one way and learnt as different ones: {some(shown, NAMED)}."
    return [finding(what, tagged.with_kinds(rows, rarer))]


def _few_entities(tagged: Tagged, rows: np.ndarray, counts: Mapping[str, int]) -> list[Finding]:
    rare = sorted((kind for kind in tagged.kinds if counts[kind] < FEW_ENTITIES), key=lambda kind: counts[kind])
    if not rare:
        return []
    shown = some([with_count(kind, counts[kind], "time") for kind in rare], NAMED)
    several = number_of(len(rare), "type comes", "types come")
    what = f"{several} up fewer than {FEW_ENTITIES} times, too few to learn {'it' if len(rare) == 1 else 'them'} well: {shown}."
    return [finding(what, tagged.with_kinds(rows, set(rare)))]


def _two_readings(spans: Sequence[Sequence[Span]], rows: np.ndarray, same: np.ndarray, texts: Sequence[str]) -> Finding | None:
    """Texts that stand in several rows with different tags."""
    first: dict[int, int] = {}
    torn: dict[int, list[int]] = defaultdict(list)
    for row in rows.tolist():
        before = first.setdefault(int(same[row]), row)
        if spans[row] != spans[before]:
            torn[before].append(row)
    if not torn:
        return None
    example = next(iter(torn))
    several = number_of(len(torn), "text stands", "texts stand")
    places = sorted({*torn, *(row for others in torn.values() for row in others)})
    return finding(f"{several} in several rows with different tags, such as {quoted(texts[example])}.", places)


def _never_trained(tagged: Tagged, train: np.ndarray, validation: np.ndarray) -> Finding | None:
    learned, measured = tagged.counts(train), tagged.counts(validation)
    kinds = [kind for kind in tagged.kinds if measured[kind] and not learned[kind]]
    if not kinds:
        return None
    what = f"{number_of(len(kinds), 'type stands', 'types stand')} in validation rows but in no row to learn from: {quoted_few(kinds)}."
    return finding(what, tagged.with_kinds(validation, set(kinds)))
