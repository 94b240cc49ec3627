"""How models of encoder and decoder are asked: prefixes, the settings of their own config, languages."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core import tasks
from core.errors import BadInput
from core.schema import Role
from core.tasks import TaskModel
from core.tasks.writing.languages import answering, languages_of, speaking
from tests.tiny_models import tiny
from tests.unit.tasks.scoring import ready_from, score_cells

SPECIFIC = {
    "summarization": {"prefix": "we say ", "max_length": 9, "min_length": 5, "num_beams": 2, "length_penalty": 2.0, "early_stopping": True},
    "translation_en_to_de": {"prefix": "this is ", "max_length": 7, "num_beams": 1},
    "translation_en_to_fr": {"prefix": "that was ", "max_length": 7},
}
TEXTS = ["good film", "the price is awful"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("asked")
    return {
        "t5": tiny(root / "t5", "t5", "AutoModelForSeq2SeqLM", task_specific_params=SPECIFIC),
        "bart": tiny(root / "bart", "bart", "AutoModelForSeq2SeqLM"),
    }


def ids(task: str, model: TaskModel, texts: list[str]) -> list[list[int]]:
    encoded = tasks.get(task).encode(model, {Role.TEXT: texts})
    return [encoded.inputs["input_ids"][row].tolist() for row in range(len(texts))]


def test_auto_takes_the_prefix_of_the_config_and_the_users_own_wins(folders: dict[str, Path]) -> None:
    model = ready_from(folders["t5"], "summarization")
    assert ids("summarization", model, TEXTS) == [model.tokenizer("we say " + text).input_ids for text in TEXTS]
    own = ready_from(folders["t5"], "summarization", prefix="ok ")
    assert ids("summarization", own, TEXTS) == [model.tokenizer("ok " + text).input_ids for text in TEXTS]
    none = ready_from(folders["t5"], "summarization", prefix="")
    assert ids("summarization", none, TEXTS) == ids("text2text-generation", ready_from(folders["t5"], "text2text-generation"), TEXTS)


def test_the_config_decides_what_the_user_leaves_open(folders: dict[str, Path]) -> None:
    import torch

    model = ready_from(folders["t5"], "summarization")
    how = tasks.get("summarization").decoding(model)
    assert (how.beams, how.max_new, how.min_new) == (2, 8, 4)
    assert how.more["length_penalty"] == 2.0 and how.more["early_stopping"] is True
    table = score_cells("summarization", model, {Role.TEXT: TEXTS})
    for text, ours in zip(TEXTS, table["prediction"].to_pylist(), strict=True):
        inputs = model.tokenizer("we say " + text, return_tensors="pt", return_token_type_ids=False)
        params = {name: value for name, value in SPECIFIC["summarization"].items() if name != "prefix"}
        with torch.inference_mode():
            theirs = model.network.generate(**inputs, **params, do_sample=False)[0]
        assert ours == model.tokenizer.decode(theirs, skip_special_tokens=True)
    chosen = tasks.get("summarization").decoding(
        ready_from(folders["t5"], "summarization", num_beams=1, max_new_tokens=3, min_new_tokens=0)
    )
    assert (chosen.beams, chosen.max_new, chosen.min_new) == (1, 3, 0)


def test_t5_translates_by_the_pair_of_its_config(folders: dict[str, Path]) -> None:
    model = ready_from(folders["t5"], "translation", source_language="en", target_language="fr")
    assert ids("translation", model, TEXTS) == [model.tokenizer("that was " + text).input_ids for text in TEXTS]
    with pytest.raises(BadInput, match="en to de, en to fr"):
        ids("translation", ready_from(folders["t5"], "translation", target_language="es"), TEXTS)
    own = ready_from(folders["t5"], "translation", prefix="ok ")
    assert ids("translation", own, TEXTS) == [model.tokenizer("ok " + text).input_ids for text in TEXTS]


class Coded:
    """A tokenizer with language codes, as mBART, NLLB (code alone) and M2M100 (underlines around) have them."""

    def __init__(self, codes: list[str], **more: Any):
        self._vocabulary = {code: 100 + place for place, code in enumerate(codes)}
        for name, value in more.items():
            setattr(self, name, value)

    def get_vocab(self) -> dict[str, int]:
        return self._vocabulary


@pytest.mark.parametrize(
    ("tokenizer", "source", "target", "first", "prefix"),
    [
        (Coded(["en_XX", "de_DE"], src_lang="en_XX"), "en_XX", "de_DE", 101, ""),
        (Coded(["eng_Latn", "deu_Latn"], src_lang="eng_Latn"), "", "deu_Latn", 101, ""),
        (Coded(["__en__", "__de__"], src_lang="en", lang_code_to_id={"en": 7, "de": 8}), "en", "de", 8, ""),
        (Coded(["__en__", "__de__"], src_lang="en"), "en", "de", 101, ""),
        (Coded([">>fr<<", ">>it<<"]), "", "it", None, ">>it<< "),
        (Coded(["x"]), "", "", None, ""),
    ],
)
def test_each_family_is_told_its_languages_in_its_own_way(tokenizer: Any, source: str, target: str, first: int | None, prefix: str) -> None:
    found = languages_of(tokenizer, SimpleNamespace(), source, target)
    assert (found.first_token, found.prefix) == (first, prefix)


def test_unknown_languages_are_refused() -> None:
    with pytest.raises(BadInput, match="language code"):
        languages_of(Coded(["en_XX"], src_lang="en_XX"), SimpleNamespace(), "en_XX", "xx_YY")
    with pytest.raises(BadInput, match="language code"):
        languages_of(Coded(["en_XX"], src_lang="en_XX"), SimpleNamespace(), "english", "")
    with pytest.raises(BadInput, match="without codes"):
        languages_of(Coded(["x"]), SimpleNamespace(), "", "de")


def test_the_source_language_is_set_for_a_while_only() -> None:
    tokenizer = Coded(["en_XX", "de_DE"], src_lang="en_XX")
    with pytest.raises(ZeroDivisionError), speaking(tokenizer, "de_DE"):
        assert tokenizer.src_lang == "de_DE"
        raise ZeroDivisionError
    assert tokenizer.src_lang == "en_XX"


def test_the_answer_starts_with_the_token_of_its_language(folders: dict[str, Path]) -> None:
    model = ready_from(folders["bart"], "translation", target_language="film", max_new_tokens=6)
    model.tokenizer.src_lang = "phone"
    token = model.tokenizer.convert_tokens_to_ids("film")
    task = tasks.get("translation")
    encoded = task.encode(model, {Role.TEXT: TEXTS})
    batch = {name: values for name, values in encoded.batch(np.arange(2)).items() if name in model.accepted}
    assert [found[0].ids[0] for found in task.forward(model, batch)] == [token, token]
    assert encoded.cost.tolist() == [int(length) + 6 for length in encoded.lengths]


def test_a_batch_stays_within_the_budget_with_all_its_beams(folders: dict[str, Path]) -> None:
    model = ready_from(folders["bart"], "text2text-generation", max_new_tokens=10, num_beams=3)
    encoded = tasks.get("text2text-generation").encode(model, {Role.TEXT: TEXTS})
    assert encoded.costs.tolist() == [3 * (int(length) + 10) for length in encoded.lengths]


def test_the_language_of_answers_is_set_for_a_while_only() -> None:
    tokenizer = SimpleNamespace(tgt_lang="en_XX")
    with answering(tokenizer, "de_DE"):
        assert tokenizer.tgt_lang == "de_DE"
    with answering(tokenizer, ""):
        assert tokenizer.tgt_lang == "en_XX"
    with answering(SimpleNamespace(), "de_DE"):  # a model without codes
        pass
    assert tokenizer.tgt_lang == "en_XX"
