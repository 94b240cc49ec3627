"""What is to be read: one split of one config of a data set at a commit, and how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.errors import BadInput, LimitReached
from core.hub import Layout, Repository, ask, dataset_facts, dataset_layout, one_patience
from core.hub.layout import Config, Split
from core.schema import HubSource
from core.settings import MEGABYTE, Settings


class Wanted(BaseModel):
    """Everything that the reading process has to know, except the token.

    Args:
        source: with commit, config and split.
        rows_total: rows that will come, where the card says so.
        notes: sentences for the table's report.
    """

    model_config = ConfigDict(frozen=True)

    source: HubSource
    reader: str
    files: tuple[str, ...]
    options: dict[str, Any] = {}
    features: tuple[dict[str, Any], ...] = ()
    rows_total: int | None = None
    size_bytes: int | None = None
    licence: str = ""
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The same for all that can go on from the same parts: more of the same rows."""
        facts = self.model_dump(mode="json", include={"reader", "files", "options"}) | self.source.model_dump(mode="json", exclude={"rows"})
        return hashlib.sha256(json.dumps([facts, version("datasets")], sort_keys=True).encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """What the table is called."""
        words = [self.source.dataset.rpartition("/")[2], self.source.config or "", self.source.split or ""]
        return " · ".join(word for word in words if word and word != "default")


def find(settings: Settings, source: HubSource, token: str | None = None) -> tuple[Repository, Wanted]:
    """The repository and what a source names of it.

    Raises:
        HubError: no such data set, or no answer.
        BadInput: no such config or split, or nothing that can be read.
        LimitReached: more than the settings allow.
    """
    with one_patience(settings):
        facts = dataset_facts(settings, source.dataset, revision=source.revision, token=token)
        read, found = dataset_layout(settings, facts, token)
    return facts, choose(settings, read, found, source)


def check_access(settings: Settings, wanted: Wanted, token: str | None = None) -> None:
    """Whether the Hub would give the files now: one short question in the place of a process and of the library's patience.

    Raises:
        HubError: as :func:`core.hub.asking.ask`; also where it is gated and nobody let this user in.
    """
    name = wanted.source.dataset
    ask(settings, f"data set {name}", lambda api: api.auth_check(name, repo_type="dataset"), token)


def choose(settings: Settings, found: Repository, laid: Layout, source: HubSource) -> Wanted:
    """What a source names of a layout; the default config and the split ``train`` where it names none.

    Raises:
        BadInput: no such config or split, or no such column where the card lists them.
        LimitReached: it is known to be more than ``max_rows`` or ``max_dataset_mb``.
    """
    config = _named("config", laid.configs, source.config)
    split = _named("split", config.splits, source.split)
    if config.columns and (missing := [name for name in source.columns if name not in config.columns]):
        raise _no_such("column", missing[0], config.columns)
    _check_size(settings, split, source)
    known = [rows for rows in (split.rows, source.rows) if rows]
    return Wanted(
        source=source.model_copy(update={"revision": found.commit, "config": config.name, "split": split.name, "dataset": found.id}),
        reader=config.reader,
        files=split.files,
        options=config.options,
        features=config.features,
        rows_total=min(known) if split.rows else source.rows,
        size_bytes=split.size_bytes,
        licence=found.licence,
        notes=laid.left_out,
    )


def _named(what: str, those: Sequence[Any], name: str | None) -> Config | Split | Any:
    names = [one.name for one in those]
    if name is None:
        return those[0]
    if name not in names:
        raise _no_such(what, name, names)
    return those[names.index(name)]


def _no_such(what: str, name: str, names: Sequence[str]) -> BadInput:
    return BadInput(f"a {what} that the data set has", repr(name[:100]), f"Choose one of these: {', '.join(names[:20])}.")


def _check_size(settings: Settings, split: Split, source: HubSource) -> None:
    """What the card and the files tell of before anything is read; a packed file is larger than it looks."""
    rows = min(split.rows or 0, source.rows) if source.rows and split.rows else source.rows or split.rows or 0
    if rows > settings.max_rows:
        raise LimitReached(f"at most {settings.max_rows:,} rows (setting max_rows)", f"{rows:,}", "Bring in only the first rows.")
    if source.rows is None and not source.columns and (split.size_bytes or 0) > settings.max_dataset_mb * MEGABYTE:
        raise LimitReached(
            f"at most {settings.max_dataset_mb:,} MB of a data set (setting max_dataset_mb)",
            f"{(split.size_bytes or 0) / MEGABYTE:,.0f} MB",
            "Bring in only the first rows, or fewer columns.",
        )
