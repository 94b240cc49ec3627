"""What a run said of each row, and how right it was: the same form for every kind of run and every task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq

from core import tasks
from core.comparison.scoring import Scored, score_labels, score_rows
from core.inference.keys import as_text
from core.inference.measuring import label_map_in_force
from core.runs import RunFolder, has_current_result
from core.runs.result import output_names
from core.schema import FinetuneSpec, PredictSpec, Role
from core.training.outcome.measuring import ANSWERS, PROBLEM_METADATA

NUMBERS = ("regression", "score")  # kinds of heads whose answers are numbers


@dataclass(frozen=True)
class Answers:
    """The rows of a table that a run has an answer for.

    Args:
        table: SHA-256 of the table that the rows are of.
        table_name: as the user knows it.
        truth: the column with the user's own answers, empty where there is none.
        rows: numbers of the rows in the table, int64, ascending.
        said: the answers as text; ``None`` where answers are numbers, which are never equal.
        scored: how right each is.
    """

    table: str
    table_name: str
    truth: str
    rows: np.ndarray
    said: np.ndarray | None
    scored: Scored


def read_answers(run: RunFolder) -> Answers | str:
    """The answers of a run, or a sentence why it has none to compare."""
    spec = run.spec()
    if isinstance(spec, PredictSpec):
        return _of_predict(run, spec)
    if isinstance(spec, FinetuneSpec):
        return _of_finetune(run, spec)
    return f"Run {run.id} is neither a scored table nor a fine-tune."


def _of_predict(run: RunFolder, spec: PredictSpec) -> Answers | str:
    if not has_current_result(run):
        return f"Run {run.id} has no finished result yet."
    task, names = tasks.get(spec.task), output_names(pq.read_schema(run.result_path))
    if "prediction" not in names:
        return f"Run {run.id} has no predictions."
    roles = {role: spec.roles[role] for role in (*task.truth_roles, *task.measured_with) if role in spec.roles}
    wanted = list(dict.fromkeys([*roles.values(), *(names[name] for name in _outputs(names))]))
    table = pq.read_table(run.result_path, columns=wanted)
    answered = table[names["prediction"]].is_valid().to_numpy(zero_copy_only=False) if len(table) else np.empty(0, bool)
    table = table.filter(table[names["prediction"]].is_valid())
    cells = {role: as_text(table[column].combine_chunks()).to_pylist() for role, column in roles.items()}
    outputs = {name: table[names[name]] for name in _outputs(names)}
    noted = run.choices()
    scored = score_rows(spec, noted, cells, outputs, label_map_in_force(run, spec))
    said = None if noted.get("problem") in NUMBERS else _as_words(outputs["prediction"].to_pylist())
    truth = next((roles[role] for role in task.truth_roles if role in roles), "")
    return Answers(spec.table.id, spec.table.name, truth, np.flatnonzero(answered), said, scored)


def _outputs(names: dict[str, str]) -> list[str]:
    return [name for name in ("prediction", "entities", "rouge_l") if name in names]


def _of_finetune(run: RunFolder, spec: FinetuneSpec) -> Answers | str:
    path = run.path / ANSWERS
    if not path.is_file():
        return f"Run {run.id} keeps no answers on its validation rows: it has not finished, or an earlier version tuned it."
    table = pq.read_table(path).sort_by("row")
    problem = (table.schema.metadata or {}).get(PROBLEM_METADATA, b"").decode()
    prediction = table["prediction"].to_pylist()
    scored = score_labels(prediction, table["truth"].to_pylist(), problem, separator=spec.separator)
    source = spec.validation or spec.table
    said = None if problem in NUMBERS else _as_words(prediction)
    return Answers(source.id, source.name, spec.roles.get(Role.LABEL, ""), table["row"].to_numpy(), said, scored)


def _as_words(values: list[object]) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=object)
