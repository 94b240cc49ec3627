"""What a person should know of questions and answers before a model is trained on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.tables.problems import number_of
from core.training.answers.column import Answers
from core.training.checks import KEPT_ROWS, Finding, few_measured
from core.training.splitting.same_texts import together
from core.training.words import quoted


def check_answers(
    answers: Answers,
    contexts: Sequence[str],
    questions: Sequence[str],
    *,
    train: np.ndarray,
    validation: np.ndarray,
    says_none: bool,
) -> list[Finding]:
    """The check list, what stops a training first.

    Args:
        answers: what the answer column says.
        questions: of each row.
        train: rows to train on, int64.
        validation: rows to measure with, int64.
        says_none: the model may say that there is no answer.
    """
    blank = np.array([not text.strip() for text in contexts], bool)
    findings = [
        _nothing_to_learn(answers, train),
        _found("{} no answer and cannot be learnt from.", np.flatnonzero(answers.silent)),
        _found("{} no context and cannot be learnt from.", np.flatnonzero(blank)),
        _found("{} no question and cannot be learnt from.", np.flatnonzero([not text.strip() for text in questions])),
        _nowhere(answers, blank),
        *_by_search(answers),
        None if says_none else _no_answer(answers),
        _in_both(contexts, train, validation),
        few_measured(validation),
    ]
    return sorted((finding for finding in findings if finding), key=lambda finding: not finding.stops)


def _found(what: str, rows: np.ndarray) -> Finding | None:
    """A finding on rows, named in the place of ``{}``; ``None`` where there are none."""
    if not len(rows):
        return None
    return Finding(what.format(number_of(len(rows), "row has", "rows have")), tuple(rows[:KEPT_ROWS].tolist()), len(rows))


def _nothing_to_learn(answers: Answers, train: np.ndarray) -> Finding | None:
    if answers.found[train].any():
        return None
    return Finding("No training row has an answer that stands in its context: there is nothing to learn from.", (), 0, True)


def _nowhere(answers: Answers, blank: np.ndarray) -> Finding | None:
    rows = np.flatnonzero(~(answers.found | answers.silent | answers.empty | blank))
    if not len(rows):
        return None
    example = quoted(answers.given[rows[0]][0])
    return _found(f"{{}} an answer that does not stand in the context and cannot be learnt from, such as {_plain(example)}.", rows)


def _by_search(answers: Answers) -> list[Finding | None]:
    """What was found otherwise than the table says, or not surely."""
    return [
        _found(
            "{} an answer that stands in the context with other capitals or white space only; that place is learnt.",
            answers.found_by("alike"),
        ),
        _found(
            "{} an answer_start at which the answer does not begin; the place nearest to it that holds the answer is learnt.",
            answers.found_by("moved"),
        ),
        _found(
            "{} an answer that occurs several times in the context; the first place is learnt, which may not be the one that was meant.",
            answers.found_by("several"),
        ),
    ]


def _no_answer(answers: Answers) -> Finding | None:
    what = "{} no answer in the context, and the model will give one all the same: set handle_no_answer to let it say so."
    return _found(what, np.flatnonzero(answers.empty))


def _in_both(contexts: Sequence[str], train: np.ndarray, validation: np.ndarray) -> Finding | None:
    same = together(contexts)
    rows = validation[np.isin(same[validation], same[train])]
    return _found("{} a context that is also trained on: the figures will look better than they are.", rows)


def _plain(text: str) -> str:
    """A text in which braces stand for themselves."""
    return text.replace("{", "{{").replace("}", "}}")
