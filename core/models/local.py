"""Whole models on this machine: registered folders that an administrator's roots allow, and those that a workspace has made.

A name never becomes a path: it is looked up.
"""

from __future__ import annotations

import json
from pathlib import Path

from filelock import FileLock

from core.errors import NotAllowed, NotFound
from core.files import write_bytes, writing
from core.models.describe import describe_folder
from core.models.safety import CONFIG, check_folder
from core.models.shelf import Shelf
from core.schema import ModelEntry, ModelReference
from core.settings import Settings
from core.workspaces import LOCAL

OWN_MODELS = Shelf("models", "local", "model", CONFIG, check_folder)
"""Whole models that a workspace has made: ``local:NAME`` as well, seen by this workspace alone."""

REGISTRY = "local.json"
ASK = "Ask the administrator to add its parent to SHEETFORMER_MODEL_ROOTS."


def add_local(settings: Settings, folder: Path, name: str) -> ModelEntry:
    """Registers a model folder as ``local:<name>``; the same name again replaces it.

    Raises:
        BadInput: the name could be a path or has characters beyond letters, digits, dot, dash and underscore.
        NotAllowed: the folder is under none of ``model_roots``, or fails :func:`check_folder`.
        CannotWrite: the disk is full, or the data folder must not be written.
    """
    reference = ModelReference.parse(f"local:{name}")
    place = check_root(settings, folder)
    entry = describe_folder(str(reference), place, check_folder(settings, place))
    registry = _registry(settings)
    with writing(settings.home):
        registry.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(registry.with_suffix(".lock")):
            names = read_registry(settings) | {reference.name: str(place)}
            write_bytes(registry, json.dumps(names, indent=1, sort_keys=True).encode())
    return entry


def local_folder(settings: Settings, reference: ModelReference, owner: str = LOCAL) -> Path:
    """Folder of a workspace's own model, else of a registered one, still under a root that the settings of today allow.

    Raises:
        NotFound: nothing is registered under this name, or its folder is gone.
        NotAllowed: the root is no longer allowed.
    """
    if reference.name in OWN_MODELS.names(settings, owner):
        return OWN_MODELS.get(settings, owner, reference.name)
    registered = read_registry(settings)
    if reference.name not in registered:
        names = ", ".join(f"local:{name}" for name in sorted(registered)) or "no local model at all"
        raise NotFound("a registered local model", f"{reference}; there is {names}", "Register the folder with `models add`.")
    return check_root(settings, Path(registered[reference.name]))


def check_root(settings: Settings, folder: Path) -> Path:
    """The folder with all links resolved, strictly below one of the allowed roots. Both are resolved: a link cannot lead out."""
    roots = [root.expanduser().resolve() for root in settings.model_roots]
    place = folder.expanduser().resolve()
    if not any(place != root and place.is_relative_to(root) for root in roots):
        allowed = "under one of the allowed roots" if roots else "under an allowed root, of which there are none"
        raise NotAllowed(f"a model folder {allowed}", repr(str(folder)[:200]), ASK)
    if not place.is_dir():
        raise NotFound("a model folder", f"{folder.name}, which is no folder any more", "Register it again where it lies now.")
    return place


def local_names(settings: Settings, owner: str) -> list[str]:
    """Names of a workspace's own models and of the registered ones."""
    return sorted({*OWN_MODELS.names(settings, owner), *read_registry(settings)})


def read_registry(settings: Settings) -> dict[str, str]:
    """Registered names and their folders. Entries whose name could be a path are left out: the file can be edited by hand."""
    try:
        found = json.loads(_registry(settings).read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise NotFound(
            "a readable registry of local models", f"{REGISTRY} that is no JSON", "Remove it and register the folders again."
        ) from error
    return {name: place for name, place in found.items() if isinstance(place, str)} if isinstance(found, dict) else {}


def _registry(settings: Settings) -> Path:
    return settings.home / "models" / REGISTRY
