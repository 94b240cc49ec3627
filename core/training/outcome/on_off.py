"""What an adapter changed: the same validation rows answered with it and without it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import models, tasks
from core.errors import SheetformerError, is_out_of_memory
from core.files import replacing
from core.inference.keys import as_text
from core.inference.loading import Loaded
from core.inference.memory import check_fits
from core.inference.plan import Window
from core.metrics import normalised
from core.metrics.paired import count_pairs, mcnemar
from core.models.safety import CONFIG
from core.runs import RunContext, RunFolder
from core.schema import FinetuneSpec, Role
from core.schema.specs import INPUT, VALIDATION
from core.settings import Settings
from core.tasks.labels import SEPARATOR
from core.training.outcome.measuring import ANSWERS, PROBLEM_METADATA, load, load_for
from core.training.outcome.right import RIGHT_OR_WRONG, labels_right

ON_OFF = "on_off.parquet"
FIXED, BROKEN, UNCHANGED = "fixed", "broken", "unchanged"
BASE, ZERO_SHOT = "base", "zero-shot"
"""Who answers without the adapter: the base with a head of its own, or its vectors compared with the labels' names, untrained."""

CLASSIFIES = "text-classification"
SHELF = "adapter"  # the run's folder of what it made


def compare_with_base(context: RunContext, spec: FinetuneSpec) -> dict[str, Any]:
    """Writes ``on_off.parquet`` into the run's folder: row, texts, truth, off, on, change; and counts them.

    Returns:
        ``how`` (``base`` or ``zero-shot``), ``rows``, ``fixed``, ``broken``, ``unchanged``, ``right_off``, ``right_on``, ``mcnemar`` (p);
        or ``why_not``, a sentence: a fine-tune never fails for what its base cannot do.
    """
    rows = context.run.spec().rows_to_do
    context.report("comparing with the base", rows, rows)
    try:
        return _compare(context.settings, context.run, spec)
    except SheetformerError as error:
        return {"why_not": error.one_line()}
    except (RuntimeError, MemoryError, OSError) as error:
        if not is_out_of_memory(error):
            raise
        return {"why_not": "Memory ran out while the base answered."}


def _compare(settings: Settings, run: RunFolder, spec: FinetuneSpec) -> dict[str, Any]:
    if not settings.on_off_rows:
        return {"why_not": "The setting on_off_rows is 0."}
    if spec.task != CLASSIFIES or not (run.path / ANSWERS).is_file():
        return {"why_not": "Only labels of whole texts are compared with the base."}
    answers = pq.read_table(run.path / ANSWERS)
    problem = (answers.schema.metadata or {}).get(PROBLEM_METADATA, b"").decode()
    if problem not in RIGHT_OR_WRONG:
        return {"why_not": "A number is neither right nor wrong, so there is nothing to count."}
    files = models.resolve(settings, spec.model, run.owner())
    how = who_answers(files, labels_of(run.path / SHELF), problem)
    if how is None:
        return {"why_not": f"{spec.model} has no answers of its own for these labels, and no vectors to compare their names with."}
    check_fits(settings, files, "fp32")
    answers = answers.take(pa.array(spread(len(answers), settings.on_off_rows)))
    cells = read_texts(run, spec, answers["row"].to_numpy())
    labels = labels_of(run.path / SHELF)
    said = answer(settings, load_off(settings, spec, files, how, labels), cells)
    off = [None if each is None else respelled(each, labels, problem) for each in said]
    return _write(run.path / ON_OFF, answers, cells, off, how=how, problem=problem, separator=spec.separator)


def who_answers(files: models.ModelFiles, labels: Sequence[str], problem: str) -> str | None:
    """How a base can answer with these labels without an adapter; ``None`` where it cannot."""
    if CLASSIFIES in files.tasks and {normalised(label) for label in files.labels} == {normalised(label) for label in labels}:
        return BASE
    zero_shot = tasks.get("zero-shot-classification")
    if problem == "single" and zero_shot.auto_class_for(files.tasks) == "AutoModel":
        return ZERO_SHOT
    return None


