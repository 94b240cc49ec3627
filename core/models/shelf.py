"""A shelf of a workspace: folders that appear whole, by rename, under names that are never paths, seen by nobody else."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import Conflict, NotAllowed, NotFound, SheetformerError
from core.files import TEMPORARY_PREFIX, saving, sync, writing
from core.schema import ModelReference
from core.settings import Settings
from core.workspaces import workspace_folder

LONGEST_NAME = 96  # characters, as of every name in a model reference
CHOOSE = "Choose one of the list of models."
Filler = Callable[[Path], object]


@dataclass(frozen=True)
class Shelf:
    """One kind of things that workspaces keep.

    Args:
        folder: name of the shelf in the folder of a workspace.
        kind: of the references, ``adapter`` of ``adapter:mine``.
        thing: what lies on it, in messages.
        mark: file by which a folder is one of them.
        check: says whether a folder's files are safe to load.
    """

    folder: str
    kind: str
    thing: str
    mark: str
    check: Callable[[Settings, Path], object]

    @property
    def one(self) -> str:
        """The thing with its article."""
        return f"{'an' if self.thing[0] in 'aeiou' else 'a'} {self.thing}"

    def place(self, settings: Settings, owner: str) -> Path:
        """The folder of a workspace's things; it may not exist yet.

        Raises:
            NotFound: the text is no name of a workspace.
        """
        return workspace_folder(settings, owner) / self.folder

    def names(self, settings: Settings, owner: str) -> list[str]:
        """Names of a workspace's things. Folders whose name is no name are not ours."""
        names = []
        for path in sorted(self.place(settings, owner).glob(f"*/{self.mark}")):
            with contextlib.suppress(SheetformerError):
                names.append(self._checked(path.parent.name))
        return names

    def get(self, settings: Settings, owner: str, name: str) -> Path:
        """Folder of a thing of a workspace.

        Raises:
            NotFound: the workspace has none of this name; whether another one has is not told.
            NotAllowed: the folder is a link that leads out of the shelf.
        """
        place, reference = self.place(settings, owner), f"{self.kind}:{self._checked(name)}"
        folder = place / name
        if not folder.resolve().is_relative_to(place.resolve()):
            raise NotAllowed(
                f"{self.one} in its workspace's folder", f"{reference}, a link that leads out of it", "Copy the folder in its place."
            )
        if not folder.is_dir():
            names = ", ".join(f"{self.kind}:{name}" for name in self.names(settings, owner)) or "none at all"
            raise NotFound(f"{self.one} of this workspace", f"{reference}; there is {names}", CHOOSE)
        return folder

    def free_name(self, settings: Settings, owner: str, name: str, others: Iterable[str] = ()) -> str:
        """``name``, or where it is taken the first free one of ``name-2``, ``name-3``, ... Capitals make no other name: not on every disk.

        Args:
            others: names that are taken elsewhere.

        Raises:
            BadInput: the name could be a path.
        """
        place = self.place(settings, owner)
        taken = {path.name.casefold() for path in place.iterdir()} if place.is_dir() else set()
        taken |= {other.casefold() for other in others}
        candidate, number = self._checked(name), 1
        while candidate.casefold() in taken:
            number += 1
            ending = f"-{number}"
            candidate = name[: LONGEST_NAME - len(ending)] + ending
        return candidate

    def put(self, settings: Settings, owner: str, name: str, source: Path | Filler, *, replace: bool) -> Path:
        """Puts a thing on the shelf. It appears whole, by rename, after its files were found safe.

        Args:
            name: name by which it is chosen.
            source: folder to copy, or a function that writes the files into the folder that it is given.
            replace: a thing of this name leaves; without, a taken name is a conflict.

        Returns:
            Its folder.

        Raises:
            BadInput: the name could be a path.
            Conflict: the name is taken; the message proposes a free one.
            NotAllowed: its files are not safe to load.
            CannotWrite: the disk is full, or the data folder must not be written. What was on the shelf is still there.
        """
        target = self.place(settings, owner) / self._checked(name)
        self._check_free(settings, owner, name, replace=replace)
        building = _beside(target)
        try:
            with saving(settings.home):
                building.mkdir(parents=True)
                if isinstance(source, Path):
                    shutil.copytree(source, building, symlinks=True, dirs_exist_ok=True)
                else:
                    source(building)
                self.check(settings, building)
                _sync_all(building)
                self._check_free(settings, owner, name, replace=replace)
                _move(building, target)
        finally:
            shutil.rmtree(building, ignore_errors=True)
        return target

    def delete(self, settings: Settings, owner: str, name: str) -> None:
        """Takes a thing off the shelf, also a damaged one. It is renamed first, so that it is gone at once for every reader.

        Raises:
            BadInput: the name could be a path.
            NotFound: the workspace has none of this name.
            CannotWrite: the data folder cannot be written.
        """
        path = self.get(settings, owner, name)
        doomed = _beside(path)
        with writing(settings.home):
            path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def _checked(self, name: str) -> str:
        return ModelReference.parse(f"{self.kind}:{name}").name

    def _check_free(self, settings: Settings, owner: str, name: str, *, replace: bool) -> None:
        free = self.free_name(settings, owner, name)
        if free != name and not replace:
            raise Conflict(
                f"a name that no {self.thing} of this workspace has",
                repr(name),
                f"Take another name, such as {free}, or replace the {self.thing}.",
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
