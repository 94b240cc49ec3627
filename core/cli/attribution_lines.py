"""What moved an answer, in lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import printable

SHOWN = 20


def attribution_lines(found: Mapping[str, Any]) -> list[str]:
    """What is explained and how, the strongest words with their values, and how far to trust them.

    Args:
        found: an ``Attribution`` as JSON values.
    """
    units = sorted(found["units"], key=lambda unit: -abs(unit["value"]))
    lines = ["", f"What moved the {printable(found['what'])}, by {found['title'].lower()} ({found['paper']}, {found['url']}):"]
    lines += [_line(unit) for unit in units[:SHOWN]]
    if len(units) > SHOWN:
        lines.append(f"{len(units) - SHOWN:,} weaker ones are in the output of --json")
    if found["completeness_error"] is not None:
        lines.append(f"completeness error {found['completeness_error']:.2%}")
    return [*lines, found["effort"], *found["notes"]]


def _line(unit: Mapping[str, Any]) -> str:
    doubt = f" ± {unit['error']:.4f}" if unit["error"] else ""
    return f"{unit['value']:+.4f}{doubt}  {printable(unit['text'])}"
