"""Tokenizers without a vocabulary, and with more pieces than the weights have embeddings for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import BadInput
from core.models import ModelFiles, load_tokenizer
from core.models.vocabulary import check_pieces
from tests.tiny_models import PIECES, wordpiece

MakeModel = Callable[..., Path]


def files_in(folder: Path) -> ModelFiles:
    return ModelFiles("local:x", "", folder, None, (), ())


def network(rows: int) -> Any:
    import torch

    table = torch.nn.Embedding(rows, 2)
    return SimpleNamespace(get_input_embeddings=lambda: table)


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2", "t5", "deberta-v2", "splinter", "xlnet"])
def test_a_folder_without_tokenizer_files_is_refused(tmp_path: Path, family: str) -> None:
    """transformers makes up a tokenizer of its special tokens, by which every word is unknown."""
    (tmp_path / "config.json").write_text(f'{{"model_type": "{family}"}}')
    with pytest.raises(BadInput, match=r"Expected tokenizer files of local:x \(.*tokenizer\.json.*\); found none"):
        load_tokenizer(files_in(tmp_path))


def test_settings_of_a_tokenizer_are_no_vocabulary(make_model: MakeModel) -> None:
    folder = make_model()
    (folder / "vocab.txt").unlink()
    (folder / "added_tokens.json").write_text('{"more": 5, "than": 6, "made": 7, "up": 8}')
    with pytest.raises(BadInput, match="tokenizer files of local:x"):
        load_tokenizer(files_in(folder))


def test_the_files_are_those_of_the_class_that_reads_them(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    (tmp_path / "vocab.json").write_text('{"a": 0, "b": 1, "<|endoftext|>": 2}')
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    assert load_tokenizer(files_in(tmp_path))("ab").input_ids == [0, 1]
    with pytest.raises(BadInput, match=r"vocab\.txt"):
        load_tokenizer(files_in(tmp_path), "BertTokenizer")


def test_an_alphabet_of_four_letters_is_a_vocabulary(make_model: MakeModel) -> None:
    folder = make_model()
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    assert load_tokenizer(files_in(folder))("a").input_ids == [2, 5, 3]


@pytest.mark.parametrize("kind", ["ByT5Tokenizer", "CanineTokenizer", "PerceiverTokenizer"])
def test_tokenizers_of_bytes_and_characters_need_no_vocabulary(tmp_path: Path, kind: str) -> None:
    import transformers

    getattr(transformers, kind)().save_pretrained(tmp_path)
    assert not (tmp_path / "tokenizer.json").exists()
    tokenizer = load_tokenizer(files_in(tmp_path))
    assert type(tokenizer).__name__ == kind
    assert tokenizer.decode(tokenizer("good").input_ids, skip_special_tokens=True) == "good"


def test_pieces_beyond_the_embeddings_are_refused(tmp_path: Path) -> None:
    tokenizer = wordpiece(tmp_path)
    check_pieces(tokenizer, network(len(tokenizer)))
    check_pieces(tokenizer, network(len(tokenizer) + 24))  # padding, as most checkpoints have it
    with pytest.raises(BadInput, match=f"a tokenizer with {len(tokenizer)} pieces and a model with embeddings for {len(tokenizer) - 1}"):
        check_pieces(tokenizer, network(len(tokenizer) - 1))


def test_added_tokens_may_lie_beyond_the_embeddings(tmp_path: Path) -> None:
    tokenizer = wordpiece(tmp_path)
    before = len(tokenizer)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<extra>"]})
    tokenizer.add_tokens(["worden"])
    assert len(tokenizer) == before + 2 and before == len(PIECES) + 5
    check_pieces(tokenizer, network(before))


def test_models_without_a_table_of_embeddings_pass(tmp_path: Path) -> None:
    from transformers import CanineConfig, CanineModel, CanineTokenizer, PerceiverConfig, PerceiverForMaskedLM, PerceiverTokenizer

    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    check_pieces(CanineTokenizer(), CanineModel(CanineConfig(**small, num_hash_buckets=16, max_position_embeddings=64)))
    latents = {"d_model": 32, "d_latents": 32, "num_latents": 8, "num_self_attends_per_block": 1}
    check_pieces(PerceiverTokenizer(), PerceiverForMaskedLM(PerceiverConfig(**latents, max_position_embeddings=64)))
    check_pieces(wordpiece(tmp_path), SimpleNamespace())


def test_bytes_have_a_place_each() -> None:
    from transformers import ByT5Tokenizer

    check_pieces(ByT5Tokenizer(), network(384))
    with pytest.raises(BadInput, match="259 pieces"):
        check_pieces(ByT5Tokenizer(), network(100))
