"""What is to leave, put together in a folder of its own: nothing of it changes between the last look and the push."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import NotFound
from core.files import link_or_copy, saving
from core.models import OWN_MODELS, AdapterFacts, adapter_facts, own_adapter_folder, write_facts
from core.models.adapter_zip import KEPT
from core.models.adapters import FACTS
from core.publish.order import check_path
from core.schema import ModelReference
from core.settings import Settings
from core.workspaces import workspace_folder

CARD = "README.md"
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Parcel:
    """Files that are ready to leave.

    Args:
        folder: holds them by their paths in the repository.
        subject: what they are: ``adapter:mine``, ``local:mine``, or the id of a run.
        kind: of the repository that they fit.
    """

    folder: Path
    subject: str
    kind: str

    def files(self) -> dict[str, Path]:
        """Path in the repository to the file here, the card first."""
        found = {str(PurePosixPath(path.relative_to(self.folder))): path for path in sorted(self.folder.rglob("*")) if path.is_file()}
        return dict(sorted(found.items(), key=lambda item: (item[0] != CARD, item[0])))

    def write_card(self, text: str) -> None:
        """Puts the card beside them, in the place of any other."""
        (self.folder / CARD).unlink(missing_ok=True)  # it may be a link to the adapter's own
        (self.folder / CARD).write_text(text, encoding="utf-8")

    def discard(self) -> None:
        """Takes the folder away. What it was made of stays where it is."""
        shutil.rmtree(self.folder, ignore_errors=True)


def pack_adapter(settings: Settings, owner: str, name: str) -> Parcel:
    """An adapter's own files.

    Which run made it stays here: the id of a run is a link to it.

    Raises:
        NotFound: the workspace has none of this name.
        CannotWrite: the disk is full.
    """
    source = own_adapter_folder(settings, owner, ModelReference.parse(f"adapter:{name}"))
    with packing(settings, owner) as folder:
        for file in KEPT:
            if (source / file).is_file() and file != FACTS:
                link_or_copy(source / file, folder / file)
        facts = adapter_facts(settings, source)
        if facts != AdapterFacts():
            write_facts(folder, facts.model_copy(update={"run": None}))
    return Parcel(folder, f"adapter:{name}", "model")


def pack_whole(settings: Settings, owner: str, subject: str, source: Path) -> Parcel:
    """A whole model: the zip of a merged one, or a folder.

    Args:
        subject: ``adapter:mine`` that was merged, or ``local:mine``.
        source: as :mod:`core.live` or :func:`core.models.write_whole` have written it.

    Raises:
        NotFound: the source is gone.
        CannotWrite: the disk is full.
    """
    with packing(settings, owner) as folder:
        if source.is_dir():
            for path in sorted(source.iterdir()):
                if path.is_file():
                    link_or_copy(path.resolve(), folder / path.name)
        else:
            _unpack(source, folder)
    return Parcel(folder, subject, "model")


def pack_file(settings: Settings, owner: str, path: str, content: bytes) -> Parcel:
    """A single file under its path in the repository.

    Raises:
        BadInput: the path leads out of the repository.
        CannotWrite: the disk is full.
    """
    check_path(path)
    with packing(settings, owner) as folder:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return Parcel(folder, path, "model")


def own_model_folder(settings: Settings, owner: str, name: str) -> Path:
    """Folder of a whole model that a workspace has made: ``local:NAME``.

    Raises:
        NotFound: it has made none of this name; a folder that an administrator registered is not a workspace's to publish.
    """
    return OWN_MODELS.get(settings, owner, name)


def _unpack(source: Path, folder: Path) -> None:
    """Our own zip: files side by side, nothing else."""
    try:
        with zipfile.ZipFile(source) as archive:
            for member in archive.infolist():
                with archive.open(member) as file, (folder / PurePosixPath(member.filename).name).open("wb") as target:
                    shutil.copyfileobj(file, target)
    except FileNotFoundError as error:
        raise NotFound("the merged model", "it is gone after a day", "Merge it again.") from error


@contextmanager
def packing(settings: Settings, owner: str) -> Iterator[Path]:
    """A new folder in the workspace's outbox, gone again if filling it fails."""
    outbox = workspace_folder(settings, owner) / "outbox"
    folder = outbox / secrets.token_hex(8)
    try:
        with saving(settings.home):
            folder.mkdir(parents=True)
            _forget_old(outbox)
            yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def hold(folder: Path) -> int:
    """Keeps a parcel from being tidied away, by whatever process, until the descriptor is closed or this process ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    with contextlib.suppress(OSError):  # a disk without locks: whoever goes on is told that the files are gone
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _is_held(folder: Path) -> bool:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a disk without locks
        return False
    finally:
        os.close(descriptor)
    return False


def _forget_old(outbox: Path) -> None:
    """Parcels that nobody came back for; those of pushes that can be gone on with stay."""
    for path in outbox.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > KEPT_SECONDS and not _is_held(path):
                shutil.rmtree(path, ignore_errors=True)
