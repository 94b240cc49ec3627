"""The views of models that write, in lines for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from core.errors import printable

NAMED = 3  # alternatives on a line


def of_tokens(found: Mapping[str, Any]) -> list[str]:
    """A line for each token, then the perplexity."""
    lines = [_line(token, found["unit"]) for token in found["tokens"]]
    if found["perplexity"] is not None:
        lines += ["", f"perplexity {found['perplexity']:.3f} ({found['mean']:.3f} {found['unit']} per token, {found['scored']:,} tokens)"]
    if found["lost"]:
        lines.append(f"{found['lost']:,} tokens beyond the first {found['limit']:,} were not read")
    return lines


def of_gaps(found: Mapping[str, Any]) -> list[str]:
    """A line for each gap, then the filled text."""
    lines = [f"gap {gap['gap']}  {_alternatives(gap['candidates'])}" for gap in found["gaps"]]
    lines += [
        f"gap {gap['gap']}  {printable(one['word'])} {one['probability']:.4f}, rank {one['rank']:,}"
        for gap in found["gaps"]
        for one in gap["targets"]
    ]
    return [*lines, "", printable(found["filled"])]


def of_steps(found: Mapping[str, Any]) -> list[str]:
    """The answer, a line for each of its tokens, and the answers of beam search."""
    beams = [f"{beam['score']:.4f}  {printable(beam['text'])}{'' if beam['ended'] else ' (cut)'}" for beam in found["beams"]]
    return [printable(found["text"]), "", *(_line(step, found["unit"]) for step in found["steps"]), *([""] if beams else []), *beams]


def _line(token: Mapping[str, Any], unit: str) -> str:
    name = f"{token['place']}  {printable(repr(token['text']))}  id {token['id']}"
    if token["surprisal"] is None:
        return f"{name}  nothing stands before it"
    return f"{name}  {token['surprisal']:.3f} {unit}  rank {token['rank']:,}  {_alternatives(token['alternatives'])}"


def _alternatives(offered: list[Mapping[str, Any]]) -> str:
    return ", ".join(f"{printable(repr(one['text']))} {one['probability']:.3f}" for one in offered[:NAMED])


OF_VIEW: MappingProxyType[str, Callable[[Mapping[str, Any]], list[str]]] = MappingProxyType(
    {"surprisal": of_tokens, "masks": of_gaps, "steps": of_steps}
)
"""Name of a view to the function that writes its lines."""
