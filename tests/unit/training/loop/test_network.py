"""An adapter in every linear layer of the body, a head of its own, and nothing else that changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import BadInput
from core.schema import Dials
from core.training.labels.column import SINGLE, Labels
from core.training.loop.network import head_modules, start_at, targets, trainable_model
from core.training.objectives.text_classification import TextClassification
from core.training.rows import Rows
from tests.tiny_models import files_of, tiny

FAMILIES = ["bert", "distilbert", "roberta", "deberta-v2", "gpt2", "llama"]


def labelled(*names: str) -> TextClassification:
    """One of these labels for each of no texts."""
    return TextClassification(Rows({"text": []}, {}), Labels(SINGLE, names, np.zeros(0, np.int64), np.zeros(0, bool)))


@pytest.mark.parametrize("family", FAMILIES)
def test_only_adapter_and_head_are_trained(tmp_path: Path, family: str) -> None:
    folder = tiny(tmp_path / family, family, "AutoModelForSequenceClassification", labels=("old", "older"))
    model = trainable_model(files_of(folder), "AutoModelForSequenceClassification", labelled("a", "b", "c"), Dials(rank=2))
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    adapters = [name for name in names if "lora_" in name]
    heads = [name for name in names if "modules_to_save" in name]
    assert adapters and heads and len(adapters) + len(heads) == len(names)
    assert not any("embed" in name for name in adapters)
    assert model.get_base_model().config.num_labels == 3


def test_the_layers_can_be_chosen_and_a_wrong_name_is_told(tmp_path: Path) -> None:
    import re

    folder = tiny(tmp_path / "bert", "bert", "AutoModelForSequenceClassification", labels=("a", "b"))
    model = trainable_model(files_of(folder), "AutoModelForSequenceClassification", labelled("a", "b"), Dials()).get_base_model()
    pattern = targets(model, ("query",))
    assert re.fullmatch(pattern, "bert.encoder.layer.1.attention.self.query")
    assert not re.fullmatch(pattern, "bert.pooler.dense") and not re.fullmatch(targets(model, ()), "bert.pooler.dense")
    with pytest.raises(BadInput, match="named nothing_like_it"):
        targets(model, ("nothing_like_it",))
    assert set(head_modules(model)) == {"classifier", "pooler"}


def test_a_config_of_which_no_model_can_be_built_is_refused_in_words(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "bert", "bert", "AutoModelForSequenceClassification", labels=("a", "b"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_attention_heads": 0}))
    with pytest.raises(BadInput, match=r"config\.json and weights .*ZeroDivisionError"):
        trainable_model(files_of(folder), "AutoModelForSequenceClassification", labelled("a", "b"), Dials())


@pytest.mark.parametrize("family", ["t5", "bart", "gpt2", "llama", "mamba", "rwkv"])
def test_a_model_that_writes_keeps_its_head(tmp_path: Path, family: str) -> None:
    from core.schema import Role
    from core.training.objectives.causal import Causal
    from core.training.objectives.sequence_to_sequence import SequenceToSequence

    kind = SequenceToSequence if family in ("t5", "bart") else Causal
    auto_class = "AutoModelForSeq2SeqLM" if kind is SequenceToSequence else "AutoModelForCausalLM"
    folder = tiny(tmp_path / family, family, auto_class)
    model = trainable_model(files_of(folder), auto_class, kind(Rows({Role.TEXT: []}, {})), Dials(rank=2))
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert names and all("lora_" in name for name in names)
    assert not any(part in name for name in names for part in ("embed", "lm_head", "shared"))


def test_thresholds_of_a_head_that_was_there_before_are_forgotten(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "bert", "bert", "AutoModelForSequenceClassification", labels=("a", "b"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"label_thresholds": {"a": 0.1, "b": 0.9}}))
    model = trainable_model(files_of(folder), "AutoModelForSequenceClassification", labelled("a", "b"), Dials())
    assert "label_thresholds" not in model.get_base_model().config.to_dict()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("auto_class", ["AutoModelForSequenceClassification", "AutoModelForTokenClassification"])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_new_head_begins_with_what_it_is_told(tmp_path: Path, family: str, auto_class: str, method: str) -> None:
    folder = tiny(tmp_path / family, family, "AutoModel")
    model = trainable_model(files_of(folder), auto_class, labelled("a", "b", "c"), Dials(rank=2, method=method)).eval()
    before = logits_of(model)
    said = np.array([-1.0, 0.5, 2.0], np.float32)
    start_at(model, said)
    has_bias = (family, auto_class) not in {(writer, "AutoModelForSequenceClassification") for writer in ("gpt2", "llama")}
    np.testing.assert_allclose(logits_of(model) - before, np.broadcast_to(said * has_bias, before.shape), atol=1e-6)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_head_that_the_files_had_keeps_what_it_says(tmp_path: Path, method: str) -> None:
    folder = tiny(tmp_path / "bert", "bert", "AutoModelForSequenceClassification", labels=("a", "b", "c"))  # its biases are zero
    dials = Dials(rank=2, method=method)
    model = trainable_model(files_of(folder), "AutoModelForSequenceClassification", labelled("a", "b", "c"), dials).eval()
    before = logits_of(model)
    start_at(model, np.array([5.0, 1.0, 0.0], np.float32))
    np.testing.assert_array_equal(logits_of(model), before)


def logits_of(model: Any) -> np.ndarray:
    import torch

    with torch.inference_mode():
        return model(input_ids=torch.tensor([[5, 6, 7]])).logits.numpy()