def load_off(settings: Settings, spec: FinetuneSpec, files: models.ModelFiles, how: str, labels: Sequence[str]) -> Loaded:
    """The base, ready to answer with these labels."""
    if how == BASE:
        return load(settings, spec, files)
    task = tasks.get("zero-shot-classification")
    return load_for(settings, spec, files, task, task.Options(labels=tuple(labels)))


def answer(settings: Settings, loaded: Loaded, cells: dict[str, list[str]]) -> list[str | None]:
    """What a model says of each row; ``None`` where the row failed."""
    window = Window(np.arange(len(next(iter(cells.values())))), cells)
    said: list[str | None] = [None] * len(window.keys)
    for part in loaded.scorer(settings).score(window):
        for key, prediction in zip(part.keys.tolist(), part.columns["prediction"].to_pylist() if len(part.keys) else [], strict=True):
            said[key] = prediction
    return said


def respelled(said: str, labels: Sequence[str], problem: str) -> str:
    """A base's answer in the adapter's spelling: labels that differ in case only are the same."""
    spelling = {normalised(label): label for label in labels}
    pieces = said.split(SEPARATOR) if problem == "multi" else [said]
    return SEPARATOR.join(piece if piece in labels else spelling.get(normalised(piece), piece) for piece in pieces)


def labels_of(adapter: Path) -> tuple[str, ...]:
    """Names of an adapter's outputs, in the order of the logits."""
    names = json.loads((adapter / CONFIG).read_bytes())["id2label"]
    return tuple(names[str(place)] for place in range(len(names)))


def spread(rows: int, most: int) -> np.ndarray:
    """Numbers of at most so many rows, evenly spread over all of them: int64, ascending."""
    return np.arange(rows) if rows <= most else np.linspace(0, rows - 1, most).astype(np.int64)


def read_texts(run: RunFolder, spec: FinetuneSpec, rows: np.ndarray) -> dict[str, list[str]]:
    """The text cells of some rows of the table that the validation rows come from, by role."""
    columns = {role: spec.roles[role] for role in (Role.TEXT, Role.TEXT_PAIR) if role in spec.roles}
    table = pq.read_table(run.table_path(VALIDATION if spec.validation else INPUT), columns=list(dict.fromkeys(columns.values())))
    table = table.take(pa.array(rows))
    return {str(role): [cell or "" for cell in as_text(table[name].combine_chunks()).to_pylist()] for role, name in columns.items()}


def _write(
    path: Path, answers: pa.Table, cells: dict[str, list[str]], off: list[str | None], *, how: str, problem: str, separator: str
) -> dict[str, Any]:
    """Writes the rows that both have answered, and counts what changed."""
    known = pa.array([said is not None for said in off])
    texts = {role: pa.array(values, pa.string()) for role, values in cells.items()}
    said = {"off": pa.array(off, pa.string()), "on": answers["prediction"]}
    table = pa.table({"row": answers["row"], **texts, "truth": answers["truth"], **said}).filter(known)
    truth = table["truth"].to_pylist()
    was, now = (labels_right(truth, table[name].to_pylist(), problem, separator) > 0.5 for name in ("off", "on"))
    change = np.where(~was & now, FIXED, np.where(was & ~now, BROKEN, UNCHANGED))
    with replacing(path) as temporary:
        pq.write_table(table.append_column("change", pa.array(change.tolist(), pa.string())), temporary)
    pairs = count_pairs(was, now)
    return {
        "how": how,
        "rows": len(table),
        "fixed": pairs.fixed,
        "broken": pairs.broken,
        "unchanged": pairs.both_right + pairs.both_wrong,
        "right_off": int(was.sum()),
        "right_on": int(now.sum()),
        "mcnemar": mcnemar(pairs.fixed, pairs.broken),
    }
