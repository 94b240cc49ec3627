"""Splits that lose no row, keep together what belongs together, and leave no side empty."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, example, given
from hypothesis import settings as testing
from hypothesis import strategies as st

from core.errors import BadInput
from core.inference.keys import as_text
from core.schema.training import Split
from core.settings import Settings
from core.training.checks import usable_rows
from core.training.labels.column import MULTI, REGRESSION, SINGLE, Labels, read_labels
from core.training.splitting.same_texts import same_values, together
from core.training.splitting.split import ClassCount, preview, split_rows

PROPERTY = testing(deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
SHARES = st.sampled_from([0.01, 0.1, 0.2, 0.5, 0.9, 0.99])


def classes(places: list[int]) -> Labels:
    """One label a row, given by its number; -1 is unlabelled."""
    targets = np.array(places, np.int64)
    names = tuple(f"label {number}" for number in range(max(places, default=0) + 1))
    return Labels(SINGLE, names, targets, targets >= 0)


def numbers(values: list[float]) -> Labels:
    targets = np.array(values, np.float32)
    return Labels(REGRESSION, (), targets, ~np.isnan(targets))


def sets(rows: list[list[int]], labels: int) -> Labels:
    targets = np.zeros((len(rows), labels), np.float32)
    for row, places in enumerate(rows):
        targets[row, places] = 1
    return Labels(MULTI, tuple(f"label {number}" for number in range(labels)), targets, np.ones(len(rows), bool))


def assert_divided(rows: np.ndarray, train: np.ndarray, validation: np.ndarray) -> None:
    """No row lost, none twice, none added, no side empty, both in the order of the table."""
    assert len(train) and len(validation)
    assert (train.dtype, validation.dtype) == (np.int64, np.int64)
    assert (np.diff(train) > 0).all()
    assert (np.diff(validation) > 0).all()
    assert sorted([*train.tolist(), *validation.tolist()]) == sorted(rows.tolist())


def assert_together(ids: np.ndarray, train: np.ndarray, validation: np.ndarray) -> None:
    assert not set(ids[train].tolist()) & set(ids[validation].tolist())


@given(count=st.integers(2, 200), share=SHARES, seed=st.integers(0, 5), data=st.data())
@PROPERTY
def test_random(settings: Settings, count: int, share: float, seed: int, data: st.DataObject) -> None:
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, 400), min_size=count, max_size=count))))
    labels = classes([0, 1] * 201)
    split = Split(method="random", share=share)
    train, validation = split_rows(settings, split, labels, rows[::-1], seed=seed)
    assert_divided(rows, train, validation)
    assert len(validation) == min(max(1, round(share * count)), count - 1)
    again = split_rows(settings, split, labels, rows, seed=seed)
    assert (again[0].tolist(), again[1].tolist()) == (train.tolist(), validation.tolist())


def test_the_seed_decides(settings: Settings) -> None:
    labels = classes([0, 1] * 50)
    for method in ("random", "stratified"):
        drawn = {tuple(split_rows(settings, Split(method=method), labels, np.arange(100), seed=seed)[1]) for seed in range(5)}
        assert len(drawn) == 5


@given(places=st.lists(st.integers(0, 6), min_size=2, max_size=150), share=SHARES)
@example(places=[0] * 100 + [1] * 3 + [2] + [3] * 2, share=0.2)
@example(places=[*range(50), 0], share=0.5)
@PROPERTY
def test_stratified(settings: Settings, places: list[int], share: float) -> None:
    labels, rows = classes(places), np.arange(len(places))
    counts = np.bincount(places)
    assume(counts.max() > 1)
    train, validation = split_rows(settings, Split(share=share), labels, rows)
    assert_divided(rows, train, validation)
    for count, trained, measured in zip(counts, labels.counts(train), labels.counts(validation), strict=True):
        assert abs(measured - share * count) < 1 + 1e-9
        assert trained or not count
        assert measured == 0 if count == 1 else True
    assert abs(len(validation) - share * len(rows)) <= 1 + (counts == 1).sum() + (counts > 1).sum() * (share > 0.5)


def test_small_classes_measure_before_large_ones_get_one_more(settings: Settings) -> None:
    labels = classes([0] * 86 + [1] * 4 + [2] * 4 + [3] * 4 + [4])
    _, validation = split_rows(settings, Split(share=0.1), labels, np.arange(99))
    counts = labels.counts(validation).tolist()
    assert counts[0] == 8  # of 8.6: the two rows that rounding left over go to classes that had none
    assert sorted(counts[1:4]) == [0, 1, 1]
    assert counts[4] == 0


def test_a_class_of_one_row_trains_and_the_preview_says_so(settings: Settings) -> None:
    labels = classes([0] * 10 + [1])
    found = preview(labels, *split_rows(settings, Split(), labels, np.arange(11)))
    assert found == [ClassCount("label 0", 8, 2), ClassCount("label 1", 1, 0)]
    assert [one.note for one in found] == ["", "One row only: it trains, and nothing measures it."]
    assert ClassCount("x", 3, 0).note.startswith("No validation row")
    assert ClassCount("x", 0, 3).note.startswith("No training row")
    assert ClassCount("x", 0, 0).note == "No row with a text."


def test_classes_of_one_row_each_cannot_be_stratified(settings: Settings) -> None:
    with pytest.raises(BadInput, match="a label that at least two different texts have") as caught:
        split_rows(settings, Split(), classes([0, 1, 2, 3]), np.arange(4))
    assert caught.value.found == "4 labels in 4 rows, none with two different texts"
    assert "values repeat" in str(caught.value) and "random" not in str(caught.value)


@given(
    rows=st.lists(st.lists(st.integers(0, 4), max_size=3, unique=True), min_size=10, max_size=120),
    share=st.sampled_from([0.1, 0.3]),
)
@PROPERTY
def test_stratified_with_several_labels(settings: Settings, rows: list[list[int]], share: float) -> None:
    labels, every = sets(rows, 5), np.arange(len(rows))
    counts = labels.counts()
    assume(sum(not row for row in rows) > 1)
    train, validation = split_rows(settings, Split(share=share), labels, every)
    assert_divided(every, train, validation)
    for place in range(5):
        if counts[place] == 1:
            assert labels.counts(train)[place] == 1
    rarest = np.argmin(np.where(counts > 0, counts, 1_000))
    assert abs(labels.counts(validation)[rarest] - share * counts[rarest]) < 1 + 1e-9  # its rows are a stratum of their own


def test_stratified_numbers_are_small_and_large_on_both_sides(settings: Settings) -> None:
    labels = numbers(np.random.default_rng(0).lognormal(size=200).tolist())
    train, validation = split_rows(settings, Split(), labels, np.arange(200))
    assert_divided(np.arange(200), train, validation)
    edges = np.quantile(labels.targets, np.linspace(0, 1, 11)[1:-1])
    assert np.bincount(np.searchsorted(edges, labels.targets[validation], side="right")).tolist() == [4] * 10
    ranges = preview(labels, train, validation)
    assert len(ranges) == 5
    assert [(one.train, one.validation) for one in ranges] == [(32, 8)] * 5
    assert " to " in ranges[0].label


def test_few_or_equal_numbers_are_split_too(settings: Settings) -> None:
    for values in ([1, 2], [1, 1, 1, 5], [3.5] * 9 + [4.5]):
        rows = np.arange(len(values))
        train, validation = split_rows(settings, Split(), numbers(values), rows)
        assert_divided(rows, train, validation)
        assert sum(one.train + one.validation for one in preview(numbers(values), train, validation)) == len(values)


@given(
    texts=st.lists(st.sampled_from(["a", "b", " B", "c", "d", "e", None, "f", "g"]), min_size=12, max_size=120),
    method=st.sampled_from(["random", "stratified"]),
    share=st.sampled_from([0.1, 0.2, 0.5]),
    data=st.data(),
)
@PROPERTY
def test_the_same_texts_are_on_one_side(settings: Settings, texts: list, method: str, share: float, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, 2), min_size=len(texts), max_size=len(texts)))
    ids, rows = together(texts), np.arange(len(texts))
    assume(len(set(ids.tolist())) > 7)
    train, validation = split_rows(settings, Split(method=method, share=share), classes(places), rows, same=ids)
    assert_divided(rows, train, validation)
    assert_together(ids, train, validation)
    largest = np.bincount(ids).max()
    assert abs(len(validation) - share * len(rows)) <= largest + 3


def test_one_text_in_all_rows_cannot_be_divided(settings: Settings) -> None:
    for method in ("random", "stratified"):
        with pytest.raises(BadInput):
            split_rows(settings, Split(method=method), classes([0, 0, 1]), np.arange(3), same=np.zeros(3, np.int64))


def test_large_groups_of_texts_still_give_a_validation_row(settings: Settings) -> None:
    ids = np.repeat([0, 5, 10], 5)
    for method in ("random", "stratified"):
        train, validation = split_rows(settings, Split(method=method, share=0.1), classes([0] * 15), np.arange(15), same=ids)
        assert_divided(np.arange(15), train, validation)
        assert_together(ids, train, validation)
        assert len(validation) == 5


def test_room_that_large_groups_leave_never_takes_the_last_text_of_a_label(settings: Settings) -> None:
    ids = np.array([0] * 10 + [10] * 10 + [20] * 10 + [30] * 3 + [33])
    labels = classes([0] * 30 + [1] * 4)
    train, validation = split_rows(settings, Split(), labels, np.arange(34), same=ids)
    assert_divided(np.arange(34), train, validation)
    assert labels.counts(train).tolist() == [30, 3]


def test_a_label_of_one_text_leaves_its_share_to_nobody(settings: Settings) -> None:
    ids = np.array([0] * 10 + list(range(10, 50)))
    labels = classes([0] * 10 + [1] * 40)
    assert labels.counts(split_rows(settings, Split(), labels, np.arange(50), same=ids)[1]).tolist() == [0, 9]


@given(
    cells=st.lists(st.sampled_from([*"abcdefgh", "A ", None, " "]), min_size=2, max_size=120),
    share=SHARES,
    seed=st.integers(0, 3),
)
@example(cells=[*"aaaaabbbbbccccc"], share=0.5, seed=0)
@PROPERTY
def test_group(settings: Settings, cells: list, share: float, seed: int) -> None:
    ids, rows = same_values(cells), np.arange(len(cells))
    sizes = np.unique(ids, return_counts=True)[1]
    split = Split(method="group", share=share, column="customer")
    if len(sizes) == 1:
        with pytest.raises(BadInput, match="all of them belong together"):
            split_rows(settings, split, classes([0] * len(cells)), rows, column=cells, seed=seed)
        return
    train, validation = split_rows(settings, split, classes([0] * len(cells)), rows, column=cells, seed=seed)
    assert_divided(rows, train, validation)
    assert_together(ids, train, validation)
    wanted = min(max(1, round(share * len(rows))), len(rows) - 1)
    trained = np.unique(ids[train], return_counts=True)[1]
    if len(trained) > 1:  # no group that trains would bring the sizes nearer
        assert (np.abs(len(validation) + trained - wanted) >= abs(len(validation) - wanted)).all()


def test_groups_of_one_row_meet_the_share(settings: Settings) -> None:
    cells = ["big"] * 30 + [str(row) for row in range(70)]
    train, validation = split_rows(settings, Split(method="group", column="g"), classes([0] * 100), np.arange(100), column=cells)
    assert len(validation) == 20
    assert set(range(30)) <= set(train.tolist())


@given(days=st.lists(st.integers(1, 28), min_size=2, max_size=80), share=SHARES)
@testing(PROPERTY, max_examples=25)
def test_time(settings: Settings, days: list[int], share: float) -> None:
    cells, rows = [f"2025-06-{day:02} 10:00" for day in days], np.arange(len(days))
    split, labels = Split(method="time", share=share, column="sent"), classes([0] * len(days))
    if len(set(days)) == 1:
        with pytest.raises(BadInput, match="at least two different times"):
            split_rows(settings, split, labels, rows, column=cells)
        return
    train, validation = split_rows(settings, split, labels, rows, column=cells)
    assert_divided(rows, train, validation)
    held = np.array(days)
    assert held[train].max() < held[validation].min()  # the newest measure, and those of one time are together
    cuts = [(held >= day).sum() for day in set(days) if day > held.min()]
    assert abs(len(validation) - share * len(days)) == pytest.approx(min(abs(cut - share * len(days)) for cut in cuts))


@pytest.mark.parametrize(
    "cells",
    [
        ["3.6.2025", "14.6.2025 09:30", "2.7.2025", "31.12.2024"],
        ["6/3/2025", "6/14/2025", "7/2/2025", "12/31/2024"],
        ["2019", "2020", "2021", "2018"],
        ["1717400000", "1717500000.5", "1717600000", "5"],
        ["9", "10", "11", "-1"],
        ["3 Jun 2025", "14 June 2025", "2025-07-02", "31-Dec-24"],
    ],
)
def test_times_in_many_forms(settings: Settings, cells: list[str]) -> None:
    split = Split(method="time", share=0.3, column="sent")
    train, validation = split_rows(settings, split, classes([0] * 4), np.arange(4), column=cells)
    assert (train.tolist(), validation.tolist()) == ([0, 1, 3], [2])
    assert split_rows(settings, split, classes([0] * 4), np.array([0, 1, 3]), column=cells)[1].tolist() == [1]


@pytest.mark.parametrize("bad", ["soon", "", None, "2025-02-30"])
def test_unreadable_times_name_their_rows(settings: Settings, bad: str | None) -> None:
    cells = ["2025-06-01", bad, "2025-06-03", bad, bad]
    with pytest.raises(BadInput, match="rows 2, 4 of the table") as caught:
        split_rows(settings, Split(method="time", column="sent"), classes([0] * 5), np.arange(4), column=cells)
    assert (bad or "nothing") in caught.value.found
    assert split_rows(settings, Split(method="time", column="sent"), classes([0] * 5), np.array([0, 2]), column=cells)[1].tolist() == [2]


def test_dates_that_can_be_read_in_two_ways_are_refused(settings: Settings) -> None:
    with pytest.raises(BadInput, match="month may come first or second"):
        split_rows(settings, Split(method="time", column="d"), classes([0] * 2), np.arange(2), column=["1/5/2025", "2/4/2025"])


def test_a_column_names_the_parts(settings: Settings) -> None:
    split, labels, rows = Split(method="column", column="part"), classes([0] * 6), np.arange(6)
    cells = ["train", "Dev ", "TRAINING", "validation", "test", "train"]
    train, validation = split_rows(settings, split, labels, rows, column=cells)
    assert (train.tolist(), validation.tolist()) == ([0, 2, 5], [1, 3])  # test rows are kept from both
    train, validation = split_rows(settings, split, labels, np.array([0, 2, 4]), column=cells)
    assert (train.tolist(), validation.tolist()) == ([0, 2], [4])


def test_unknown_parts_and_empty_sides_are_refused(settings: Settings) -> None:
    split, labels = Split(method="column", column="part"), classes([0] * 4)
    with pytest.raises(BadInput, match=r'"maybe", "a blank cell" in rows 2, 4 of the table'):
        split_rows(settings, split, labels, np.arange(4), column=["train", "maybe", "dev", " "])
    with pytest.raises(BadInput, match="no validation row"):
        split_rows(settings, split, labels, np.arange(4), column=["train"] * 4)
    with pytest.raises(BadInput, match="no training row"):
        split_rows(settings, split, labels, np.arange(4), column=["dev", "test"] * 2)


@pytest.mark.parametrize("method", ["group", "time", "column"])
def test_a_method_that_needs_a_column_says_so(settings: Settings, method: str) -> None:
    with pytest.raises(BadInput, match="Choose the column"):
        split_rows(settings, Split(method=method), classes([0] * 4), np.arange(4))


@pytest.mark.parametrize("rows", [[], [3], [3, 3]])
def test_fewer_than_two_rows_cannot_be_divided(settings: Settings, rows: list[int]) -> None:
    with pytest.raises(BadInput, match="at least two rows"):
        split_rows(settings, Split(), classes([0] * 4), np.array(rows, np.int64))


def test_preview_counts_rows_without_any_of_several_labels(settings: Settings) -> None:
    labels = sets([[0, 1], [0], [], []], 2)
    assert preview(labels, np.array([0, 2]), np.array([1, 3])) == [
        ClassCount("label 0", 1, 1),
        ClassCount("label 1", 1, 0),
        ClassCount("no label", 1, 1),
    ]


@pytest.mark.parametrize(("name", "column"), [("banking77", "label"), ("sms_spam", "label"), ("goemotions", "labels")])
@pytest.mark.parametrize("method", ["random", "stratified"])
def test_public_tables(settings: Settings, shared_data: Path, name: str, column: str, method: str) -> None:
    table = pq.read_table(shared_data / name / "train.parquet")
    texts, cells = (as_text(table.column(of).combine_chunks()).to_pylist() for of in ("text", column))
    labels, same = read_labels(settings, cells), together(texts)
    rows = usable_rows(labels, texts)
    train, validation = split_rows(settings, Split(method=method, share=0.1), labels, rows, same=same)
    assert_divided(rows, train, validation)
    assert_together(same, train, validation)
    assert len(validation) == round(0.1 * len(rows))
    counts = preview(labels, train, validation)
    assert [one.label for one in counts] == list(labels.names)
    assert sum(one.train + one.validation for one in counts) == labels.counts().sum()
    if method == "stratified":
        assert all(one.note == "" for one in counts)
        shares = [one.validation / (one.train + one.validation) for one in counts]
        assert max(shares) < 0.2 and min(shares) > 0.05, shares
