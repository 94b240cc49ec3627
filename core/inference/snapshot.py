"""What a run has scored so far, as a run folder of its own that can be read like a finished one."""

from __future__ import annotations

import contextlib
import shutil

from core.files import link_or_copy
from core.inference.keys import run_keys
from core.runs import RunFolder, build_result, list_parts

FOLDER = "partial"


def snapshot(run: RunFolder) -> RunFolder | None:
    """Writes the rows scored so far into ``partial/`` inside the run's folder, once for each state of its parts.

    Rows without an answer yet say "not scored" in the ``error`` column. The run itself is not touched, and may be at work.

    Returns:
        A folder with ``spec.json`` and ``result.parquet``; ``None`` while there is no part.
    """
    parts = list_parts(run)
    if not parts:
        return None
    kept = RunFolder(run.path / FOLDER / parts[-1].stem)
    if kept.result_path.exists():
        return kept
    kept.parts.mkdir(parents=True, exist_ok=True)
    for source, target in [(run.spec_path, kept.spec_path), (run.input_path, kept.input_path), *((p, kept.parts / p.name) for p in parts)]:
        if not target.exists():
            with contextlib.suppress(FileExistsError):  # another tab was quicker
                link_or_copy(source, target)
    build_result(kept, run_keys(run))
    for older in (run.path / FOLDER).iterdir():
        if older.name < kept.id:
            shutil.rmtree(older, ignore_errors=True)
    return kept
