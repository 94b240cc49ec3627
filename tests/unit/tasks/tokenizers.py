"""Small tokenizers of the other kinds that models come with: byte-level, with word marks, and written in Python."""

from __future__ import annotations

from typing import Any

from tests.tiny_models import LENGTH

SAMPLE = [
    "Ada Lovelace met Charles Babbage in London, and New York City was far away. " * 3,
    "the battery broke after two days 🙂 naïve café Ünknown",
    "very good, not bad! What a price; it's awful.",
]


def byte_level(vocabulary_size: int = 300, *, trim: bool = False, side: str = "right") -> Any:
    """As GPT-2 has it: a token is some bytes, and mostly begins with the space before its word."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers, processors, trainers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size, special_tokens=["<pad>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(SAMPLE, trainer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=trim)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", model_max_length=LENGTH, padding_side=side)


def word_marks(vocabulary_size: int = 120) -> Any:
    """As SentencePiece models have it: ``▁`` stands for the space before a word."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers, processors, trainers
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocabulary_size, special_tokens=["<pad>", "<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(SAMPLE, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    names = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=LENGTH, **names)


def in_python() -> Any:
    """One token a character, without places in the text."""
    from transformers import ByT5Tokenizer

    return ByT5Tokenizer(model_max_length=LENGTH, extra_ids=0)
