"""The check list before a training: every problem with its rows, in words."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.errors import BadInput
from core.inference.keys import as_text
from core.settings import Settings
from core.training.checks import KEPT_ROWS, Finding, check, usable_rows
from core.training.labels.column import MULTI, REGRESSION, SINGLE, Labels, read_labels
from core.training.splitting.same_texts import same_values, together


def good(rows: int = 12) -> tuple[list[str], list[str]]:
    """Texts and labels without a problem."""
    return [f"text {row}" for row in range(rows)], ["a" if row % 2 else "b" for row in range(rows)]


def one(findings: list[Finding], words: str) -> Finding:
    found = [finding for finding in findings if words in finding.what]
    assert len(found) == 1, findings
    return found[0]


def test_a_good_table_has_no_finding(settings: Settings) -> None:
    texts, cells = good()
    texts, cells, rows = texts * 2, cells * 2, np.arange(24)
    texts = [f"{text} of {row}" for row, text in enumerate(texts)]
    assert check(read_labels(settings, cells), texts, train=rows[:14], validation=rows[14:], lengths=np.full(24, 9), max_length=9) == []


def test_rows_without_label_or_text(settings: Settings) -> None:
    texts, cells = good()
    labels = read_labels(settings, [*cells, None, "a", "  "])
    texts += ["unlabelled", " \n", None]
    findings = check(labels, texts)
    assert [(finding.rows, finding.count, finding.stops) for finding in findings] == [((12, 14), 2, False), ((13, 14), 2, False)]
    assert findings[0].what == "2 of 15 rows have no label and cannot be learnt from."
    assert findings[1].what == "2 rows have no text and cannot be learnt from."
    assert usable_rows(labels, texts).tolist() == list(range(12))


def test_at_most_twenty_rows_are_kept(settings: Settings) -> None:
    texts, cells = good()
    found = check(read_labels(settings, cells + [None] * 50), texts + ["x"] * 50)[0]
    assert (found.rows, found.count) == (tuple(range(12, 12 + KEPT_ROWS)), 50)


def test_labels_spelled_two_ways(settings: Settings) -> None:
    cells = ["Spam"] * 2 + ["spam"] * 6 + ["s p"] * 5 + ["s  p"] * 5 + ["ham"] * 5
    found = one(check(read_labels(settings, cells), [f"t{row}" for row in range(23)]), "spelled")
    assert found.what == (
        "2 labels are spelled in more than one way and learnt as different ones: "
        '"s  p" (5 rows) and "s p" (5 rows), "Spam" (2 rows) and "spam" (6 rows).'
    )
    assert found.count == 2 + 5
    assert {0, 1} <= set(found.rows)


def test_numbers_and_lists_spelled_two_ways(settings: Settings) -> None:
    found = one(check(read_labels(settings, ["1", "1.0", "01", "2"]), list("abcd")), "spelled")
    assert '"01" (1 row) and "1" (1 row) and "1.0" (1 row)' in found.what
    several = read_labels(settings, ["a;b", "A;b", "b", "a"], separator=";")
    assert one(check(several, list("wxyz")), "spelled").rows == (1,)


def test_classes_of_few_rows(settings: Settings) -> None:
    texts, cells = good()
    labels = read_labels(settings, [*cells, "rare", "rarer", "rare", "gone"])
    findings = check(labels, [*texts, "x", "y", "z", ""])
    found = one(findings, "fewer than 5")
    assert found.what == ('3 labels have fewer than 5 rows, too few to learn them well: "gone" (0 rows), "rarer" (1 row), "rare" (2 rows).')
    assert (found.rows, found.count) == ((12, 13, 14), 3)


def test_one_class_stops(settings: Settings) -> None:
    texts, cells = good()
    labels = read_labels(settings, cells)
    ones = np.arange(1, 12, 2)
    findings = check(labels, texts, train=ones, validation=np.arange(0, 12, 2))
    assert findings[0] == Finding('All 6 training rows say "a": there is nothing to tell apart.', tuple(ones.tolist()), 6, True)
    assert not findings[1].stops
    assert findings[1].what == '1 label has validation rows but no row to learn from: "b".'
    assert findings[1].rows == tuple(range(0, 12, 2))
    by_hand = Labels("single_label_classification", ("a",), np.zeros(12, np.int64), np.ones(12, bool))
    assert check(by_hand, texts)[0].stops


def test_no_row_to_learn_from_stops(settings: Settings) -> None:
    findings = check(read_labels(settings, ["a", "b", None]), ["", None, "text"])
    assert (findings[0].what, findings[0].stops) == ("No row has both a text and a label: there is nothing to learn from.", True)
    assert [finding.stops for finding in findings[1:]] == [False] * (len(findings) - 1)


def test_one_number_stops(settings: Settings) -> None:
    labels = read_labels(settings, ["1.5", "1.5", "2"], problem=REGRESSION)
    assert check(labels, list("abc"), train=np.array([0, 1]), validation=np.array([2]))[0].what.startswith("All 2 training rows say 1.5")


def test_the_same_text_with_two_labels(settings: Settings) -> None:
    texts, cells = good()
    labels = read_labels(settings, [*cells, "a", "b", "a"])
    found = one(check(labels, [*texts, "Free  entry", "free entry", "free entry"]), "different labels")
    assert found.what == ('1 text stands in several rows with different labels, such as "Free  entry": "a" in one row and "b" in another.')
    assert (found.rows, found.count) == ((12, 13, 14), 3)


def test_the_same_text_twice_with_one_label_is_no_contradiction(settings: Settings) -> None:
    texts, cells = good()
    assert check(read_labels(settings, [*cells, "a"]), [*texts, "text 1"]) == []


def test_pairs_are_the_same_only_together(settings: Settings) -> None:
    labels = read_labels(settings, ["a", "b"] * 5)
    texts, pairs = ["premise"] * 10, [f"hypothesis {row}" for row in range(10)]
    assert check(labels, texts, pairs) == []
    assert one(check(labels, texts, [*pairs[:9], "hypothesis 0"]), "different labels").rows == (0, 9)


def test_numbers_and_sets_of_labels_can_contradict_too(settings: Settings) -> None:
    numbers = read_labels(settings, ["1.5", "2.5", None], problem=REGRESSION)
    assert ": 1.5 in one row and 2.5 in another" in one(check(numbers, ["x", "x", "x"]), "different numbers").what
    sets = read_labels(settings, ['["a", "b"]', '["a"]'])
    assert ': "a", "b" in one row and "a" in another' in one(check(sets, ["x", "x"]), "different labels").what


def test_texts_on_both_sides(settings: Settings) -> None:
    texts, cells = good()
    texts[9], texts[11] = "TEXT 1", " text  3"
    found = one(check(read_labels(settings, cells), texts, train=np.arange(8), validation=np.arange(8, 12)), "also trained on")
    assert found.what.startswith('2 of 4 validation rows hold a text that is also trained on, such as "TEXT 1"')
    assert found.rows == (9, 11)


def test_rows_longer_than_the_limit(settings: Settings) -> None:
    texts, cells = good()
    lengths = np.full(12, 10)
    lengths[[3, 5]] = 30, 20
    found = one(check(read_labels(settings, cells), texts, lengths=lengths, max_length=16), "tokens")
    assert found.what == "2 rows are longer than 16 tokens and cut: 18 tokens are lost, 12.0% of all; the longest row has 30."
    assert found.rows == (3, 5)


def test_cells_are_quoted_short_and_visible(settings: Settings) -> None:
    labels = read_labels(settings, ["a" * 500, "x\u202ey\n" + "b" * 500])
    what = one(check(labels, ["t", "u"]), "fewer than").what
    assert len(what) < 250
    assert "⟨U+202E⟩" in what
    assert "\n" not in what


def test_together_gives_each_row_the_first_with_its_texts() -> None:
    assert together(["a", "b", " A", None, "", "b"]).tolist() == [0, 1, 0, 3, 4, 1]
    assert together(["a", "a", "a"], ["x", None, "X"]).tolist() == [0, 1, 0]
    assert together(["ab", "a"], ["c", "bc"]).tolist() == [0, 1]
    assert same_values(["a", None, "A ", " "]).tolist() == [0, 1, 0, 1]


def test_several_labels_in_one_cell(settings: Settings) -> None:
    texts = [f"text {row}" for row in range(14)]
    cells = ["joy; love", "joy", "love; anger", "anger", "love", "joy; anger", "joy; love"] * 2
    for problem in ("auto", SINGLE):
        found = one(check(read_labels(settings, cells, problem=problem), texts), "look like several labels")
        assert found.what == (
            '8 cells look like several labels with ";" between them, such as "joy; love", and each combination is learnt as one label. '
            'Choose "Several labels" (multi_label_classification) with the separator ";".'
        )
        assert (found.rows, found.count, found.stops) == ((0, 2, 5, 6, 7, 9, 12, 13), 8, False)
    assert check(read_labels(settings, cells, separator=";"), texts) == []


def test_labels_with_a_comma_in_them_are_left_alone(settings: Settings) -> None:
    texts, cells = [f"text {row}" for row in range(20)], ["Paris, France", "Lyon, France", "Bonn, Germany", "Berlin, Germany"] * 5
    assert check(read_labels(settings, cells), texts) == []


def test_a_separator_that_was_guessed_is_said(settings: Settings) -> None:
    texts, cells = [f"text {row}" for row in range(15)], ["joy; love", "joy", "love"] * 5
    labels = read_labels(settings, cells, problem=MULTI)
    (found,) = check(labels, texts)
    assert found.what.startswith('The labels of a cell were parted at ";", as the cells look.')
    assert (found.rows, found.count) == ((0, 3, 6, 9, 12), 5)


def test_several_labels_without_any_cell_that_has_them(settings: Settings) -> None:
    texts, cells = good()
    for separator, said in (("", "No cell holds several labels: "), (";", 'No cell holds several labels with ";" between them: ')):
        (found,) = check(read_labels(settings, cells, problem=MULTI, separator=separator), texts)
        assert found.what.startswith(said) and '"One label" (single_label_classification)' in found.what
        assert not found.stops
    assert check(read_labels(settings, [f'["{cell}"]' for cell in cells]), texts) == []  # lists of one: nobody asked for several


def test_few_rows_that_measure(settings: Settings) -> None:
    texts, cells = good(40)
    labels, rows = read_labels(settings, cells), np.arange(40)
    (found,) = check(labels, texts, train=rows[1:], validation=rows[:1])
    assert found.what == (
        "Only 1 row measures: figures from one row say next to nothing. Label more rows, or bring a table of validation rows."
    )
    assert (found.rows, found.count, found.stops) == ((0,), 1, False)
    assert "Only 9 rows measure" in one(check(labels, texts, train=rows[9:], validation=rows[:9]), "measure").what
    assert check(labels, texts, train=rows[10:], validation=rows[:10]) == check(labels, texts) == []


def test_labels_that_are_the_texts_are_refused(settings: Settings) -> None:
    texts = ["one", " two", "three", None]
    with pytest.raises(BadInput, match="another one with their labels; found that every label is the text of its row"):
        usable_rows(read_labels(settings, texts), texts)
    assert usable_rows(read_labels(settings, ["one", "two", "four", None]), texts).tolist() == [0, 1, 2]
    assert not len(usable_rows(read_labels(settings, ["one", "two", None, None]), [None] * 4))


def test_public_tables_have_the_problems_they_have(settings: Settings, shared_data: Path) -> None:
    """goemotions says different things of the same short text; sms_spam repeats texts but hardly contradicts itself."""
    found = {}
    for name, column in (("goemotions", "labels"), ("sms_spam", "label"), ("banking77", "label")):
        table = pq.read_table(shared_data / name / "train.parquet")
        texts, cells = (as_text(table.column(of).combine_chunks()).to_pylist() for of in ("text", column))
        found[name] = check(read_labels(settings, cells), texts)
    assert not any(finding.stops for findings in found.values() for finding in findings)
    contradictions = one(found["goemotions"], "different labels")
    assert contradictions.count > 100
    assert len(contradictions.rows) == KEPT_ROWS
    assert not any("no label" in finding.what or "spelled" in finding.what for findings in found.values() for finding in findings)


@pytest.mark.parametrize(
    ("start", "step", "found"), [(1e9, 1.0, True), (1_700_000_000, 86_400.0, False), (0, 1e-9, False), (-3e8, 0.5, True)]
)
def test_numbers_that_float32_cannot_tell_apart(settings: Settings, start: float, step: float, found: bool) -> None:
    labels = read_labels(settings, [f"{start + step * row:.12f}" for row in range(600)], problem=REGRESSION)
    said = [each.what for each in check(labels, [f"t{row}" for row in range(600)]) if "differ by little" in each.what]
    assert bool(said) == found
