"""Searching a vocabulary."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from core.inspect.tokens.vocabulary import search
from core.settings import Settings


@pytest.mark.model
def test_ways_to_search(bert) -> None:
    limits = Settings()
    assert [(entry.id, entry.token) for entry in search(limits, bert, "HUGGING").entries] == [(17662, "hugging")]
    assert [entry.token for entry in search(limits, bert, "17662", "id").entries] == ["hugging"]
    pieces = search(limits, bert, "izer", "exact").entries
    assert [(entry.token, entry.reads, entry.kind) for entry in pieces] == [("##izer", "izer", "part")]
    assert all(entry.reads.casefold().startswith("token") for entry in search(limits, bert, "token", "starts").entries)
    assert [entry.kind for entry in search(limits, bert, "[CLS]").entries] == ["special"]
    assert search(limits, bert, "no such entry").total == 0


@pytest.mark.model
def test_token_matches(bert) -> None:
    found = search(Settings(token_matches=7), bert)
    assert (found.total, len(found.entries), found.entries[0].id) == (30_522, 7, 0)


def test_bytes_are_found_by_what_they_spell(small) -> None:
    found = search(Settings(), small["bytes"], " lond").entries
    assert [(entry.token, entry.reads) for entry in found] == [("ĠLondon", " London")]
    assert {entry.kind for entry in search(Settings(), small["fallback"], "<0xE6>").entries} == {"bytes"}


def test_a_search_that_means_nothing_is_refused(small) -> None:
    for query, way in (("x", "backwards"), ("x" * 201, "contains"), ("word", "id")):
        with pytest.raises(BadInput):
            search(Settings(), small["bytes"], query, way)
