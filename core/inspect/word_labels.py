"""How a word of several pieces gets one label: which piece each strategy goes by."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel

from core.tasks import TaskModel
from core.tasks.spans.entities import WORD_STRATEGIES, continues_word, piece_lengths, tokens_of, words_of
from core.tasks.spans.windows import NOWHERE, trimmed

STRATEGIES = ("simple", *WORD_STRATEGIES, "none")


class WordLabels(BaseModel):
    """A word and its pieces.

    Args:
        text: of the word.
        first: number of its first token among all tokens of the view.
        last: number of its last token.
        labels: of its pieces, each the likeliest.
        scores: probability of each of these.
        chosen: label of the word under ``first``, ``average`` and ``max``.
        sure: its score under each.
        why: a sentence for each.
    """

    text: str
    first: int
    last: int
    labels: list[str]
    scores: list[float]
    chosen: dict[str, str]
    sure: dict[str, float]
    why: dict[str, str]


def word_labels(
    model: TaskModel, text: str, ids: np.ndarray, window: np.ndarray, start: np.ndarray, end: np.ndarray, probabilities: np.ndarray
) -> list[WordLabels]:
    """The words of a text with what each strategy makes of their pieces, as the task's own decoding does it.

    Args:
        ids: of the tokens, special ones left out, int ``[tokens]``; the other arrays go with them.
        probabilities: ``[tokens, labels]``.
    """
    if not len(ids):
        return []
    best, sure = probabilities.argmax(axis=1), probabilities.max(axis=1).astype(np.float32)
    tokens = tokens_of(window, best, sure, start, end)
    unknown = model.tokenizer.unk_token_id
    known = ids != (NOWHERE if unknown is None else unknown)
    inner = continues_word(tokens, [text] * (int(window.max()) + 1), piece_lengths(model.tokenizer, ids), known)
    by = {name: words_of(tokens, inner, name, probabilities.astype(np.float32)) for name in WORD_STRATEGIES}
    pieces = model.tokenizer.convert_ids_to_tokens(ids.tolist())
    found = []
    for place in range(len(by["first"].window)):
        first, last = int(by["first"].first[place]), int(by["first"].last[place])
        low, high = trimmed(text, int(start[first]), int(end[last]))
        chosen = {name: model.labels[int(words.label[place])] for name, words in by.items()}
        scores = {name: float(words.score[place]) for name, words in by.items()}
        span = slice(first, last + 1)
        found.append(
            WordLabels(
                text=text[low:high],
                first=first,
                last=last,
                labels=[model.labels[label] for label in best[span]],
                scores=[float(score) for score in probabilities.max(axis=1)[span]],
                chosen=chosen,
                sure=scores,
                why=_why(pieces[span], sure[span], chosen, scores),
            )
        )
    return found


def _why(pieces: list[str], sure: np.ndarray, chosen: dict[str, str], scores: dict[str, float]) -> dict[str, str]:
    """Why each strategy chose its label, in words."""
    if len(pieces) == 1:
        return dict.fromkeys(chosen, "The word is one piece.")
    surest = pieces[int(sure.argmax())]
    return {
        "first": f"The first piece, {pieces[0]}, decides: {chosen['first']} at {scores['first']:.2f}.",
        "average": f"{chosen['average']} has the highest mean probability over the {len(pieces)} pieces: {scores['average']:.2f}.",
        "max": f"The surest piece, {surest}, decides: {chosen['max']} at {scores['max']:.2f}.",
    }
