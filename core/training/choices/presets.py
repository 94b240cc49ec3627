"""Three ways to tune, for those who do not want dials."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import JsonValue

from core.errors import BadInput
from core.schema import Dials, FinetuneSpec, Role, Split
from core.tables.problems import number_of

DEFAULT = "balanced"
SMALL_BATCH = 16
"""Rows in a batch where there are few: more steps for the same work."""

MOST_PASSES = 100
"""Over the rows of a tiny table: after that many it is known by heart."""

WORDS_IN_A_SENTENCE = 15
"""Rows to a sentence, about, in a table with a word in each row."""

BY_ROWS = ("epochs", "batch_rows")
"""The dials of a preset that follow from the number of rows."""


@dataclass(frozen=True)
class Preset:
    """Dials with a name and a sentence on what they do.

    Args:
        dials: for as many rows as it takes; see :meth:`for_rows`.
        least_steps: of the optimiser. Passes that are enough for thousands of rows are a few steps over hundreds, in which only the most
            frequent label is learned.
    """

    title: str
    sentence: str
    dials: Dials
    least_steps: int

    def for_rows(self, rows: int) -> Dials:
        """The dials for so many rows to learn from: where there are few, smaller batches and as many passes as the steps need."""
        usual = self.dials
        if rows < 1 or usual.epochs * -(-rows // usual.batch_rows) >= self.least_steps:
            return usual
        needed = -(-self.least_steps // -(-rows // SMALL_BATCH))
        return usual.model_copy(update={"epochs": max(usual.epochs, float(min(needed, MOST_PASSES))), "batch_rows": SMALL_BATCH})


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "quick": Preset(
            "Quick",
            "A first look at what the labels can teach: two passes over the rows, more where there are few.",
            Dials(epochs=2, rank=8, alpha=16),
            least_steps=150,
        ),
        "balanced": Preset(
            "Balanced",
            "Eight passes over the rows, more where there are few; the best of five checkpoints.",
            Dials(epochs=8),
            least_steps=400,
        ),
        "thorough": Preset(
            "Thorough",
            "Up to twenty passes with a larger adapter, more where there are few rows; ends early when nothing gets better.",
            Dials(epochs=20, rank=32, alpha=64, learning_rate=5e-4, evaluations=20, patience=5),
            least_steps=800,
        ),
    }
)


def preset(name: str) -> Preset:
    """The preset of this name.

    Raises:
        BadInput: there is none.
    """
    if name not in PRESETS:
        raise BadInput(f"a preset among {', '.join(PRESETS)}", repr(name)[:40], "Choose one of these.")
    return PRESETS[name]


def rows_to_learn(rows: int, roles: Collection[Role], split: Split, *, validation: bool) -> int:
    """About how many rows a fine-tune learns from, as far as its choices tell: presets go by it, and so does the command that is shown.

    Args:
        rows: of the table.
        roles: that its columns have; a column that names the sentence of a word tells of a word in each row.
        validation: whether another table measures.
    """
    learned = rows if validation else round(rows * (1 - split.share))
    by_words = Role.TAGS in roles and (Role.ID in roles or Role.GROUP in roles)
    return max(1, learned // WORDS_IN_A_SENTENCE if by_words else learned)


def rows_of(spec: FinetuneSpec) -> int:
    """As :func:`rows_to_learn`, of a spec."""
    return rows_to_learn(spec.table.rows, spec.roles, spec.split, validation=spec.validation is not None)


def nearest(dials: Dials, rows: int) -> str:
    """The preset from which the fewest of these dials differ, for so many rows."""
    return min(PRESETS, key=lambda name: (len(turned(dials, name, rows)), name != DEFAULT))


def turned(dials: Dials, name: str, rows: int) -> dict[str, JsonValue]:
    """The dials that differ from the preset of this name for so many rows, as JSON values."""
    before = preset(name).for_rows(rows).model_dump(mode="json")
    return {dial: value for dial, value in dials.model_dump(mode="json").items() if value != before[dial]}


def plan_line(dials: Dials, rows: int) -> str:
    """What these dials come to, where each row is one example: ``About 27 passes over 240 rows in batches of 16: 405 steps.``"""
    over = f"over {number_of(rows, 'row')}"
    if dials.batch_tokens is not None:
        size = f"in batches of {dials.batch_tokens:,} tokens"
        return f"{number_of(dials.max_steps, 'step')} {size}." if dials.max_steps else f"About {_passes(dials.epochs)} {over} {size}."
    batches = -(-rows // dials.batch_rows)
    steps = dials.max_steps or max(1, -(-round(dials.epochs * batches) // dials.accumulation))
    passes = dials.max_steps * dials.accumulation / batches if dials.max_steps else dials.epochs
    return f"About {_passes(passes)} {over} in batches of {dials.batch_rows:,}: {number_of(steps, 'step')}."


def _passes(passes: float) -> str:
    return f"{passes:,.1f}".removesuffix(".0") + (" pass" if passes == 1 else " passes")
