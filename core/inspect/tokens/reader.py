"""Tokenizers at hand: loaded once, kept with what is known about them. None of them needs a model's weights."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from core import models
from core.errors import SheetformerError
from core.inspect.tokens.shapes import TokenizerFacts
from core.inspect.tokens.style import Style, style_of
from core.models import ModelFiles
from core.models.describe import NO_LIMIT, max_length_of
from core.models.load import load_config
from core.schema import ModelReference
from core.settings import Settings
from core.workspaces import LOCAL

AUTO = "AutoTokenizer"
SLOW_SHARE = 10  # one in Python reads about a tenth of the rows in the same time


@dataclass(frozen=True)
class Reader:
    """A tokenizer and what a view needs to know of it.

    Args:
        special: id to role, such as 101 to ``cls``.
    """

    tokenizer: Any
    style: Style
    facts: TokenizerFacts
    special: dict[int, str]

    @property
    def unknown(self) -> int | None:
        """Id of the token for what the vocabulary lacks; byte-level ones name one and never use it."""
        return None if self.style.letters is not None else self.tokenizer.unk_token_id


class Shelf:
    """The tokenizers used last, ``settings.live_tokenizers`` of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._readers: OrderedDict[tuple[str, str, str, str], Reader] = OrderedDict()

    def get(self, reference: str, tokenizer_class: str = AUTO, owner: str = LOCAL) -> Reader:
        """The tokenizer of a model, loaded or kept.

        An adapter's or local model's is kept for its workspace alone.

        Raises:
            SheetformerError: as :func:`open_reader`.
        """
        files = models.resolve_tokenizer(self._settings, reference, owner)
        whose = owner if ModelReference.parse(reference).kind in ("adapter", "local") else ""
        key = (files.reference, files.revision, tokenizer_class, whose)
        if key not in self._readers:
            while len(self._readers) >= self._settings.live_tokenizers:
                self._readers.popitem(last=False)
            self._readers[key] = open_reader(files, tokenizer_class)
        self._readers.move_to_end(key)
        return self._readers[key]

    def __len__(self) -> int:
        return len(self._readers)


def open_reader(files: ModelFiles, tokenizer_class: str = AUTO) -> Reader:
    """Loads a tokenizer.

    Raises:
        BadInput: its files cannot be read, or not by this class.
    """
    return reader_of(models.load_tokenizer(files, tokenizer_class), files)


def reader_of(tokenizer: Any, files: ModelFiles) -> Reader:
    """What is known about a loaded tokenizer."""
    style = style_of(tokenizer)
    special = _special(tokenizer)
    limit, known = _limit(files, tokenizer)
    facts = TokenizerFacts(
        reference=files.reference,
        revision=files.revision,
        name=type(tokenizer).__name__,
        fast=bool(tokenizer.is_fast),
        algorithm=style.algorithm,
        vocabulary=len(tokenizer),
        limit=limit,
        limit_known=known,
        added=tokenizer.num_special_tokens_to_add(pair=False),
        special={token: special[place] for place, token in _spelled(tokenizer, special).items()},
    )
    return Reader(tokenizer, style, facts, special)


def _limit(files: ModelFiles, tokenizer: Any) -> tuple[int, bool]:
    """What a run cuts at, and whether the files say so."""
    try:
        config = load_config(files)
    except SheetformerError:  # a tokenizer may come without a config
        config = _NoConfig()
    said = (files.max_length, tokenizer.model_max_length, max_length_of(config.to_dict()))
    return models.length_limit(files.max_length, tokenizer, config), any(limit and limit < NO_LIMIT for limit in said)


class _NoConfig:
    def to_dict(self) -> dict[str, Any]:
        return {}


def _special(tokenizer: Any) -> dict[int, str]:
    """Id of each control token to its role; those without one are ``extra``."""
    roles = dict.fromkeys(tokenizer.all_special_ids, "extra")
    for name in ("mask", "pad", "unk", "eos", "sep", "bos", "cls"):  # where one token has two roles, the later one here names it
        found = getattr(tokenizer, f"{name}_token_id", None)
        if found is not None:
            roles[found] = name
    return roles


def _spelled(tokenizer: Any, ids: dict[int, str]) -> dict[int, str]:
    return dict(zip(ids, map(str, tokenizer.convert_ids_to_tokens(list(ids))), strict=True))
