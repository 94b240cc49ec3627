"""Tiny models made on the spot: a config, random weights with a fixed seed, a small tokenizer. Nothing is downloaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

WORDS = """
the a this that it is was not very good bad great awful fine film phone battery screen price service love hate like works
broke after two days slow fast cheap and but because with never again best worst ok i we they you my their arrived late early
"""
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PIECES = list(dict.fromkeys([*WORDS.split(), *LETTERS, *".,!?'", *(f"##{letter}" for letter in LETTERS)]))
LENGTH = 64


@dataclass(frozen=True)
class TinyFiles:
    """The part of a catalogue entry that inference reads."""

    reference: str
    revision: str
    base: Path
    adapter: Path | None = None
    tasks: tuple[str, ...] = ("text-classification",)
    labels: tuple[str, ...] = ()
    size_bytes: int = 0
    max_length: int | None = None
    card: Any = field(default_factory=lambda: SimpleNamespace(languages=(), scripts=()))


def wordpiece(folder: Path, *, pairs: bool = True, padding: bool = True) -> Any:
    """A lower-casing WordPiece tokenizer over a hundred pieces, saved in ``folder``."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import WordPiece
    from transformers import PreTrainedTokenizerFast

    vocabulary = {piece: index for index, piece in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES])}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = ["input_ids", "token_type_ids", "attention_mask"] if pairs else ["input_ids", "attention_mask"]
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        pad_token="[PAD]" if padding else None,
        model_max_length=LENGTH,
        model_input_names=names,
    )
    fast.save_pretrained(folder)
    return fast


WIDE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": LENGTH}
ENDS = {"bos_token_id": 2, "eos_token_id": 3}
SHAPES: dict[str, dict[str, Any]] = {
    "bert": WIDE,
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": LENGTH},
    "roberta": {**WIDE, "max_position_embeddings": LENGTH + 1, "pad_token_id": 0, "type_vocab_size": 1},
    "deberta-v2": {
        **WIDE,
        "relative_attention": True,
        "position_buckets": 16,
        "pos_att_type": ["p2c", "c2p"],
        "position_biased_input": False,
        "type_vocab_size": 0,
    },
    "fnet": {key: WIDE[key] for key in ("hidden_size", "num_hidden_layers", "intermediate_size", "max_position_embeddings")},
    "t5": {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0, "eos_token_id": 3},
    "bart": {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "max_position_embeddings": LENGTH,
        "pad_token_id": 0,
        "decoder_start_token_id": 3,
        "forced_eos_token_id": None,
        **ENDS,
    },
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": LENGTH, **ENDS},
    "llama": {**WIDE, "num_key_value_heads": 2, "pad_token_id": 0, **ENDS},
    "mamba": {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8, "pad_token_id": 0, **ENDS},
    "rwkv": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "attention_hidden_size": 32,
        "intermediate_size": 64,
        "context_length": LENGTH,
        **ENDS,
    },
}
"""Small configs of the families of architectures that the equality tests walk through."""


def tiny(folder: Path, family: str, auto_class: str, *, labels: tuple[str, ...] | None = None, seed: int = 0, **config: Any) -> Path:
    """A model with random weights, saved as safetensors with its tokenizer.

    Args:
        family: a key of ``SHAPES``.
        auto_class: of transformers, such as ``AutoModelForTokenClassification``.
        config: further values of the model's config.
    """
    import torch
    import transformers

    tokenizer = wordpiece(folder, pairs=family in ("bert", "fnet"), padding=family != "gpt2")
    names = dict(enumerate(labels)) if labels else None
    labelled = {"id2label": names, "label2id": {label: index for index, label in names.items()}} if names else {}
    made = transformers.AutoConfig.for_model(
        family,
        vocab_size=len(tokenizer),
        # As wide as this, answers differ from text to text.
        **{"initializer_range": 0.4, **SHAPES[family], **labelled, **config},
    )
    torch.manual_seed(seed)
    model = getattr(transformers, auto_class).from_config(made).eval()
    if names:
        _balance(model, tokenizer)
    model.save_pretrained(folder, safe_serialization=True)
    return folder


def classifier(
    folder: Path, family: str, *, labels: tuple[str, ...] = ("NEGATIVE", "POSITIVE"), problem_type: str | None = None, seed: int = 0
) -> Path:
    """A sequence classifier of a family."""
    return tiny(folder, family, "AutoModelForSequenceClassification", labels=labels, seed=seed, problem_type=problem_type)


def _balance(model: Any, tokenizer: Any) -> None:
    """Shifts the head's bias so that each label is somebody's answer."""
    import torch

    head = getattr(model, "classifier", None)
    head = getattr(head, "out_proj", head)
    if getattr(head, "bias", None) is None:
        return
    texts = ["good", "awful price", "it broke after two days", "love this phone !", "not very fine", "a"]
    with torch.no_grad():
        logits = torch.cat([model(**tokenizer(text, return_tensors="pt")).logits.flatten(0, -2) for text in texts])
        head.bias -= logits.mean(dim=0)


def files_of(folder: Path, **changes: Any) -> TinyFiles:
    """What the catalogue would say of a folder."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    weights = (folder / "model.safetensors").read_bytes()
    labels = tuple(config.id2label[index] for index in range(config.num_labels))
    facts = {"reference": f"local:{folder.name}", "revision": hashlib.sha256(weights).hexdigest(), "base": folder, "labels": labels}
    return TinyFiles(**{**facts, "size_bytes": len(weights), **changes})
