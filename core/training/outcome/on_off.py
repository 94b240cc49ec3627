"""What an adapter changed: the same validation rows answered with it and without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core import models
from core.errors import SheetformerError, is_out_of_memory
from core.files import replacing
from core.inference.memory import check_fits
from core.runs import RunContext, RunFolder
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.training.objectives import Objective
from core.training.outcome.changes import Changes, changes
from core.training.outcome.kept_answers import Kept, read_kept
from core.training.outcome.measuring import answers_of, first_place, score, some_of
from core.training.outcome.without import in_spelling, load_off, who_answers, why_nobody

ON_OFF = "on_off.parquet"
NOT_SHOWN = frozenset(map(str, (Role.TARGET,)))  # what a model learns to write stands beside what it wrote


def compare_with_base(context: RunContext, spec: FinetuneSpec, objective: Objective) -> dict[str, Any]:
    """Writes ``on_off.parquet`` into the run's folder: row, what was read of it, truth, off, on, change; and counts the changes.

    Where an answer may be nearly right, ``score_off`` and ``score_on`` stand beside the change.

    Returns:
        ``how`` (``base`` or ``zero-shot``), the facts of :func:`core.training.outcome.changes.changes`, ``most_frequent`` with its
        rows where each row has one label, and ``one_answer`` where the adapter gives every row the same one; or ``why_not``, a
        sentence: a fine-tune never fails for what its base cannot do.
    """
    rows = context.run.spec().rows_to_do
    context.report("comparing with the base", rows, rows)
    try:
        return _compare(context.settings, context.run, spec, objective)
    except SheetformerError as error:
        return {"why_not": error.one_line()}
    except (RuntimeError, MemoryError, OSError) as error:
        if not is_out_of_memory(error):
            raise
        return {"why_not": "Memory ran out while the base answered."}


def _compare(settings: Settings, run: RunFolder, spec: FinetuneSpec, objective: Objective) -> dict[str, Any]:
    if not settings.on_off_rows:
        return {"why_not": "The setting on_off_rows is 0."}
    kept = read_kept(run.path)
    if kept is None:
        return {"why_not": "No row has an answer of yours to compare with; the figures above say what was learned."}
    files = models.resolve(settings, spec.model, run.owner())
    how = who_answers(spec.task, files, objective.names, kept.problem)
    if how is None:
        return {"why_not": why_nobody(spec.task, spec.model, kept.problem)}
    check_fits(settings, files, "fp32")
    kept = kept.take(spread(len(kept.table), settings.on_off_rows))
    places = kept.table["row"].to_numpy() + first_place(spec)
    loaded, cells = load_off(settings, spec, files, how, objective.names), objective.rows.some(places)
    results, _ = answers_of(settings, loaded, cells)
    if results is None:
        return {"why_not": f"{spec.model} failed on every row without the adapter."}
    if Role.LABEL in spec.roles and objective.names:
        results = in_spelling(results, objective.names, kept.problem)
    answered = results["key"].to_numpy()
    truth = some_of(objective.truth(places), answered.tolist())
    off, on = score(spec, loaded.model, truth, results, problem=kept.problem), kept.take(answered)
    found = changes(off, on.scored, spec.seed)
    if found is None:
        return {"why_not": "No row of the base and of the adapter can be measured by your answers."}
    _write(run, {name: some(values, answered) for name, values in cells.items()}, on, results, found)
    alike = most_frequent(on.table) if kept.problem == "single" else {}
    return {"how": how, **found.facts, **alike, **one_answer(on.table)}


def spread(rows: int, most: int) -> np.ndarray:
    """Numbers of at most so many rows, evenly spread over all of them: int64, ascending."""
    return np.arange(rows) if rows <= most else np.linspace(0, rows - 1, most).astype(np.int64)


def some(values: Sequence[str], places: np.ndarray) -> list[str]:
    """Some of the cells."""
    return [values[place] for place in places]


def one_answer(answers: pa.Table) -> dict[str, str]:
    """What the adapter says of every row, where it is always the same and should not be: rows that count as fixed say nothing then."""
    said, true = set(answers["prediction"].to_pylist()), set(answers["truth"].to_pylist())
    return {"one_answer": as_text(said.pop())} if len(said) == 1 and len(true) > 1 else {}


def most_frequent(answers: pa.Table) -> dict[str, Any]:
    """The user's own label that most rows have, and their number: right so often is who says it of every row."""
    label, rows = Counter(answers["truth"].to_pylist()).most_common(1)[0]
    return {"most_frequent": as_text(label), "most_frequent_rows": rows}


def as_text(answer: str | float) -> str:
    """An answer as it is shown; a number to four digits."""
    return answer if isinstance(answer, str) else f"{answer:.4g}"


def _write(run: RunFolder, cells: dict[str, list[str]], on: Kept, results: pa.Table, found: Changes) -> None:
    """Writes the rows that can be compared."""
    said = {"off": results["prediction"], "on": on.table["prediction"]}
    columns = {
        "row": on.table["row"],
        **{name: pa.array(values, pa.string()) for name, values in cells.items() if name not in NOT_SHOWN},
        "truth": on.table["truth"],
        **{name: pa.array([as_text(each) for each in column.to_pylist()], pa.string()) for name, column in said.items()},
    }
    table = pa.table(columns).filter(pa.array(found.known)).append_column("change", pa.array(found.change.tolist(), pa.string()))
    if found.off is not None:
        table = table.append_column("score_off", pa.array(found.off)).append_column("score_on", pa.array(found.on))
    with replacing(run.path / ON_OFF) as temporary:
        pq.write_table(table, temporary)
