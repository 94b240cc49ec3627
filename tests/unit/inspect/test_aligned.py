"""One text under two models: stretches that are whole tokens for both, and sums that keep every bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput
from core.inspect.aligned import aligned, kept_tokens
from core.inspect.causal import Surprisal
from core.inspect.scoring import Position
from tests.tiny_models import tiny
from tests.unit.inspect.looks import asked


def made(model: str, text: str, pieces: list[tuple[int, int, float | None]], **more: Any) -> Surprisal:
    tokens = [
        Position(place=place, id=place, text=text[start:end], special=False, start=start, end=end, surprisal=bits)
        for place, (start, end, bits) in enumerate(pieces)
    ]
    empty = {"after": [], "scored": 0, "total": None, "mean": None, "perplexity": None, "per_character": None}
    return Surprisal(model=model, text=text, tokens=tokens, vocabulary=9, lost=0, limit=99, **(empty | more))


def test_boundaries_that_both_have_cut_the_text() -> None:
    text = "ab cd ef"
    one = made("one", text, [(0, 2, None), (2, 5, 4.0), (5, 8, 1.0)])
    other = made("other", text, [(0, 1, 8.0), (1, 2, 1.0), (2, 4, 2.0), (4, 5, 2.5), (5, 8, 0.5)])
    found = aligned(one, other)
    assert [stretch.text for stretch in found.stretches] == ["ab", " cd", " ef"]
    assert [stretch.surprisals for stretch in found.stretches] == [(None, 9.0), (4.0, 4.5), (1.0, 0.5)]
    assert found.stretches[1].tokens == ([1], [2, 3])
    assert (found.totals, found.characters, found.per_character) == ((5.0, 5.0), 6, (5 / 6, 5 / 6))
    assert not found.same_tokens and aligned(one, one).same_tokens


def test_bytes_of_one_character_stay_together() -> None:
    text = "a\u6f22b"
    one = made("one", text, [(0, 1, 1.0), (1, 2, 2.0), (1, 2, 3.0), (1, 2, 4.0), (2, 3, 5.0)])
    other = made("other", text, [(0, 2, 7.0), (2, 3, 1.0)])
    assert [stretch.surprisals for stretch in aligned(one, other).stretches] == [(10.0, 7.0), (5.0, 1.0)]


def test_a_view_cut_sooner_is_compared_as_far_as_it_goes() -> None:
    whole = made("one", "ab cd", [(0, 2, 1.0), (2, 5, 1.0)])
    short = made("other", "ab", [(0, 2, 3.0)])
    assert [stretch.text for stretch in aligned(whole, short).stretches] == ["ab"]
    with pytest.raises(BadInput, match="same text"):
        aligned(whole, made("other", "xy", [(0, 2, 3.0)]))


def test_tokens_without_places_are_refused() -> None:
    one = made("one", "ab", [(0, 2, 1.0)])
    with pytest.raises(BadInput, match="none from one"):
        aligned(one.model_copy(update={"tokens": [one.tokens[0].model_copy(update={"end": None})]}), one)


def test_real_models_of_other_tokenizers(stories: Path, tmp_path: Path) -> None:
    other = tiny(tmp_path / "mamba", "mamba", "AutoModelForCausalLM")
    text = "it was a very good film and we love it"
    views = [Surprisal.model_validate(asked(folder, "text-generation", "surprisal", {"prompt": text})) for folder in (stories, other)]
    found = aligned(*views)
    assert not found.same_tokens and "".join(stretch.text for stretch in found.stretches) == text
    assert found.totals[0] == pytest.approx(views[0].total)
    known = [token.surprisal for token in views[1].tokens if not token.special]
    assert found.totals[1] == pytest.approx(sum(known))


def test_tokens_that_an_edit_kept_are_paired_in_order() -> None:
    before = made("one", "the film was good", [(0, 3, None), (3, 8, 4.0), (8, 12, 1.0), (12, 17, 2.0)])
    pieces = {"the": 0, " film": 1, " was": 2, " good": 3, " old": 9}
    after = made("one", "the old film good", [(0, 3, None), (3, 7, 5.0), (7, 12, 6.0), (12, 17, 2.5)])
    tokens = [token.model_copy(update={"id": pieces[token.text]}) for token in after.tokens]
    kept = kept_tokens(before, after.model_copy(update={"tokens": tokens}))
    assert [(one.text, one.tokens, one.surprisals, one.start) for one in kept] == [
        ("the", ([0], [0]), (None, None), 0),
        (" film", ([1], [2]), (4.0, 6.0), 7),
        (" good", ([3], [3]), (2.0, 2.5), 12),
    ]
