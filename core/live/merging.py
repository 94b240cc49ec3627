"""An adapter merged into its base for a download: one zip, kept for a day in the workspace it belongs to."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
import time
import zipfile
from pathlib import Path

from core.errors import LimitReached
from core.files import TEMPORARY_PREFIX, replacing, saving
from core.inference.memory import check_fits, weights_bytes
from core.models import ModelFiles, own_adapter_folder, resolve, write_whole
from core.models.safety import ADAPTER_WEIGHTS
from core.schema import ModelReference
from core.settings import MEGABYTE, Settings
from core.workspaces import workspace_folder

KEPT_SECONDS = 24 * 3600
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold: the same model gives the same bytes


def merged_zip(settings: Settings, owner: str, name: str) -> Path:
    """Where the zip of an adapter of a workspace lies, or would lie. Another adapter of the same name has another place.

    Raises:
        BadInput, NotFound: the workspace has no adapter of this name.
    """
    folder = own_adapter_folder(settings, owner, ModelReference.parse(f"adapter:{name}"))
    weights = folder / ADAPTER_WEIGHTS
    seen = (weights if weights.is_file() else folder).stat()
    mark = hashlib.sha256(f"{name}/{seen.st_ino}/{seen.st_mtime_ns}/{seen.st_size}".encode()).hexdigest()[:32]
    return _shelf(settings, owner) / f"{mark}.zip"


def write_merged_zip(settings: Settings, owner: str, name: str) -> Path:
    """Writes the whole model of an adapter. Imports torch.

    Raises:
        LimitReached: its weights take more than ``max_merge_mb``, or than there is memory.
        CannotWrite: the disk is full; nothing is left there.
        SheetformerError: as :func:`core.models.write_whole`.
    """
    out, files = merged_zip(settings, owner, name), resolve(settings, f"adapter:{name}", owner)
    _check_size(settings, files)
    check_fits(settings, files, "fp32")
    with saving(settings.home):
        out.parent.mkdir(parents=True, exist_ok=True)
    _forget_old(out.parent)
    building = out.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}")
    try:
        write_whole(files, building)
        with saving(settings.home), replacing(out) as fresh, zipfile.ZipFile(fresh, "w") as archive:
            for path in sorted(building.iterdir()):
                entry = zipfile.ZipInfo(path.name, EPOCH)
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:  # stored: weights hardly shrink
                    shutil.copyfileobj(source, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return out


def _check_size(settings: Settings, files: ModelFiles) -> None:
    needed = weights_bytes(files, "fp32")
    if needed > settings.max_merge_mb * MEGABYTE:
        raise LimitReached(
            f"a model of at most {settings.max_merge_mb:,} MB once merged (setting max_merge_mb)",
            f"{files.reference}, whose model takes {needed / MEGABYTE:,.0f} MB",
            "Ask the administrator to raise the setting, or to merge it with the command line.",
        )


def _shelf(settings: Settings, owner: str) -> Path:
    return workspace_folder(settings, owner) / "merged"


def _forget_old(folder: Path) -> None:
    """Zips that nobody came back for, and what a killed process was writing."""
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime <= KEPT_SECONDS:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
