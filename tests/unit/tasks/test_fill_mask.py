"""fill-mask gives the words and scores of transformers' pipeline, for any batch size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from core import tasks
from core.inference.plan import Window
from core.inference.score import Scorer
from core.schema import Role
from core.tasks import TaskModel
from tests.tiny_models import LENGTH, tiny
from tests.unit.tasks.scoring import ready_from, score_cells

FAMILIES = ("bert", "distilbert", "roberta", "deberta-v2", "fnet", "bart")
TEXTS = [
    "the [MASK] is good",
    "it was not very [MASK] , it broke after two days and the service was awful",
    "[MASK]",
    "love this [MASK] and the [MASK]",
    "[MASK] [MASK] [MASK] bad",
    "the price was [MASK] " + "good " * 30,
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("families")
    return {family: tiny(root / family, family, "AutoModelForMaskedLM") for family in FAMILIES}


def ready(folder: Path, **options: Any) -> TaskModel:
    return ready_from(folder, "fill-mask", **options)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("targets", [(), ("good", "bad", "goodness")])
def test_equals_the_pipeline_for_any_batch_size(folders: dict[str, Path], family: str, targets: tuple[str, ...]) -> None:
    from transformers import pipeline

    model = ready(folders[family], top_k=4, targets=targets)
    pipe = pipeline("fill-mask", model=model.network, tokenizer=model.tokenizer)
    for budget in (1, 3 * LENGTH, 64 * LENGTH):
        table = score_cells("fill-mask", model, {Role.TEXT: TEXTS}, budget)
        for text, row in zip(TEXTS, table.to_pylist(), strict=True):
            theirs = pipe(text, top_k=4, **({"targets": list(targets)} if targets else {}))
            theirs = theirs if isinstance(theirs[0], list) else [theirs]
            ours = [[c for c in row["candidates"] if c["gap"] == gap + 1] for gap in range(len(theirs))]
            assert len(row["candidates"]) == sum(map(len, theirs))
            for mine, given in zip(ours, theirs, strict=True):
                np.testing.assert_allclose([c["score"] for c in mine], [g["score"] for g in given], atol=1e-5)
                apart = np.diff([g["score"] for g in given], append=0) < -1e-5
                assert [c["token"] for c, clear in zip(mine, apart, strict=True) if clear] == [
                    g["token_str"].strip() for g, clear in zip(given, apart, strict=True) if clear
                ]
            assert row["prediction"] == " … ".join(mine[0]["token"] for mine in ours)
            assert row["confidence"] == pytest.approx(min(given[0]["score"] for given in theirs), abs=1e-5)


def test_the_gaps_of_the_text_itself_are_filled(folders: dict[str, Path]) -> None:
    model = ready(folders["bert"], targets="good, bad")
    row = score_cells("fill-mask", model, {Role.TEXT: ["Ünï  [MASK]\n(<mask>)!"]}).to_pylist()[0]
    first, second = row["prediction"].split(" … ")
    assert {first, second} <= {"good", "bad"}
    assert row["filled"] == f"Ünï  {first}\n({second})!"


def test_a_text_without_a_gap_is_a_row_with_an_error(folders: dict[str, Path]) -> None:
    model = ready(folders["bert"])
    texts = ["no gap here", "a [MASK] here", "good " * LENGTH + "[MASK]"]
    parts = list(Scorer(tasks.get("fill-mask"), model, token_budget=512).score(Window(np.array([4, 7, 9]), {Role.TEXT: texts})))
    failed = {key: message for part in parts for key, message in part.failed.items()}
    assert failed.keys() == {4, 9} and "[MASK]" in failed[4] and "beyond" in failed[9]
    assert [key for part in parts for key in part.keys.tolist()] == [7]


def test_columns_are_those_that_are_announced(folders: dict[str, Path]) -> None:
    model = ready(folders["bert"])
    table = score_cells("fill-mask", model, {Role.TEXT: ["[MASK]"]})
    assert table.drop_columns(["key"]).schema.equals(tasks.get("fill-mask").output_columns(model))


def test_options_are_checked() -> None:
    options = tasks.get("fill-mask").Options
    assert options(targets="good, , bad,good").targets == ("good", "bad")
    with pytest.raises(ValidationError):
        options(top_k=0)
