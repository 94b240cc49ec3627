"""What our batches write is what plain ``generate`` writes row by row, for every family, any batch size, padded left and right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.schema import Role
from core.tasks import TaskModel
from tests.tiny_models import tiny
from tests.unit.tasks.scoring import ready_from, score_cells

SEQ2SEQ, CAUSAL = ("t5", "bart"), ("gpt2", "llama", "mamba", "rwkv")
TEXTS = [
    "good",
    "it was not very good, it broke after two days",
    "a",
    "love this phone",
    "we hate the slow film and the price",
    "Ünknown 漢字",
    "they arrived late. i love it never again",
]
NEW = 8
TIE = 1e-4
HOW: list[dict[str, Any]] = [
    {},
    {"no_repeat_ngram_size": 1},
    {"no_repeat_ngram_size": 2, "min_new_tokens": 5},
    {"num_beams": 3, "num_return_sequences": 2},
    {"num_beams": 4, "length_penalty": 2.0, "no_repeat_ngram_size": 2},
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("writers")
    made = {family: tiny(root / family, family, "AutoModelForSeq2SeqLM") for family in SEQ2SEQ}
    return made | {family: tiny(root / family, family, "AutoModelForCausalLM") for family in CAUSAL}


def plain(model: TaskModel, text: str, **options: Any) -> tuple[list[list[int]], list[float] | None, list[int]]:
    """Plain ``generate`` of one text: the tokens of each sequence behind the start, their scores, and the prompt."""
    import torch

    inputs = model.tokenizer(text, return_tensors="pt", return_token_type_ids=False)
    decoder = not model.network.config.is_encoder_decoder
    if model.network.config.model_type == "rwkv":
        options["use_cache"] = False  # with its state transformers mixes beams
    with torch.inference_mode():
        found = model.network.generate(
            **inputs, max_new_tokens=NEW, do_sample=False, return_dict_in_generate=True, output_scores=True, **options
        )
    start = inputs["input_ids"].shape[1] if decoder else 1
    scores = found.sequences_scores.tolist() if options.get("num_beams", 1) > 1 else None
    return [ids[start:].tolist() for ids in found.sequences], scores, inputs["input_ids"][0].tolist()


def text_of(model: TaskModel, prompt: list[int], ids: list[int]) -> str:
    """The answer as text: behind the prompt where the model continues it."""
    if model.network.config.is_encoder_decoder:
        return model.tokenizer.decode(ids, skip_special_tokens=True)
    whole = model.tokenizer.decode([*prompt, *ids], skip_special_tokens=True)
    return whole.removeprefix(model.tokenizer.decode(prompt, skip_special_tokens=True))


def tied(model: TaskModel, prompt: list[int], ours: list[int], theirs: list[int]) -> bool:
    """Whether two greedy answers part where the model gives both tokens the same score, within ``TIE``."""
    import torch

    step = next(place for place, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other)
    with torch.inference_mode():
        if model.network.config.is_encoder_decoder:
            begin = model.network.generation_config.decoder_start_token_id
            logits = model.network(input_ids=torch.tensor([prompt]), decoder_input_ids=torch.tensor([[begin, *theirs[:step]]])).logits[
                0, -1
            ]
        else:
            logits = model.network(input_ids=torch.tensor([[*prompt, *theirs[:step]]])).logits[0, -1]
    return abs(float(logits[ours[step]] - logits[theirs[step]])) <= TIE


def check_equal(model: TaskModel, task: str, role: Role, texts: list[str], budgets: tuple[int, ...], **options: Any) -> set[str]:
    """Holds our result against plain ``generate``; gives the distinct answers."""
    from core import tasks

    expected = [plain(model, text, **{key: value for key, value in options.items() if key != "max_new_tokens"}) for text in texts]
    for budget in budgets:
        table = score_cells(task, model, {role: texts}, budget).to_pylist()
        for row, (sequences, scores, prompt) in zip(table, expected, strict=True):
            answer = text_of(model, prompt, sequences[0])
            if row["prediction"] == answer:
                continue
            if scores is not None:
                assert row["sequences"][0]["score"] == pytest.approx(scores[0], abs=TIE), (budget, row["prediction"], answer)
            else:
                encoded = tasks.get(task).encode(model, {role: [texts[table.index(row)]]})
                batch = {name: values for name, values in encoded.batch(np.array([0])).items() if name in model.accepted}
                ours = tasks.get(task).forward(model, batch)[0][0].ids.tolist()
                assert tied(model, prompt, ours, sequences[0]), (budget, row["prediction"], answer)
    return {text_of(model, prompt, sequences[0]) for sequences, _, prompt in expected}


CASES = [(family, how) for family in SEQ2SEQ + CAUSAL for how in (HOW[::3] if family in ("mamba", "rwkv") else HOW)]


@pytest.mark.parametrize(("family", "how"), CASES, ids=[f"{family} {' '.join(how) or 'greedy'}" for family, how in CASES])
def test_equals_generate_row_by_row(folders: dict[str, Path], family: str, how: dict[str, Any]) -> None:
    task, role = ("text2text-generation", Role.TEXT) if family in SEQ2SEQ else ("text-generation", Role.PROMPT)
    model = ready_from(folders[family], task, max_new_tokens=NEW, **how)
    answers = check_equal(model, task, role, TEXTS, (1, 64, 100_000) if not how else (64, 100_000), **how)
    assert len(answers) > 1, "the test model must have more than one answer"


def test_the_scores_of_sequences_are_those_of_beam_search(folders: dict[str, Path]) -> None:
    how = {"num_beams": 4, "num_return_sequences": 3}
    for family, task, role in (("t5", "text2text-generation", Role.TEXT), ("llama", "text-generation", Role.PROMPT)):
        model = ready_from(folders[family], task, max_new_tokens=NEW, **how)
        table = score_cells(task, model, {role: TEXTS}, 512).to_pylist()
        for text, row in zip(TEXTS, table, strict=True):
            sequences, scores, prompt = plain(model, text, **how)
            assert [one["score"] for one in row["sequences"]] == pytest.approx(scores, abs=TIE)
            assert [one["text"] for one in row["sequences"]] == [text_of(model, prompt, ids) for ids in sequences]
            assert row["prediction"] == row["sequences"][0]["text"]


@pytest.mark.parametrize("beams", [1, 3])
def test_confidence_is_the_mean_probability_of_the_tokens(folders: dict[str, Path], beams: int) -> None:
    import torch

    model = ready_from(folders["gpt2"], "text-generation", max_new_tokens=NEW, num_beams=beams)
    table = score_cells("text-generation", model, {Role.PROMPT: TEXTS}, 512).to_pylist()
    lengths = set()
    for text, row in zip(TEXTS, table, strict=True):
        sequences, _, prompt = plain(model, text, num_beams=beams)
        ids = sequences[0][: row["output_tokens"]]
        with torch.inference_mode():
            logits = model.network(input_ids=torch.tensor([[*prompt, *ids]])).logits[0, len(prompt) - 1 : -1]
        logprobs = logits.log_softmax(dim=-1)[torch.arange(len(ids)), torch.tensor(ids)]
        assert row["confidence"] == pytest.approx(float(logprobs.mean().exp()), abs=1e-5)
        lengths.add(len(ids))
    assert len(lengths) > 1, "answers must end at different steps"


@pytest.mark.parametrize("family", ["gpt2", "llama", "mamba"])
def test_left_padding_changes_no_logits(folders: dict[str, Path], family: str) -> None:
    """Why these families may share a batch: measured, as for the models in MASK_IGNORED."""
    import torch

    model = ready_from(folders[family], "text-generation")
    ids = torch.tensor([model.tokenizer("love this phone").input_ids])
    padded = torch.cat([torch.zeros(1, 7, dtype=torch.long), ids], dim=1)
    mask = (torch.arange(padded.shape[1]) >= 7).long()[None]
    positions = {"position_ids": (mask.cumsum(-1) - 1).clamp(min=0)} if family != "mamba" else {}
    with torch.inference_mode():
        alone = model.network(input_ids=ids).logits[0, -1]
        beside = model.network(input_ids=padded, attention_mask=mask, **positions).logits[0, -1]
    assert torch.allclose(alone, beside, atol=1e-4)


def test_the_models_own_penalties_do_not_see_the_padding(folders: dict[str, Path]) -> None:
    model = ready_from(folders["llama"], "text-generation", max_new_tokens=NEW)
    model.network.generation_config.repetition_penalty = 1.7
    check_equal(model, "text-generation", Role.PROMPT, TEXTS, (1, 100_000))
    model = ready_from(folders["bart"], "text2text-generation", max_new_tokens=NEW)
    model.network.generation_config.encoder_no_repeat_ngram_size = 1
    check_equal(model, "text2text-generation", Role.TEXT, TEXTS, (1, 100_000))


def test_stories_are_those_of_generate(shared_data: Path) -> None:
    folder = shared_data.parent / "checkpoints" / "stories260K"
    if not folder.is_dir():
        pytest.skip("the checkpoint stories260K is not beside this checkout (../shared/checkpoints)")
    prompts = [
        "Once upon a time",
        "Lily and Tom went to the park",
        "The dog",
        "Hi",
        "One day, a girl found a big red ball. She",
        "He said:",
    ]
    for how in ({}, {"num_beams": 2}):
        model = ready_from(folder, "text-generation", max_new_tokens=NEW, **how)
        answers = check_equal(model, "text-generation", Role.PROMPT, prompts, (1, 64, 2_048) if not how else (2_048,), **how)
        assert len(answers) == len(prompts)
        assert any(answer.startswith(" ") for answer in answers), "leading spaces stay"
