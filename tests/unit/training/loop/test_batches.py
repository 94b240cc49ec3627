"""The plan of a training: every row once an epoch, rows of like length together, the same for the same seed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.training.loop.batches import plan_batches


@given(st.lists(st.integers(1, 500), min_size=1, max_size=200), st.integers(1, 40), st.integers(1, 3), st.integers(0, 9))
def test_each_epoch_has_every_row_once(lengths: list[int], rows: int, epochs: int, seed: int) -> None:
    per_epoch = -(-len(lengths) // rows)
    batches = plan_batches(np.array(lengths), rows=rows, epochs=epochs, seed=seed)
    assert len(batches) == epochs * per_epoch and max(map(len, batches)) <= rows
    for epoch in range(epochs):
        places = np.concatenate(batches[epoch * per_epoch : (epoch + 1) * per_epoch])
        assert sorted(places.tolist()) == list(range(len(lengths)))


def test_rows_of_like_length_meet_and_not_always_the_same_ones() -> None:
    lengths = np.random.default_rng(3).lognormal(4, 0.8, 2_000).astype(int) + 1
    batches = plan_batches(lengths, rows=32, epochs=2, seed=1)
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert padded < 1.15 * 2 * lengths.sum()
    first, second = ({frozenset(batch.tolist()) for batch in half} for half in (batches[:63], batches[63:]))
    assert len(first & second) < 6  # the few longest rows have nobody else to meet


def test_a_seed_gives_one_plan_and_a_fraction_of_an_epoch_its_share() -> None:
    lengths = np.arange(1, 101)
    one, two, other = (plan_batches(lengths, rows=10, epochs=1.5, seed=seed) for seed in (4, 4, 5))
    assert len(one) == 15 and all((a == b).all() for a, b in zip(one, two, strict=True))
    assert any((a != b).any() for a, b in zip(one, other, strict=True) if len(a) == len(b))


@given(st.lists(st.integers(1, 6), min_size=1, max_size=80), st.integers(1, 9))
def test_where_padding_matters_a_batch_has_one_length(lengths: list[int], rows: int) -> None:
    found = np.array(lengths)
    batches = plan_batches(found, rows=rows, epochs=1, seed=0, equal_lengths=True)
    assert len(batches) == sum(-(-lengths.count(length) // rows) for length in set(lengths))
    assert all(len(set(found[batch])) == 1 and len(batch) <= rows for batch in batches)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))


def test_a_number_of_batches_takes_the_place_of_epochs() -> None:
    assert len(plan_batches(np.arange(1, 31), rows=10, epochs=1, seed=0, most=8)) == 8


@given(st.lists(st.integers(1, 90), min_size=1, max_size=120), st.integers(1, 300), st.booleans())
def test_a_budget_of_tokens_takes_the_place_of_rows(lengths: list[int], tokens: int, equal: bool) -> None:
    found = np.array(lengths)
    batches = plan_batches(found, tokens=tokens, epochs=1, seed=0, equal_lengths=equal)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * found[batch].max() <= tokens for batch in batches)


def test_a_budget_fills_its_batches() -> None:
    lengths = np.random.default_rng(3).lognormal(4, 0.8, 2_000).astype(int) + 1
    batches = plan_batches(lengths, tokens=2_048, epochs=1, seed=1)
    assert lengths.sum() / len(batches) > 0.85 * 2_048
