"""Adapters that were tuned or uploaded here, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.files import write_json
from core.models.safety import ADAPTER_CONFIG, check_adapter, read_json
from core.models.shelf import Filler, Shelf
from core.schema import ModelReference
from core.schema.models import NAME
from core.settings import Settings

FACTS = "sheetformer.json"


class AdapterFacts(BaseModel):
    """What is known of an adapter beyond what peft writes down. Adapters from elsewhere know none of it.

    Args:
        task: Hub name of the task that it was tuned for.
        base: reference of the model that it was tuned on.
        base_revision: what that reference stood for, see :class:`core.models.ModelFiles`.
        run: id of the run that made it.
        created: seconds since 1970.
        labels: names of its outputs in the order of the logits.
        version: 1 for what was tuned; a version with another temperature counts on.
        version_of: name of the adapter that the versions are of; empty for the first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    task: str | None = Field(None, pattern=r"^[a-z0-9-]{1,64}$")
    base: str | None = None
    base_revision: str | None = None
    run: str | None = None
    created: float | None = Field(None, allow_inf_nan=False)
    labels: tuple[str, ...] = ()
    version: int = Field(1, ge=1)
    version_of: str = Field("", pattern=rf"^(?:{NAME.pattern})?$")


def adapter_facts(settings: Settings, folder: Path) -> AdapterFacts:
    """The facts beside an adapter's weights; none where the file is missing or says something else.

    Raises:
        LimitReached: the file is larger than ``max_config_kb``.
        NotAllowed: it is no JSON.
    """
    if not (folder / FACTS).is_file():
        return AdapterFacts()
    try:
        return AdapterFacts.model_validate(read_json(settings, folder / FACTS))
    except ValidationError:
        return AdapterFacts()


def write_facts(folder: Path, facts: AdapterFacts) -> None:
    """Writes ``sheetformer.json`` into an adapter's folder."""
    write_json(folder / FACTS, facts.model_dump(mode="json", exclude_none=True))


ADAPTERS = Shelf("adapters", "adapter", "adapter", ADAPTER_CONFIG, check_adapter)
"""Adapters that were tuned or uploaded: ``adapter:NAME``."""


def adapter_names(settings: Settings, owner: str) -> list[str]:
    """Names of a workspace's adapters."""
    return ADAPTERS.names(settings, owner)


def own_adapter_folder(settings: Settings, owner: str, reference: ModelReference) -> Path:
    """Folder of an adapter of a workspace, see :meth:`Shelf.get`."""
    return ADAPTERS.get(settings, owner, reference.name)


def free_name(settings: Settings, owner: str, name: str, others: Iterable[str] = ()) -> str:
    """``name``, or a free one like it, see :meth:`Shelf.free_name`."""
    return ADAPTERS.free_name(settings, owner, name, others)


def put_adapter(settings: Settings, owner: str, name: str, source: Path | Filler, *, replace: bool) -> Path:
    """Puts an adapter on its shelf, see :meth:`Shelf.put`."""
    return ADAPTERS.put(settings, owner, name, source, replace=replace)


def delete_adapter(settings: Settings, owner: str, name: str) -> None:
    """Takes an adapter off its shelf, see :meth:`Shelf.delete`."""
    ADAPTERS.delete(settings, owner, name)
