"""Questions with their contexts as windows of tokens: the question whole in each, the context in overlapping stretches."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from core.tasks.base import Encoded, Ragged, TaskModel
from core.tasks.encoding import encode_texts, slices
from core.tasks.spans.windows import NOWHERE, SLICE_CHARACTERS, WindowPacker, offsets_of, windows_of

USUAL_WINDOW = 384  # tokens; what models of this kind are mostly trained with
SPARE = 8  # tokens of the context that a window has at least beyond those it shares
NEEDS_OFFSETS = "This model's tokenizer cannot tell where a token stands in the text: choose a model with a fast tokenizer."


def encode_questions(model: TaskModel, questions: list[str], contexts: list[str]) -> Encoded:
    """Windows of each row. ``extra`` holds ``start`` and ``end`` of the context's tokens, the index of the null position of each
    window (``null``), the ``contexts``, how many tokens windows share (``stride``), and whether they begin ``from_the_end``.

    A question longer than half a window is cut, and the tokens cut are counted as lost.
    """
    tokenizer = model.tokenizer
    if not tokenizer.is_fast:
        encoded = encode_texts(tokenizer, questions, None, max_length=model.max_length, accepted=model.accepted)
        encoded.refused.update(dict.fromkeys(range(len(questions)), NEEDS_OFFSETS))
        return encoded
    length = min(model.max_length, model.options.max_length or USUAL_WINDOW)
    room = max(length - tokenizer.num_special_tokens_to_add(True), 2)
    stride = max(0, min(model.options.stride, room // 2 - SPARE))
    questions, lost = _cut_questions(tokenizer, questions, room // 2)
    # Models were trained with the text to cut at the side where the tokenizer fills up.
    question_first = tokenizer.padding_side == "right"
    packer = WindowPacker(tokenizer, model.accepted)
    for begin, stop in slices(questions, contexts, SLICE_CHARACTERS):
        texts = (questions[begin:stop], contexts[begin:stop])
        encoding = tokenizer(
            *(texts if question_first else reversed(texts)),
            truncation="only_second" if question_first else "only_first",
            max_length=length,
            stride=stride,
            padding=False,
            return_overflowing_tokens=True,
            return_attention_mask=False,
        )
        for row, numbered in groupby(windows_of(encoding), key=lambda pair: pair[0]):
            windows = [window for _, window in numbered]
            places = [_places(window, 1 if question_first else 0) for window in windows]
            for window, place in zip(windows, _widened(windows, places) if model.options.whole_words else places, strict=True):
                packer.add(row + begin, window, *place)
    encoded = packer.encoded(len(contexts), lost, contexts=contexts, stride=stride, from_the_end=tokenizer.truncation_side == "left")
    encoded.extra["null"] = null_positions(tokenizer, encoded.inputs["input_ids"])
    return encoded


def null_positions(tokenizer: Any, ids: Ragged) -> np.ndarray:
    """For each window the index that stands for "no answer": the classification token, else the first-token mark, else the first token."""
    places = np.zeros(len(ids), np.int64)
    for token in (tokenizer.bos_token_id, tokenizer.cls_token_id):
        if token is None:
            continue
        hits = np.flatnonzero(ids.flat == token)
        item = np.searchsorted(ids.start, hits, side="right") - 1
        item, first = np.unique(item, return_index=True)
        places[item] = hits[first] - ids.start[item]
    return places


def _places(window: Any, sequence: int) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of the context's tokens; ``NOWHERE`` for the question and special tokens."""
    start, end = offsets_of(window)
    inside = np.array([number == sequence for number in window.sequence_ids], bool)
    return np.where(inside, start, NOWHERE), np.where(inside, end, NOWHERE)


def _widened(windows: list[Any], places: list[tuple[np.ndarray, np.ndarray]]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The places of one row's tokens widened to those of their words, which two windows may share; a token without a word keeps its own."""
    words = [np.array([NOWHERE if word is None else word for word in window.word_ids], np.int64) for window in windows]
    count = max((int(word.max(initial=NOWHERE)) for word in words), default=NOWHERE) + 1
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, NOWHERE)
    inside = [(start != NOWHERE) & (word != NOWHERE) for (start, _), word in zip(places, words, strict=True)]
    for (start, end), word, chosen in zip(places, words, inside, strict=True):
        np.minimum.at(first, word[chosen], start[chosen])
        np.maximum.at(last, word[chosen], end[chosen])
    return [
        (np.where(chosen, first[word], start), np.where(chosen, last[word], end)) if count else (start, end)
        for (start, end), word, chosen in zip(places, words, inside, strict=True)
    ]


def _cut_questions(tokenizer: Any, questions: list[str], most: int) -> tuple[list[str], np.ndarray]:
    """Questions of at most ``most`` tokens, and the tokens cut from each."""
    lost = np.zeros(len(questions), np.int64)
    # A token is at least a byte: most questions are too short to be worth a look.
    long = [row for row, text in enumerate(questions) if 4 * len(text) > most and len(text.encode("utf-8", "surrogatepass")) > most]
    questions = list(questions)
    known: dict[str, tuple[str, int]] = {}
    for row in long:
        text = questions[row]
        if text not in known:
            known[text] = _cut(tokenizer, text, most)
        questions[row], lost[row] = known[text]
    return questions, lost


def _cut(tokenizer: Any, text: str, most: int) -> tuple[str, int]:
    """A text of at most ``most`` tokens, and the tokens cut."""
    whole = kept = _offsets(tokenizer, text)
    while len(kept) > most:  # a shortened word may have more pieces than it had tokens before
        text = text[: min(kept[most - 1][1], len(text) - 1)]
        kept = _offsets(tokenizer, text)
    return text, len(whole) - len(kept)


def _offsets(tokenizer: Any, text: str) -> list[tuple[int, int]]:
    return tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"]
