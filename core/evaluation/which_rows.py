"""Which rows a figure is of: the split of a data set, and what the model knows of them. Figures on rows that it learned from flatter."""

from __future__ import annotations

from core.evaluation.learned import maker_of
from core.schema import FinetuneSpec, PredictSpec, TableSource
from core.settings import Settings

KEPT = "The validation rows of a fine-tune: the model has not learned from them, though its epoch may be chosen by them."
KEPT_OF_SEARCH = (
    "The validation rows of a search: the model has not learned from them, but its dials were chosen by them, so these figures flatter."
)
CHOSEN_BY = "{model} has not learned from these rows, but its fine-tune was measured on this table, and its epoch may be chosen by it."
LEARNED = "{model} was tuned on rows of this very table: it has seen their labels, so these figures flatter."
OTHER = "{model} was tuned on another table, {table}: these rows are new to it, but for texts that stand in both."


def rows_of_table(table: TableSource) -> str:
    """The split that a table was read from; empty where it is no data set of the Hub."""
    if table.hub is None:
        return ""
    first = f"the first {table.hub.rows:,} rows of " if table.hub.rows else ""
    sentence = f"{first}the split {table.hub.split or 'train'} of {table.hub.dataset}."
    return sentence[:1].upper() + sentence[1:]


def rows_of_kept(tuned: FinetuneSpec, *, searched: bool) -> str:
    """Which rows a fine-tune, or a search that turned its dials, has kept aside, in words."""
    return f"{KEPT_OF_SEARCH if searched else KEPT} {rows_of_table(tuned.validation or tuned.table)}".strip()


def rows_of_run(settings: Settings, owner: str, spec: PredictSpec | FinetuneSpec) -> str:
    """Which rows the figures of a run are of, in words; empty where nothing is known of them."""
    if isinstance(spec, FinetuneSpec):
        return rows_of_kept(spec, searched=False)
    return f"{rows_of_table(spec.table)} {_known_to(settings, owner, spec)}".strip()


def _known_to(settings: Settings, owner: str, spec: PredictSpec) -> str:
    """What the model of a run knows of its table; empty for models of which this server does not know what they learned from."""
    tuned = maker_of(settings, owner, spec.model)
    if tuned is None:
        return ""
    if tuned.table.id == spec.table.id:
        return LEARNED.format(model=spec.model)
    if tuned.validation is not None and tuned.validation.id == spec.table.id:
        return CHOSEN_BY.format(model=spec.model)
    return OTHER.format(model=spec.model, table=tuned.table.shown)
