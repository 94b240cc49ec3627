"""Freed memory goes back to the system before a process holds much of it."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.settings import MEGABYTE
from core.training.loop import giving_back
from core.training.loop.giving_back import GiveBack
from core.training.loop.spare_memory import beyond_malloc

BLOCK, BLOCKS = 100_000, 3_000
"""Too small for a mapping of its own: malloc keeps what stands before a block that is in use."""


@pytest.fixture
def told() -> None:
    if not beyond_malloc():
        pytest.skip("malloc does not tell what it holds here (glibc 2.33 or later does)")


def riddled() -> list[bytearray]:
    """A few blocks with much that was freed between them."""
    blocks = [bytearray(BLOCK) for _ in range(BLOCKS)]
    return blocks[::100]


def resident() -> int:
    return psutil.Process().memory_info().rss


@pytest.mark.usefixtures("told")
def test_much_is_given_back_after_a_step_and_little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    watching = GiveBack()
    watching.on_train_begin()
    kept = riddled()
    before = resident()
    watching.on_step_end()
    assert resident() > before - 100 * MEGABYTE  # less than a training may hold
    monkeypatch.setattr(giving_back, "MOST_SPARE", 100 * MEGABYTE)
    watching.on_step_end()
    assert resident() < before - 200 * MEGABYTE
    assert len(kept) == BLOCKS // 100


@pytest.mark.usefixtures("told")
def test_what_is_in_use_is_not_counted() -> None:
    before = beyond_malloc()
    block = bytearray(300 * MEGABYTE)
    assert beyond_malloc() < before + 50 * MEGABYTE
    assert len(block) == 300 * MEGABYTE


@pytest.mark.usefixtures("told")
def test_what_was_freed_before_the_training_is_not_its_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving_back, "MOST_SPARE", 100 * MEGABYTE)
    watching, kept = GiveBack(), riddled()
    watching.on_train_begin()
    kept += riddled()
    before = resident()
    watching.on_evaluate()
    assert resident() < before - 200 * MEGABYTE
    assert len(kept) == 2 * BLOCKS // 100


def test_what_cannot_be_given_back_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    held, asked = 0, []
    monkeypatch.setattr(giving_back, "beyond_malloc", lambda: held)
    monkeypatch.setattr(giving_back, "give_back", lambda: asked.append(held))
    watching = GiveBack()
    watching.on_train_begin()
    much = held = 2 * giving_back.MOST_SPARE  # a library keeps it for itself
    for _ in range(3):
        watching.on_step_end()
    assert asked == [0, much]
    held = 0  # until it does not
    watching.on_step_end()
    held = much
    watching.on_substep_end()
    watching.on_train_end()
    assert asked == [0, much, much, much]


@pytest.mark.usefixtures("told")
def test_a_mapped_file_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"1" * 200 * MEGABYTE)
    before, mapped = beyond_malloc(), np.memmap(path, mode="r")
    assert mapped[:: mmap.PAGESIZE].sum() > 0 and resident() > 200 * MEGABYTE
    assert beyond_malloc() < before + 50 * MEGABYTE
