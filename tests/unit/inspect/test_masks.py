"""Gaps: the candidates are those of a run and of plain AutoModel code, with the user's own words beside them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from core.errors import BadInput
from core.schema import Role
from tests.tiny_models import tiny
from tests.unit.inspect.looks import asked
from tests.unit.tasks.scoring import ready_from, score_cells

TASK = "fill-mask"
TEXT = "the [MASK] was very <mask> ."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("masks") / "bert", "bert", "AutoModelForMaskedLM")


def test_numbers_are_those_of_plain_transformers(folder: Path) -> None:
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    answer = asked(folder, TASK, "masks", {"text": TEXT}, top=4, targets=["film", "goodness", "film"])
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model = AutoModelForMaskedLM.from_pretrained(folder, trust_remote_code=False).eval()
    batch = tokenizer(TEXT.replace("<mask>", "[MASK]"), return_tensors="pt")
    at = (batch["input_ids"][0] == tokenizer.mask_token_id).nonzero()[:, 0]
    with torch.inference_mode():
        likely = model(**batch).logits[0, at].log_softmax(-1)
    assert [gap["place"] for gap in answer["gaps"]] == at.tolist() and len(answer["gaps"]) == 2
    for gap, row in zip(answer["gaps"], likely, strict=True):
        best = row.exp().topk(4)
        assert [one["id"] for one in gap["candidates"]] == best.indices.tolist()
        assert [one["probability"] for one in gap["candidates"]] == pytest.approx(best.values.tolist(), abs=1e-6)
        assert gap["entropy"] == pytest.approx(-float((row.exp() * row).sum()) / math.log(2), abs=1e-4)
        assert [one["word"] for one in gap["targets"]] == ["film", "goodness"]
        for one in gap["targets"]:
            assert one["probability"] == pytest.approx(float(row[one["id"]].exp()), rel=1e-4)
            assert one["rank"] == 1 + int((row > row[one["id"]]).sum())
    whole, begun = answer["gaps"][0]["targets"]
    assert whole["whole"] and whole["id"] == tokenizer.convert_tokens_to_ids("film")
    assert not begun["whole"] and begun["id"] == tokenizer.convert_tokens_to_ids("good"), "a word in pieces is scored by its first one"


def test_the_filled_text_is_that_of_a_run(folder: Path) -> None:
    answer = asked(folder, TASK, "masks", {"text": TEXT}, options={"targets": ["film", "good"]})
    row = score_cells(TASK, ready_from(folder, TASK), {Role.TEXT: [TEXT]}).to_pylist()[0]
    assert answer["filled"] == row["filled"]
    assert [gap["candidates"][0]["text"] for gap in answer["gaps"]] == row["prediction"].split(" … ")
    assert [one["word"] for one in answer["gaps"][1]["targets"]] == ["film", "good"], "targets of the options"


def test_a_text_without_a_gap_is_refused(folder: Path) -> None:
    with pytest.raises(BadInput, match="no gap"):
        asked(folder, TASK, "masks", {"text": "the film was good"})
