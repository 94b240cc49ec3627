"""How long the attempts at a run worked."""

from __future__ import annotations

import pytest

from core.runs import first_start, since_start, working_seconds


@pytest.mark.parametrize(
    ("events", "ended", "expected"),
    [
        ([], None, 0.0),
        ([("started", 10), ("done", 14)], 14, 4.0),
        ([("started", 10), ("stopped", 14), ("resume", 500), ("started", 501), ("finished", 507), ("done", 508)], 508, 11.0),
        ([("started", 10), ("crashed", 12), ("started", 13), ("failed", 20)], None, 9.0),
        ([("started", 10), ("failed", 11), ("retry", 50), ("started", 60)], 63, 4.0),  # killed: only the queue knows when
        ([("started", 10), ("started", 20), ("done", 30)], 30, None),
        ([("started", 10)], None, None),
    ],
)
def test_only_work_counts(events, ended, expected):
    assert working_seconds([{"what": what, "time": float(moment)} for what, moment in events], ended) == expected


def test_the_last_attempt_begins_with_its_start():
    events = [{"what": what} for what in ("queued", "started", "not told", "crashed", "started", "cut")]
    assert [event["what"] for event in since_start(events)] == ["started", "cut"]
    assert since_start(events[:1]) == events[:1]


def test_the_first_start_is_that_of_the_first_attempt() -> None:
    events = [{"what": "resume", "time": 1.0}, {"what": "started", "time": 2.0}, {"what": "stopped"}, {"what": "started", "time": 9.0}]
    assert first_start(events) == 2.0 and first_start(events[:1]) is None
