"""The shelf: adapters that were tuned or uploaded here. Each lies in the folder of its workspace, and nobody else sees it."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import Conflict, NotAllowed, NotFound, SheetformerError
from core.files import TEMPORARY_PREFIX, saving, sync, write_json, writing
from core.models.safety import ADAPTER_CONFIG, check_adapter, read_json
from core.schema import ModelReference
from core.settings import Settings
from core.workspaces import workspace_folder

FACTS = "sheetformer.json"
LONGEST_NAME = 96  # characters, as of every name in a model reference
CHOOSE = "Choose one of the list of models."
Filler = Callable[[Path], object]


class AdapterFacts(BaseModel):
    """What is known of an adapter beyond what peft writes down. Adapters from elsewhere know none of it.

    Args:
        task: Hub name of the task that it was tuned for.
        base: reference of the model that it was tuned on.
        base_revision: what that reference stood for, see :class:`core.models.ModelFiles`.
        run: id of the run that made it.
        created: seconds since 1970.
        labels: names of its outputs in the order of the logits.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    task: str | None = Field(None, pattern=r"^[a-z0-9-]{1,64}$")
    base: str | None = None
    base_revision: str | None = None
    run: str | None = None
    created: float | None = Field(None, allow_inf_nan=False)
    labels: tuple[str, ...] = ()


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


def shelf(settings: Settings, owner: str) -> Path:
    """The folder of a workspace's adapters; it may not exist yet.

    Raises:
        NotFound: the text is no name of a workspace.
    """
    return workspace_folder(settings, owner) / "adapters"


def adapter_names(settings: Settings, owner: str) -> list[str]:
    """Names of a workspace's adapters. Folders whose name is no name are not ours."""
    names = []
    for path in sorted(shelf(settings, owner).glob(f"*/{ADAPTER_CONFIG}")):
        with contextlib.suppress(SheetformerError):
            names.append(_checked_name(path.parent.name))
    return names


def own_adapter_folder(settings: Settings, owner: str, reference: ModelReference) -> Path:
    """Folder of an adapter of a workspace.

    Raises:
        NotFound: the workspace has none of this name; whether another one has is not told.
        NotAllowed: the folder is a link that leads out of the shelf.
    """
    place = shelf(settings, owner)
    folder = place / reference.name
    if not folder.resolve().is_relative_to(place.resolve()):
        raise NotAllowed(
            "an adapter in its workspace's folder", f"{reference}, a link that leads out of it", "Copy the folder in its place."
        )
    if not folder.is_dir():
        names = ", ".join(f"adapter:{name}" for name in adapter_names(settings, owner)) or "none at all"
        raise NotFound("an adapter of this workspace", f"{reference}; there is {names}", CHOOSE)
    return folder


def free_name(settings: Settings, owner: str, name: str) -> str:
    """``name``, or where it is taken the first free one of ``name-2``, ``name-3``, ... Capitals make no other name: not on every disk.

    Raises:
        BadInput: the name could be a path.
    """
    place = shelf(settings, owner)
    taken = {path.name.casefold() for path in place.iterdir()} if place.is_dir() else set()
    candidate, number = _checked_name(name), 1
    while candidate.casefold() in taken:
        number += 1
        ending = f"-{number}"
        candidate = name[: LONGEST_NAME - len(ending)] + ending
    return candidate


def put_adapter(settings: Settings, owner: str, name: str, source: Path | Filler, *, replace: bool) -> Path:
    """Puts an adapter on the shelf. It appears whole, by rename, after :func:`core.models.check_adapter`.

    Args:
        name: name by which it is chosen: ``adapter:<name>``.
        source: folder to copy, or a function that writes the files into the folder that it is given.
        replace: an adapter of this name leaves; without, a taken name is a conflict.

    Returns:
        The adapter's folder.

    Raises:
        BadInput: the name could be a path.
        Conflict: the name is taken; the message proposes a free one.
        NotAllowed: its files are not safe to load.
        CannotWrite: the disk is full, or the data folder must not be written. What was on the shelf is still there.
    """
    target = shelf(settings, owner) / _checked_name(name)
    _check_free(settings, owner, name, replace=replace)
    building = _beside(target)
    try:
        with saving(settings.home):
            building.mkdir(parents=True)
            if isinstance(source, Path):
                shutil.copytree(source, building, symlinks=True, dirs_exist_ok=True)
            else:
                source(building)
            check_adapter(settings, building)
            _sync_all(building)
            _check_free(settings, owner, name, replace=replace)
            _move(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def delete_adapter(settings: Settings, owner: str, name: str) -> None:
    """Takes an adapter off the shelf, also a damaged one. It is renamed first, so that it is gone at once for every reader.

    Raises:
        BadInput: the name could be a path.
        NotFound: the workspace has none of this name.
        CannotWrite: the data folder cannot be written.
    """
    path = own_adapter_folder(settings, owner, ModelReference.parse(f"adapter:{name}"))
    doomed = _beside(path)
    with writing(settings.home):
        path.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _checked_name(name: str) -> str:
    return ModelReference.parse(f"adapter:{name}").name


def _check_free(settings: Settings, owner: str, name: str, *, replace: bool) -> None:
    free = free_name(settings, owner, name)
    if free != name and not replace:
        raise Conflict(
            "a name that no adapter of this workspace has", repr(name), f"Take another name, such as {free}, or replace the adapter."
        )


def _beside(target: Path) -> Path:
    return target.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}-{target.name}")


def _sync_all(folder: Path) -> None:
    for path in [*sorted(path for path in folder.rglob("*") if path.is_file()), folder]:
        sync(path)


def _move(building: Path, target: Path) -> None:
    """Puts a folder in its place. One that is there leaves first, and comes back where the new one cannot take its place."""
    before = _beside(target) if target.exists() else None
    if before:
        target.rename(before)
    try:
        building.rename(target)
    except OSError:
        if before:
            before.rename(target)
        raise
    with contextlib.suppress(OSError):  # it is there; not every disk can sync a folder
        sync(target.parent)
    if before:
        shutil.rmtree(before, ignore_errors=True)
