"""An adapter as one zip: written for a download, read from an upload. What comes from outside is checked before it stands on the shelf."""

from __future__ import annotations

import errno
import re
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from core.archives import ZIP_DAMAGE, check_members, check_no_links, copy_limited, incomplete, is_clutter
from core.errors import BadInput, LimitReached, NotAllowed
from core.models.adapters import FACTS, adapter_facts, own_adapter_folder, put_adapter
from core.models.catalogue import base_of
from core.models.fitting import check_fit
from core.models.safety import ADAPTER_CONFIG, ADAPTER_WEIGHTS, CONFIG, PICKLES, check_adapter, count_labels, read_json
from core.models.weights import read_header, read_headers
from core.schema import ModelReference
from core.settings import MEGABYTE, Settings

KEPT = (ADAPTER_CONFIG, ADAPTER_WEIGHTS, CONFIG, FACTS, "README.md")
"""The files that make an adapter. Nothing else of an archive is ever unpacked."""

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold
END, END_BYTES, LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
LOCATOR, LOCATOR_BYTES = b"PK\x06\x07", 20
ENTRY_BYTES = 1_000  # of an archive's directory, for one file with a long name
DRIVE = re.compile(r"[A-Za-z]:")
PACK_AGAIN = "Pack the adapter's own files again: adapter_config.json, adapter_model.safetensors, config.json."


@dataclass(frozen=True)
class Uploaded:
    """An adapter that stands on the shelf.

    Args:
        reference: by which it is chosen.
        left_out: files of the archive that are no part of an adapter and were not unpacked.
    """

    reference: str
    left_out: tuple[str, ...] = ()


