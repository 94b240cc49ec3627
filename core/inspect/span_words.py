"""Why a span is not the answer, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.inspect.spans import APART, BLANK, LONG, MISSING, OUTSIDE, REVERSED, SAME

CLEAR = 6.9  # a difference of logits from which the ratio is above a thousand
SENTENCES = MappingProxyType(
    {
        APART: "It spans more than one window of the text, and the model reads one at a time.",
        BLANK: "It is only white space.",
        MISSING: "The text does not have these words.",
        OUTSIDE: "It begins or ends in the question or at a special token.",
        REVERSED: "It would end before it begins.",
        SAME: "It holds the same characters as a likelier span.",
    }
)


def why(span: Mapping[str, Any], longest: int) -> str:
    """What stands against a span, or that it is the answer.

    Args:
        span: a :class:`core.inspect.spans.Candidate` as JSON.
        longest: most tokens of an answer.
    """
    if span["reason"] == LONG:
        return f"It has {span['tokens']} tokens; an answer has at most {longest}."
    if span["reason"]:
        return SENTENCES[span["reason"]]
    behind = span["behind"]
    if behind <= 0:
        return "It is the answer: no other span that can be one has a higher sum."
    ratio = "over a thousand" if behind > CLEAR else f"{math.exp(behind):,.1f}"
    return f"Its sum of logits is lower by {behind:.2f}: {ratio} times less likely than the answer."
