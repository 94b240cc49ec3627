"""Small model folders that tests build and break."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save, save_file

from core.models import add_local
from core.settings import Settings

WIDTH, VOCABULARY, POSITIONS, LABELS = 8, 40, 16, 2
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz", "good", "bad"]


def bert_config(**changes: Any) -> dict[str, Any]:
    config = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2,
        "pad_token_id": 0,
        "id2label": {"0": "bad", "1": "good"},
        "label2id": {"bad": 0, "good": 1},
    }
    return config | changes


def bert_tensors() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return random.normal(0, 0.3, shape).astype(np.float32)

    tensors = {
        "bert.embeddings.word_embeddings.weight": matrix(VOCABULARY, WIDTH),
        "bert.embeddings.position_embeddings.weight": matrix(POSITIONS, WIDTH),
        "bert.embeddings.token_type_embeddings.weight": matrix(2, WIDTH),
        "bert.pooler.dense.weight": matrix(WIDTH, WIDTH),
        "bert.pooler.dense.bias": matrix(WIDTH),
        "classifier.weight": matrix(LABELS, WIDTH),
        "classifier.bias": matrix(LABELS),
    }
    layer = "bert.encoder.layer.0."
    for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
        tensors |= {f"{layer}{name}.weight": matrix(WIDTH, WIDTH), f"{layer}{name}.bias": matrix(WIDTH)}
    tensors |= {f"{layer}intermediate.dense.weight": matrix(2 * WIDTH, WIDTH), f"{layer}intermediate.dense.bias": matrix(2 * WIDTH)}
    tensors |= {f"{layer}output.dense.weight": matrix(WIDTH, 2 * WIDTH), f"{layer}output.dense.bias": matrix(WIDTH)}
    for name in ("bert.embeddings", f"{layer}attention.output", f"{layer}output"):
        tensors |= {f"{name}.LayerNorm.weight": np.ones(WIDTH, np.float32), f"{name}.LayerNorm.bias": np.zeros(WIDTH, np.float32)}
    return tensors


QUERY = "base_model.model.bert.encoder.layer.0.attention.self.query"


def adapter_tensors(*, rank: int = 2, labels: int = LABELS, width: int = WIDTH) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        f"{QUERY}.lora_A.weight": random.normal(0, 0.3, (rank, width)).astype(np.float32),
        f"{QUERY}.lora_B.weight": random.normal(0, 0.3, (width, rank)).astype(np.float32),
        "base_model.model.classifier.weight": random.normal(0, 0.3, (labels, width)).astype(np.float32),
        "base_model.model.classifier.bias": np.zeros(labels, np.float32),
    }


def adapter_files(base: str = "local:tiny", *, labels: tuple[str, ...] = ("no", "yes"), **changes: Any) -> dict[str, bytes]:
    """An adapter on the model of ``make_model`` as names and bytes; keyword arguments change its ``adapter_config.json``."""
    config = {
        "peft_type": "LORA",
        "task_type": "SEQ_CLS",
        "base_model_name_or_path": base,
        "r": 2,
        "lora_alpha": 4,
        "target_modules": ["query"],
        "modules_to_save": ["classifier"],
    }
    return {
        "adapter_config.json": json.dumps(config | changes).encode(),
        "adapter_model.safetensors": save(adapter_tensors(labels=len(labels)), metadata={"format": "pt"}),
        "config.json": json.dumps({"id2label": dict(enumerate(labels))}).encode(),
        "README.md": b"---\nlanguage: en\n---\nA card.\n",
    }


@pytest.fixture
def with_base(settings: Settings, make_model: Callable[..., Path]) -> Settings:
    """Settings under which ``local:tiny`` is registered."""
    folder = make_model()
    made = settings.model_copy(update={"model_roots": (folder.parent,)})
    add_local(made, folder, "tiny")
    return made


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    """Writes a tiny BERT classifier; keyword arguments change its config."""

    def make(name: str = "tiny", *, weights: bool = True, **changes: Any) -> Path:
        folder = tmp_path / "shelf" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(bert_config(**changes)))
        (folder / "vocab.txt").write_text("\n".join(PIECES))
        (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", "model_max_length": POSITIONS}))
        if weights:
            save_file(bert_tensors(), folder / "model.safetensors", metadata={"format": "pt"})
        return folder

    return make
