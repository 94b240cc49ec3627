"""Whether a tokenizer has a vocabulary, and whether the weights have an embedding for each of its pieces."""

from __future__ import annotations

from typing import Any

from core.errors import BadInput
from core.models.files import ModelFiles

TOKENIZER_JSON = "tokenizer.json"  # read by every fast tokenizer, whether its class names it or not
MOST_MADE_UP = 2  # pieces that a class of transformers makes up besides special tokens: "▁" of T5, "." of Splinter


def check_vocabulary(tokenizer: Any, files: ModelFiles) -> None:
    """Refuses the empty tokenizer that transformers makes up for a folder without tokenizer files: every word is unknown to it.

    Those that read bytes or characters (ByT5, Canine, Perceiver) name no files and need none.

    Raises:
        BadInput: none of its files are there and it has no piece beyond what its class brings.
    """
    wanted = sorted({*tokenizer.vocab_files_names.values(), TOKENIZER_JSON}) if tokenizer.vocab_files_names else []
    if not wanted or any((files.base / name).is_file() for name in wanted) or len(_own_places(tokenizer)) > MOST_MADE_UP:
        return
    step = "Copy the tokenizer's files beside the weights, as save_pretrained of the tokenizer writes them."
    raise BadInput(f"tokenizer files of {files.reference} ({', '.join(wanted)})", "none of them", step)


def check_pieces(tokenizer: Any, network: Any) -> None:
    """Refuses a tokenizer with pieces beyond the embeddings: a text with one of them could not be scored.

    Embeddings beyond the pieces are padding. Tokens that were added to a tokenizer may lie beyond the embeddings: some
    checkpoints have such a ``[MASK]`` or ``<pad>``, which no text brings.

    Raises:
        BadInput: tokenizer and weights do not belong together.
    """
    rows = _embeddings(network)
    if rows is None or len(tokenizer) <= rows:
        return
    pieces = max(_own_places(tokenizer), default=-1) + 1
    if pieces > rows:
        found = f"a tokenizer with {pieces:,} pieces and a model with embeddings for {rows:,}"
        raise BadInput("a tokenizer and weights that belong together", found, "Copy both from the same model again.")


def _own_places(tokenizer: Any) -> set[int]:
    """Numbers of the pieces that were not added to the vocabulary afterwards."""
    return {*tokenizer.get_vocab().values()} - {*tokenizer.added_tokens_decoder}


def _embeddings(network: Any) -> int | None:
    """How many tokens have an embedding; ``None`` where no table says so: Canine hashes characters, OpenVINO shows none."""
    try:
        table = network.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        return None
    return getattr(table, "num_embeddings", None)
