"""Drawn answers: they belong to the row, and their distribution is the model's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare

from core.schema import Role
from core.tasks.writing.decoding import Decoding, write
from core.tasks.writing.noise import RowNoise
from tests.tiny_models import tiny
from tests.unit.tasks.scoring import ready_from, score_cells

DRAWS = 4_000
PROMPTS = ["good", "it was not very good, it broke after two days", "a", "love this phone", "they arrived late", "ok 7"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("drawn") / "gpt2", "gpt2", "AutoModelForCausalLM")


def test_the_largest_noisy_score_is_a_sample_of_the_softmax() -> None:
    scores = np.log(np.array([0.5, 0.25, 0.15, 0.07, 0.02, 0.01]))
    drawn = [int((scores + RowNoise(seed, np.array([5, 6])).at(3, len(scores))).argmax()) for seed in range(DRAWS)]
    assert chisquare(np.bincount(drawn, minlength=len(scores)), np.exp(scores) * DRAWS).pvalue > 0.001


def test_noise_depends_on_seed_text_copy_and_step_only() -> None:
    ids = np.array([3, 1, 2])
    base = RowNoise(1, ids).at(0, 50)
    assert (RowNoise(1, ids.astype(np.int32)).at(0, 50) == base).all()
    others = [RowNoise(2, ids).at(0, 50), RowNoise(1, ids[::-1]).at(0, 50), RowNoise(1, ids, 1).at(0, 50), RowNoise(1, ids).at(1, 50)]
    assert all((other != base).all() for other in others)
    assert (RowNoise(1, ids).at(0, 80)[:50] == base).all()


@pytest.mark.parametrize(("temperature", "top_k"), [(1.0, 0), (0.7, 5)])
def test_many_seeds_draw_as_the_models_softmax_says(folder: Path, temperature: float, top_k: int) -> None:
    import torch

    model = ready_from(folder, "text-generation")
    ids = np.array([model.tokenizer("love this phone").input_ids])
    how = Decoding(max_new=1, sample=True, sequences=DRAWS, more={"temperature": temperature, "top_k": top_k})
    drawn = [int(written.ids[0]) for written in write(model.network, {"input_ids": ids, "attention_mask": np.ones_like(ids)}, how)[0]]
    with torch.inference_mode():
        logits = model.network(input_ids=torch.from_numpy(ids)).logits[0, -1].double() / temperature
    if top_k:
        logits = logits.masked_fill(logits < logits.topk(top_k).values[-1], -torch.inf)
    expected = logits.softmax(dim=-1).numpy() * DRAWS
    seen = np.bincount(drawn, minlength=len(expected))
    assert not seen[expected == 0].any()
    likely = expected >= 5  # the rule of thumb of the test; the rest is one bin
    assert likely.sum() >= 4
    counts, wanted = (np.append(values[likely], values[~likely].sum()) for values in (seen, expected))
    used = wanted > 0
    assert chisquare(counts[used], wanted[used]).pvalue > 0.001


def test_drawn_answers_are_equal_for_any_batch_and_order(folder: Path) -> None:
    model = ready_from(folder, "text-generation", max_new_tokens=10, do_sample=True, seed=7, num_return_sequences=2, top_k=0)
    tables = [score_cells("text-generation", model, {Role.PROMPT: PROMPTS}, budget).to_pylist() for budget in (1, 90, 100_000)]
    assert [row["sequences"] for row in tables[0]] != []
    for table in tables[1:]:
        assert [row["prediction"] for row in table] == [row["prediction"] for row in tables[0]]
        assert [[one["text"] for one in row["sequences"]] for row in table] == [
            [one["text"] for one in row["sequences"]] for row in tables[0]
        ]
    turned = score_cells("text-generation", model, {Role.PROMPT: PROMPTS[::-1]}, 90).to_pylist()
    assert [row["prediction"] for row in turned[::-1]] == [row["prediction"] for row in tables[0]]
    assert all(row["sequences"][0]["text"] == row["prediction"] for row in tables[0])
    assert any(row["sequences"][0]["text"] != row["sequences"][1]["text"] for row in tables[0])


def test_another_seed_draws_other_answers_and_one_answer_is_the_first_of_two(folder: Path) -> None:
    answers = {}
    for seed in (0, 1):
        for count in (1, 2):
            model = ready_from(folder, "text-generation", max_new_tokens=10, do_sample=True, seed=seed, num_return_sequences=count)
            answers[seed, count] = score_cells("text-generation", model, {Role.PROMPT: PROMPTS}, 512)["prediction"].to_pylist()
    assert answers[0, 1] == answers[0, 2] and answers[1, 1] == answers[1, 2]
    assert answers[0, 1] != answers[1, 1]
