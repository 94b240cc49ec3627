"""Values that an adapter's config gives to layers by patterns of their names, as ``rank_pattern`` and ``alpha_pattern`` do.

peft matches with Python's ``re``, which a pattern can keep busy for years. RE2 takes time in proportion to the text, and to what a
pattern stands for: counts and classes of letters, which stand for much, are refused. It knows no lookarounds and no back references.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from core.errors import BadInput

LONGEST = 200_000  # characters of all patterns together; a rank for each of 600 matrices by its whole name takes 30,000
SECONDS = 10.0  # for all patterns together; those of 600 matrices take 0.05 s
COSTLY = ("{", r"\p", r"\P")
NEXT = "Write names of layers into it, and save the adapter again."


def values_by_pattern(key: str, patterns: object, names: Sequence[str], default: object) -> dict[str, object]:
    """The value of each name: that of the first pattern that matches it, or its end from a dot on; peft's rule.

    Args:
        key: of ``adapter_config.json``, for messages.
        patterns: what stands there, values by regular expression.
        names: of layers.
        default: value of a name that no pattern matches.

    Raises:
        BadInput: it is no object, too long, or has a pattern that cannot be matched safely.
    """
    if patterns is None:
        return dict.fromkeys(names, default)
    if not isinstance(patterns, dict):
        raise BadInput(f"{key} as an object of patterns and values", type(patterns).__name__, NEXT)
    end, found = monotonic() + SECONDS, {}
    if sum(map(len, patterns)) > LONGEST:
        raise BadInput(f"patterns of at most {LONGEST:,} characters in {key}", f"{sum(map(len, patterns)):,}", NEXT)
    for pattern, value in patterns.items():
        found |= dict.fromkeys(_matching(key, pattern, [name for name in names if name not in found]), value)
        if len(found) == len(names):
            break
        if monotonic() > end:
            raise BadInput(f"patterns in {key} that can be matched", f"more than {SECONDS:.0f} s of matching", NEXT)
    return {name: found[name] if name in found else patterns.get(name, default) for name in names}


def _matching(key: str, pattern: str, names: Sequence[str]) -> list[str]:
    import pyarrow as pa  # here: most adapters have no patterns
    from pyarrow.compute import match_substring_regex

    try:
        if any(sign in pattern for sign in COSTLY):
            raise pa.ArrowInvalid("a count or a class of letters")
        array = pa.array(names, pa.string())
        return array.filter(match_substring_regex(array, rf"^(?:(.*\.)?({pattern})$)")).to_pylist()
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        raise BadInput(f"patterns of names in {key}", f"{pattern[:80]!r}, which cannot be matched safely", NEXT) from error