def write_adapter_zip(settings: Settings, owner: str, name: str, target: BinaryIO) -> None:
    """Writes an adapter of a workspace as a zip. The same adapter gives the same bytes.

    Raises:
        NotFound: the workspace has none of this name.
    """
    folder = own_adapter_folder(settings, owner, ModelReference.parse(f"adapter:{name}"))
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(KEPT):
            if not (folder / file).is_file():
                continue
            entry = zipfile.ZipInfo(file, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            # Weights hardly shrink, and those that are all zero would look like a bomb on their way back.
            entry.compress_type = zipfile.ZIP_STORED
            archive.writestr(entry, (folder / file).read_bytes())


def upload_adapter(settings: Settings, owner: str, name: str, source: BinaryIO, *, replace: bool = False) -> Uploaded:
    """Puts the adapter of a zip on the shelf of a workspace, once everything about it has been checked.

    Args:
        source: the zip; it must be seekable.
        replace: an adapter of this name leaves.

    Raises:
        BadInput: no zip, a broken one, not one adapter, or one whose tensors do not fit its base.
        NotAllowed: names or links that lead out, pickled weights, code or classes of others, a base by path or address.
        LimitReached: too large, too many files, or a bomb.
        NotFound: its base is not on this machine.
        Conflict: the name is taken; the message proposes a free one.
        CannotWrite: the disk is full.
    """
    left_out: list[str] = []

    def fill(folder: Path) -> None:
        left_out.extend(_unpack(settings, source, folder))
        check_uploaded(settings, owner, folder)

    put_adapter(settings, owner, name, fill, replace=replace)
    return Uploaded(f"adapter:{name}", tuple(left_out))


def check_uploaded(settings: Settings, owner: str, folder: Path) -> None:
    """Checks an adapter's folder, and its tensors against those of its base, which must be on this machine.

    Raises:
        SheetformerError: as :func:`upload_adapter`.
    """
    adapter = check_adapter(settings, folder)
    facts = adapter_facts(settings, folder)
    base = base_of(settings, adapter, facts, owner, fetch=False)
    own = read_json(settings, folder / CONFIG) if (folder / CONFIG).is_file() else {}
    labels = count_labels(own) if isinstance(own, dict) else 0
    tensors = read_header(folder / ADAPTER_WEIGHTS)
    check_fit(adapter, tensors, read_headers(base.base), name=base.reference, labels=labels or len(facts.labels))


def _unpack(settings: Settings, source: BinaryIO, folder: Path) -> list[str]:
    """Writes the adapter's files into ``folder`` and gives the names of the others."""
    packed = _check_outside(settings, source)
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_names(settings, members)
            check_members(settings, members, packed)
            root = _root([member.filename for member in members])
            wanted = {root + name: name for name in KEPT}  # a file of the same name in another folder is another file
            size = taken = 0
            for member in members:
                if member.filename in wanted:
                    taken += member.compress_size
                    with archive.open(member) as file, (folder / wanted[member.filename]).open("wb") as target:
                        size = copy_limited(settings, file, target, taken, before=size)
            return sorted(name for member in members if (name := member.filename) not in wanted and not is_clutter(name))
    except (*ZIP_DAMAGE, ValueError, struct.error) as error:  # a damaged directory may name places that no file has
        raise incomplete("zip") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the start of the file
            raise
        raise incomplete("zip") from error
    except NotImplementedError as error:
        raise BadInput("a zip file with ordinary compression", str(error), PACK_AGAIN) from error
    except LimitReached as error:
        raise LimitReached(error.expected, error.found, "Pack the adapter alone and without compression.") from error


def _check_outside(settings: Settings, source: BinaryIO) -> int:
    """Size of the archive in bytes. Its directory is bounded before it is read: each entry takes far more memory than bytes."""
    size = source.seek(0, 2)
    if size > settings.max_upload_mb * MEGABYTE:
        raise LimitReached(
            f"an adapter of at most {settings.max_upload_mb} MB (setting max_upload_mb)",
            f"{size / MEGABYTE:,.0f} MB",
            "Ask the administrator to raise the setting.",
        )
    source.seek(max(0, size - END_BYTES - LONGEST_COMMENT - LOCATOR_BYTES))
    tail = source.read()
    source.seek(0)
    end = tail.rfind(END)
    if end < 0 or len(tail) - end < END_BYTES:
        raise BadInput("a zip with an adapter", "another kind of file, or an incomplete one", PACK_AGAIN)
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    is_long = tail[max(0, end - LOCATOR_BYTES) : end].startswith(LOCATOR)
    if is_long or directory > settings.max_model_files * ENTRY_BYTES:
        raise _too_many(settings)
    return size


def _too_many(settings: Settings) -> LimitReached:
    return LimitReached(f"a zip with at most {settings.max_model_files:,} files (max_model_files)", "more", PACK_AGAIN)


def _check_names(settings: Settings, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuses an archive that tries something, even with a file that would be left out."""
    if len(members) > settings.max_model_files:
        raise _too_many(settings)
    seen: set[str] = set()
    for member in members:
        name = member.orig_filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or DRIVE.match(name) or "\0" in name or "\\" in member.orig_filename:
            raise NotAllowed("names of files inside the zip", f"{name[:80]!r}, which leads out of it", PACK_AGAIN)
        if name.casefold() in seen:
            raise NotAllowed("one file of each name inside the zip", f"{name[:80]!r} twice", PACK_AGAIN)
        seen.add(name.casefold())
    check_no_links(members)


def _root(names: Sequence[str]) -> str:
    """The folder inside the archive that holds the adapter, with its slash; empty where that is the archive itself."""
    roots = sorted((name.removesuffix(ADAPTER_CONFIG) for name in names if PurePosixPath(name).name == ADAPTER_CONFIG), key=_depth)
    if not roots:
        raise BadInput(f"a zip with {ADAPTER_CONFIG}", "none in it", PACK_AGAIN)
    if len(roots) > 1 and _depth(roots[0]) == _depth(roots[1]):
        raise BadInput("a zip with one adapter", f"several, such as {roots[0]!r} and {roots[1]!r}", "Pack each by itself.")
    root = roots[0]
    if root + ADAPTER_WEIGHTS not in names:
        pickles = [name for name in names if name.lower().endswith(PICKLES)]
        found = f"only {pickles[0]!r}, which could run code when read" if pickles else "none in it"
        raise NotAllowed(f"weights as {ADAPTER_WEIGHTS}", found, "Save the adapter again with save_pretrained, which writes safetensors.")
    return root


def _depth(name: str) -> int:
    return name.count("/")
