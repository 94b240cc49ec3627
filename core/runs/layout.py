"""Where things lie in the folder of a run.

A run folder is complete in itself: it holds the spec, the input (a hard link to the table where the disk allows it), the
parts and the result. Deleting the table in its workspace takes nothing from the run.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import Conflict, NotFound, RunFailed
from core.files import TEMPORARY_PREFIX, link_or_copy, sha256_of, write_bytes, write_json, writing
from core.schema import Spec, fingerprint_of, is_id, new_id, parse_spec
from core.settings import Settings


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run. The folder's name is the id of the run and of its job."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def spec_path(self) -> Path:
        return self.path / "spec.json"

    @property
    def origin_path(self) -> Path:
        """Owner, creation time and fingerprint of the spec."""
        return self.path / "origin.json"

    def table_path(self, name: str) -> Path:
        """A table that the run reads, by its name in ``spec.inputs``."""
        return self.path / f"{name}.parquet"

    @property
    def input_path(self) -> Path:
        return self.table_path("input")

    @property
    def parts(self) -> Path:
        return self.path / "parts"

    @property
    def choices_path(self) -> Path:
        """What the first attempt chose and later ones must keep (precision, backend, device), and the model's labels."""
        return self.path / "choices.json"

    @property
    def history_path(self) -> Path:
        """What a training logged, line by line."""
        return self.path / "history.jsonl"

    @property
    def checkpoints(self) -> Path:
        """States from which a training goes on."""
        return self.path / "checkpoints"

    @property
    def keys_path(self) -> Path:
        """The key of each row, see :mod:`core.runs.keys`."""
        return self.path / "keys.npy"

    @property
    def events_path(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def progress_path(self) -> Path:
        return self.path / "progress.json"

    @property
    def log_path(self) -> Path:
        return self.path / "log.txt"

    @property
    def lock_path(self) -> Path:
        return self.path / "lock"

    @property
    def summary_path(self) -> Path:
        return self.path / "summary.json"

    @property
    def metrics_path(self) -> Path:
        return self.path / "metrics.json"

    @property
    def result_path(self) -> Path:
        return self.path / "result.parquet"

    def final_path(self, attempt: int) -> Path:
        """How an attempt ended, written by the attempt itself: an adopted process has no exit code to read."""
        return self.path / f"final.{attempt}.json"

    def spec(self) -> Spec:
        try:
            return parse_spec(self.spec_path.read_bytes())
        except (OSError, ValueError) as error:  # pydantic's ValidationError is a ValueError
            raise RunFailed("a readable spec.json in the run's folder", "a damaged or missing file", "Delete the job.") from error

    def owner(self) -> str:
        return str(read_json(self.origin_path).get("owner", ""))

    def summary(self) -> dict:
        """What the last finished attempt says of itself; empty before."""
        return read_json(self.summary_path)

    def metrics(self) -> dict:
        return read_json(self.metrics_path)

    def choices(self) -> dict:
        return read_json(self.choices_path)


def read_json(path: Path) -> dict:
    """The object in ``path``, or an empty one where the file is not there (yet).

    Raises:
        RunFailed: the file is damaged.
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise RunFailed(f"a readable {path.name} in the run's folder", "a damaged file", "Delete the job and run it again.") from error


def runs_folder(settings: Settings) -> Path:
    return settings.home / "runs"


def create_run(
    settings: Settings,
    spec: Spec,
    *,
    owner: str,
    input_table: Path | None = None,
    validation_table: Path | None = None,
    run_id: str | None = None,
) -> RunFolder:
    """Makes the folder of a new run. It appears whole, by rename.

    Args:
        input_table: Parquet file that the run reads; linked, or copied where the disk cannot link.
        validation_table: Parquet file of validation rows, where a fine-tune has one.
        run_id: id to use; a new one is drawn when there is none.

    Raises:
        CannotWrite: the disk is full, or the data folder must not be written; nothing is left of the run.
    """
    folder = runs_folder(settings)
    run_id = run_id or new_id()
    building = RunFolder(folder / f"{TEMPORARY_PREFIX}{run_id}")
    try:
        with writing(settings.home):
            _build(building, spec, owner, {"input": input_table, "validation": validation_table})
            building.path.rename(folder / run_id)
    except BaseException:
        shutil.rmtree(building.path, ignore_errors=True)
        raise
    return RunFolder(folder / run_id)


def _build(building: RunFolder, spec: Spec, owner: str, tables: Mapping[str, Path | None]) -> None:
    building.parts.mkdir(parents=True)
    write_bytes(building.spec_path, spec.model_dump_json(indent=2).encode("utf-8"))
    write_json(building.origin_path, {"owner": owner, "created": time.time(), "fingerprint": spec.fingerprint()})
    for name, table in tables.items():
        if table is not None:
            link_or_copy(table, building.table_path(name))


def open_run(settings: Settings, run_id: str) -> RunFolder:
    """The run of this id.

    Raises:
        NotFound: no such run, or a text that is no id (so that an id never becomes a path).
    """
    if is_id(run_id):
        run = RunFolder(runs_folder(settings) / run_id)
        if run.spec_path.is_file():
            return run
    raise _no_run(run_id)


def _no_run(run_id: str) -> NotFound:
    return NotFound("the id of a run", repr(run_id[:40]), "Look it up under Jobs; it may have been deleted.")


def delete_run(settings: Settings, run_id: str) -> None:
    """Removes a run and everything in it, also a damaged one. It is renamed first, so that it is gone at once for every reader.

    Raises:
        NotFound: no such run, or a text that is no id.
        CannotWrite: the data folder cannot be written.
    """
    path = runs_folder(settings) / run_id
    if not is_id(run_id) or not path.exists():
        raise _no_run(run_id)
    doomed = path.with_name(f"{TEMPORARY_PREFIX}{run_id}-deleted")
    with writing(settings.home):
        path.rename(doomed)
    if doomed.is_dir():
        shutil.rmtree(doomed, ignore_errors=True)
    else:
        doomed.unlink(missing_ok=True)


def check_unchanged(run: RunFolder) -> None:
    """Refuses to go on with a run whose spec or input is not what it was started with.

    Raises:
        Conflict: one of them has changed on disk.
    """
    spec = run.spec()
    if fingerprint_of(read_json(run.spec_path)) != read_json(run.origin_path).get("fingerprint"):
        raise Conflict("the spec that the run was started with", "a changed spec.json", "Start a new run.")
    for name, wanted in spec.inputs.items():
        if sha256_of(run.table_path(name)) != wanted:
            found = f"a changed {run.table_path(name).name}"
            raise Conflict("the table that the run was started with", found, "Import the file again and start a new run.")
