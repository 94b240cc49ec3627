"""How a translation model is told its languages: each family has its own way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.errors import BadInput
from core.models import params_in


@dataclass(frozen=True)
class Languages:
    """What follows from two language codes.

    Args:
        prefix: text put before each cell (T5, Marian).
        first_token: token that the answer starts with (mBART, NLLB, M2M100).
        task: key of the config's ``task_specific_params`` (T5).
    """

    prefix: str = ""
    first_token: int | None = None
    task: str = ""


def languages_of(tokenizer: Any, config: Any, source: str, target: str) -> Languages:
    """How a model is asked to translate.

    Args:
        source: code of the texts' language as the model writes it, or empty.
        target: code of the answers' language, or empty.

    Raises:
        BadInput: the model does not know a code, or needs both.
    """
    pairs = translation_tasks(config)
    if pairs:
        return Languages(task=_known_pair(pairs, source, target))
    if hasattr(tokenizer, "src_lang"):
        if source:
            language_token(tokenizer, source)
        return Languages(first_token=language_token(tokenizer, target) if target else None)
    marked = f">>{target}<<"
    if target and marked in tokenizer.get_vocab():
        return Languages(prefix=f"{marked} ")
    if target or source:
        raise BadInput("a model that is told its languages", f"the code {source or target!r} for one without codes", "Leave it out.")
    return Languages()


def translation_tasks(config: Any) -> dict[str, Any]:
    """Entries such as ``translation_en_to_de`` of a config, by which T5 knows what to do."""
    return {name: value for name, value in params_in(config).items() if name.startswith("translation_")}


def _known_pair(pairs: dict[str, Any], source: str, target: str) -> str:
    name = f"translation_{source}_to_{target}"
    if name in pairs:
        return name
    offered = ", ".join(pair.removeprefix("translation_").replace("_to_", " to ") for pair in pairs)
    raise BadInput(
        f"one of the model's language pairs ({offered})",
        f"{source or 'none'} to {target or 'none'}",
        "Set source_language and target_language.",
    )


def language_token(tokenizer: Any, code: str) -> int:
    """Number of the token that stands for a language.

    Raises:
        BadInput: the tokenizer has none for this code.
    """
    known = getattr(tokenizer, "lang_code_to_id", None) or {}
    if code in known:
        return int(known[code])
    vocabulary = tokenizer.get_vocab()
    found = next((vocabulary[token] for token in (code, f"__{code}__") if token in vocabulary), None)
    if found is None:
        raise BadInput("a language code of this model, such as en_XX, eng_Latn or en", repr(code)[:40], "Look into the model's card.")
    return int(found)


@contextmanager
def speaking(tokenizer: Any, source: str) -> Iterator[None]:
    """Sets the language of the texts for a while: other tasks may share the tokenizer."""
    if not source or not hasattr(tokenizer, "src_lang"):
        yield
        return
    before = tokenizer.src_lang
    tokenizer.src_lang = source
    try:
        yield
    finally:
        tokenizer.src_lang = before


@contextmanager
def answering(tokenizer: Any, target: str) -> Iterator[None]:
    """Sets the language in which a tokenizer reads answers, for a while."""
    if not target or not hasattr(tokenizer, "tgt_lang"):
        yield
        return
    before = tokenizer.tgt_lang
    tokenizer.tgt_lang = target
    try:
        yield
    finally:
        tokenizer.tgt_lang = before
