"""The adapters of a workspace as a list, newest first, one of them chosen."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pandas as pd
import streamlit as st

from core import models, tasks
from core.errors import SheetformerError
from core.models.merge import adapter_json
from core.models.safety import ADAPTER_CONFIG
from core.schema import ModelEntry, ModelReference
from pages.parts import links
from pages.parts.frames import grid
from pages.parts.text import count, size
from pages.parts.visit import Visit

ADAPTER = "adapter"  # in the address
KIND = "adapter:"
LABELS_NAMED = 6
LATEST = datetime.datetime(9999, 1, 1).timestamp()


@dataclass(frozen=True)
class OnShelf:
    """One adapter.

    Args:
        entry: its line in the list of models; without tasks where it cannot be used.
        facts: what stands beside its weights; an upload may say anything.
        folder: where its files lie.
        base: what it was tuned on, as far as anybody says.
    """

    entry: ModelEntry
    facts: models.AdapterFacts
    folder: Path
    base: str

    @property
    def name(self) -> str:
        """By which it is chosen, without ``adapter:``."""
        return self.entry.reference.removeprefix(KIND)

    @property
    def usable(self) -> bool:
        """Whether its files passed the checks."""
        return bool(self.entry.tasks)


def read(visit: Visit) -> list[OnShelf]:
    """Every adapter of the workspace, newest first; a damaged one as well, so that it can be deleted."""
    found = []
    for entry in models.list_models(visit.settings, owner=visit.workspace):
        if entry.reference.startswith(KIND):
            with suppress(SheetformerError):  # it went between two looks
                found.append(_read(visit, entry))
    return sorted(found, key=lambda adapter: (-made(adapter), adapter.name))


def pick(visit: Visit, shelf: Sequence[OnShelf]) -> OnShelf:
    """The list, and the adapter of the address, or the newest. A click on a line names another."""
    clicked = grid(
        frame(shelf),
        alt=f"{count(len(shelf), 'adapter')}, newest first: name, task, base, labels, when it was made, size.",
        limit=visit.settings.max_shown_characters,
        key=f"adapters-{crc32('/'.join(adapter.name for adapter in shelf).encode())}",  # another list starts without a selection
        selection="single-row",
    )
    if len(shelf) > 1:
        st.caption("Tick a line to look at another one.")
    named = {adapter.name: adapter for adapter in shelf}
    if clicked and clicked[0] < len(shelf):
        st.query_params[ADAPTER] = shelf[clicked[0]].name
    wanted = st.query_params.get(ADAPTER)
    if wanted is not None and wanted not in named:
        st.info("The adapter of this address is not on your shelf. The newest is shown.", icon=":material/link_off:")
    return named.get(wanted or "", shelf[0])


def frame(shelf: Sequence[OnShelf]) -> pd.DataFrame:
    """One line for each adapter, for the grid."""
    return pd.DataFrame(
        {
            "Adapter": [adapter.name for adapter in shelf],
            "Task": [task_words(adapter) for adapter in shelf],
            "Base": [adapter.base for adapter in shelf],
            "Labels": [labels_line(adapter.entry.labels) for adapter in shelf],
            "Made": [moment(made(adapter)) for adapter in shelf],
            "Size": [size(adapter.entry.size_bytes) if adapter.entry.size_bytes else "" for adapter in shelf],
        }
    )


def none_yet() -> None:
    """What an empty shelf shows."""
    with st.container(border=True):
        st.write("No adapter yet. Teach a model the labels of a table: the result stands here, ready to score the next one.")
        st.page_link(links.FINETUNE, label="Fine-tune on a table", icon=":material/school:")


def task_words(adapter: OnShelf) -> str:
    """Titles of its tasks; that it cannot be used where it cannot."""
    if not adapter.usable:
        return "cannot be used"
    titles = {task.name: task.title for task in tasks.all_tasks()}
    return ", ".join(titles.get(name, name) for name in adapter.entry.tasks)


def labels_line(labels: Sequence[str]) -> str:
    """The first labels and how many more there are."""
    more = len(labels) - LABELS_NAMED
    return ", ".join(labels[:LABELS_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def made(adapter: OnShelf) -> float:
    """When it was made, in seconds since 1970; when it came here where nobody says, or what is said cannot be."""
    created = adapter.facts.created
    if created is not None and 0 < created < LATEST:
        return created
    with suppress(OSError):
        return adapter.folder.stat().st_mtime
    return 0.0


def moment(seconds: float) -> str:
    """Local time of the server, to the minute."""
    return datetime.datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M") if seconds else ""


def _read(visit: Visit, entry: ModelEntry) -> OnShelf:
    folder = models.own_adapter_folder(visit.settings, visit.workspace, ModelReference.parse(entry.reference))
    facts = models.AdapterFacts()
    with suppress(SheetformerError):  # the facts are damaged, the adapter may not be
        facts = models.adapter_facts(visit.settings, folder)
    base = facts.base or (adapter_json(folder, ADAPTER_CONFIG).get("base_model_name_or_path") if entry.tasks else None)
    return OnShelf(entry, facts, folder, base if isinstance(base, str) and base else "not said")
