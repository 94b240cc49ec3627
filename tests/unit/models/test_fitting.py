"""Adapters against the headers of a base: what fits passes, and each way not to fit is found without torch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import BadInput
from core.models.fitting import check_fit
from core.models.weights import Header, read_headers
from tests.tiny_models import tiny

LAYER, P = "encoder.layer.0.query", "base_model.model."
BASE = {f"bert.{LAYER}.weight": (8, 6), f"bert.{LAYER}.bias": (8,), "bert.embeddings.word.weight": (40, 6), "classifier.weight": (2, 8)}
LORA = {f"{P}bert.{LAYER}.lora_A.weight": (2, 6), f"{P}bert.{LAYER}.lora_B.weight": (8, 2)}
HEAD = {f"{P}classifier.weight": (5, 8), f"{P}classifier.bias": (5,)}
HEADS = ["classifier", "qa_outputs"]  # saved whole
WIDER = {"gpt2": {"n_embd": 48}, "distilbert": {"dim": 48}, "t5": {"d_model": 48}, "bart": {"d_model": 48}}
WIDER |= {family: {"hidden_size": 48} for family in ("bert", "roberta", "llama")}


def header(shapes: dict[str, tuple[int, ...]], kind: str = "F32") -> Header:
    return Header(shapes, dict.fromkeys(shapes, kind))


def check(
    shapes: dict[str, tuple[int, ...]], *, base: dict[str, tuple[int, ...]] = BASE, labels: int = 0, kind: str = "F32", **config: object
):
    adapter = {"peft_type": "LORA", "modules_to_save": ["classifier"], "r": 2} | config
    check_fit(adapter, header(shapes, kind), header(base), name="local:tiny", labels=labels)


@pytest.mark.parametrize(
    ("shapes", "config"),
    [
        (LORA, {}),
        (LORA | HEAD, {}),
        (LORA | {f"{P}bert.{LAYER}.lora_magnitude_vector": (8,)}, {"use_dora": True}),
        (LORA | {f"{P}bert.{LAYER}.bias": (8,)}, {"bias": "lora_only"}),
        ({f"{P}bert.{LAYER}.lora_A.weight": (2, 8), f"{P}bert.{LAYER}.lora_B.weight": (6, 2)}, {"fan_in_fan_out": True}),
        ({f"{P}bert.embeddings.word.lora_embedding_A": (2, 40), f"{P}bert.embeddings.word.lora_embedding_B": (6, 2)}, {}),
        ({f"{P}lm_head.lora_A.weight": (2, 6), f"{P}lm_head.lora_B.weight": (40, 2)}, {}),
    ],
)
def test_what_fits_passes(shapes: dict, config: dict) -> None:
    check(shapes, **config)


def test_names_with_and_without_the_prefix_of_the_class_are_one() -> None:
    bare = {name.removeprefix("bert."): shape for name, shape in BASE.items()}
    check(LORA, base=bare)
    check({name.replace("bert.", "", 1): shape for name, shape in LORA.items()})


@pytest.mark.parametrize(
    "changed",
    [
        {f"{P}bert.{LAYER}.lora_A.weight": (2, 7)},
        {f"{P}bert.{LAYER}.lora_B.weight": (9, 2)},
        {f"{P}bert.{LAYER}.lora_B.weight": (8, 3)},
        {f"{P}bert.{LAYER}.lora_A.weight": (0, 6), f"{P}bert.{LAYER}.lora_B.weight": (8, 0)},
        {f"{P}bert.{LAYER}.lora_A.weight": ()},
        {f"{P}bert.{LAYER}.lora_magnitude_vector": (7,)},
        {f"{P}bert.{LAYER}.bias": (9,)},
        {f"{P}classifier.weight": (5, 9)},
        {f"{P}pooler.weight": (8, 8)},
        {f"{P}bert.encoder.layer.9.query.lora_A.weight": (2, 6), f"{P}bert.encoder.layer.9.query.lora_B.weight": (8, 2)},
        {f"bert.{LAYER}.lora_A.weight": (2, 6)},
    ],
)
def test_what_does_not_fit_is_named(changed: dict) -> None:
    with pytest.raises(BadInput, match="fit local:tiny"):
        check(LORA | changed)


@pytest.mark.parametrize("missing", list(LORA))
def test_half_a_pair_does_not_fit(missing: str) -> None:
    with pytest.raises(BadInput, match="fit local:tiny"):
        check({name: shape for name, shape in LORA.items() if name != missing} | {f"{P}lm_head.lora_A.weight": (2, 6)})


def test_other_kinds_and_types_are_refused() -> None:
    with pytest.raises(BadInput, match="IA3"):
        check(LORA, peft_type="IA3")
    with pytest.raises(BadInput, match="fit local:tiny"):
        check(LORA, kind="I8")
    with pytest.raises(BadInput, match="none of them"):
        check(HEAD)


WORD = "bert.embeddings.word"
EMBEDDING = {f"{P}{WORD}.lora_embedding_A": (4, 40), f"{P}{WORD}.lora_embedding_B": (6, 4)}


@pytest.mark.parametrize(
    ("shapes", "config"),
    [
        (LORA, {"r": 16, "rank_pattern": {"query": 2}}),
        (LORA, {"r": 16, "rank_pattern": {f"^bert.{LAYER}": 2, "query": 16}}),
        (LORA | EMBEDDING, {"rank_pattern": {"word": 4}}),
        (LORA | EMBEDDING | HEAD, {"r": 4, "rank_pattern": {r"layer\.\d+\.(query|key)": 2}, "use_rslora": True}),
        (LORA | {f"{P}bert.{LAYER}.lora_magnitude_vector": (8,)}, {"use_dora": True, "init_lora_weights": "olora"}),
    ],
)
def test_the_rank_that_is_told_is_that_of_the_tensors(shapes: dict, config: dict) -> None:
    check(shapes, **config)


@pytest.mark.parametrize(
    ("shapes", "config", "told"),
    [
        (LORA, {"r": 1}, "1 in"),
        (LORA, {"r": 10**9}, "1000000000 in"),
        (LORA, {"r": None}, "None in"),
        (LORA, {"r": 2.0}, "2.0 in"),
        (LORA, {"r": "2"}, "2 in"),
        (LORA, {"rank_pattern": {"query": 16}}, "16 in"),
        (LORA, {"rank_pattern": {"uery": 16, "query": [2]}}, r"\[2\] in"),
        (LORA | EMBEDDING, {}, "2 in"),
        (LORA, {"rank_pattern": [2]}, "list"),
        (LORA, {"rank_pattern": {"(?=x)": 2}}, "cannot be matched safely"),
    ],
)
def test_another_rank_than_that_of_the_tensors_is_refused(shapes: dict, config: dict, told: str) -> None:
    with pytest.raises(BadInput, match=f"rank.*found.*{told}"):
        check(shapes, **config)


@pytest.mark.parametrize("key", ["layer_replication", "target_parameters", "monteclora_config", "kasa_config"])
def test_more_than_two_matrices_for_a_layer_is_refused(key: str) -> None:
    check(LORA, **{key: None})
    with pytest.raises(BadInput, match=f"a LoRA adapter; found {key}"):
        check(LORA, **{key: [[0, 10**9]]})


@pytest.mark.parametrize("saved", ["classifier", ["(a+)+!"], [5], {"classifier": 1}])
def test_modules_to_save_are_names(saved: object) -> None:
    with pytest.raises(BadInput, match="modules_to_save"):
        check(LORA, modules_to_save=saved)


def test_labels_and_outputs_are_as_many() -> None:
    check(LORA | HEAD, labels=5)
    with pytest.raises(BadInput, match="4 labels and 5 outputs"):
        check(LORA | HEAD, labels=4)


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("family", "auto_class", "task_type", "more"),
    [
        ("bert", "AutoModelForSequenceClassification", "SEQ_CLS", {"use_dora": True}),
        ("distilbert", "AutoModelForTokenClassification", "TOKEN_CLS", {"bias": "all"}),
        ("roberta", "AutoModelForSequenceClassification", "SEQ_CLS", {"use_rslora": True}),
        ("bert", "AutoModelForSequenceClassification", "SEQ_CLS", {"rank_pattern": {"query": 4, "layer.1.*key": 3}}),
        ("bert", "AutoModelForSequenceClassification", "SEQ_CLS", {"init_lora_weights": "pissa"}),
        ("bert", "AutoModelForSequenceClassification", "SEQ_CLS", {"init_lora_weights": "olora", "modules_to_save": HEADS[:1]}),
        ("bert", "AutoModelForQuestionAnswering", "QUESTION_ANS", {}),
        ("t5", "AutoModelForSeq2SeqLM", "SEQ_2_SEQ_LM", {}),
        ("bart", "AutoModelForSeq2SeqLM", "SEQ_2_SEQ_LM", {}),
        ("gpt2", "AutoModelForCausalLM", "CAUSAL_LM", {}),
        ("llama", "AutoModelForCausalLM", "CAUSAL_LM", {}),
    ],
)
def test_what_peft_saves_fits_the_base_that_it_was_made_on(
    tmp_path: Path, family: str, auto_class: str, task_type: str, more: dict
) -> None:
    """On the whole model and on its body alone, as bases for a new head come."""
    import transformers
    from peft import LoraConfig, get_peft_model

    for saved_as in (auto_class, "AutoModel"):
        base, out = tiny(tmp_path / saved_as / "base", family, saved_as), tmp_path / saved_as / "adapter"
        model = getattr(transformers, auto_class).from_pretrained(base, trust_remote_code=False)
        get_peft_model(
            model, LoraConfig(task_type=task_type, r=2, target_modules="all-linear", exclude_modules=HEADS, **more)
        ).save_pretrained(out)
        adapter = json.loads((out / "adapter_config.json").read_text())
        check_fit(adapter, read_headers(out), read_headers(base), name="tiny")
        wider = tiny(tmp_path / saved_as / "wider", family, saved_as, **WIDER[family])
        with pytest.raises(BadInput, match="fit wider"):
            check_fit(adapter, read_headers(out), read_headers(wider), name="wider")
