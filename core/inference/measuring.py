"""A result against the user's own answers: at the end of a run, and again when the user says what their labels mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core import tasks
from core.errors import BadInput, Conflict, NotAllowed
from core.files import write_json
from core.inference.keys import as_text
from core.inference.spec_making import check_label_map
from core.runs import RunFolder, has_current_result, open_run
from core.runs.result import output_names
from core.schema import PredictSpec
from core.settings import Settings
from core.tasks import Task, TaskModel


def write_metrics(settings: Settings, run: RunFolder, spec: PredictSpec, model: TaskModel, label_map: Mapping[str, str]) -> dict[str, Any]:
    """Measures a result against the user's own answers, where there are any.

    Args:
        label_map: value of the label column to label of the model; noted with the metrics.

    Returns:
        Values of the label column that match no label: ``unmatched`` (the most frequent ones, each with its rows),
        ``unmatched_values`` and ``unmatched_rows`` (how many in all).
    """
    task = tasks.get(spec.task)
    names = output_names(pq.read_schema(run.result_path))
    if not _columns_of_truth(task, spec) or "prediction" not in names:
        return _unmatched(settings, {})
    truth, results = _answers(run, spec, task, names)
    measured = task.measure(model, truth, results, dict(label_map))
    unmatched = _unmatched(settings, measured.unmatched)
    write_json(run.metrics_path, {**measured.metrics, **unmatched, "label_map": dict(label_map)})
    return unmatched


def label_map_in_force(run: RunFolder, spec: PredictSpec) -> dict[str, str]:
    """What the user's labels mean: as said last on the run's page, else as the spec has it."""
    said = run.metrics().get("label_map")
    return dict(spec.label_map if said is None else said)


def count_again(settings: Settings, run_id: str, label_map: Mapping[str, str], *, owner: str) -> None:
    """Measures a finished run with another label map. No row is scored again, and the spec stays as it is.

    Raises:
        NotFound, NotAllowed: no such run, or somebody else's.
        Conflict: the run has no finished result.
        BadInput: the run has no label column, or a target is no label of its model.
    """
    run = open_run(settings, run_id)
    if run.owner() != owner:
        raise NotAllowed("a run of your own workspace", "a run of another one", "Ask its owner; a shared link only shows a run.")
    spec, summary, noted = run.spec(), run.summary(), run.choices()
    if not isinstance(spec, PredictSpec) or not summary or not has_current_result(run):
        raise Conflict("a run that is done", "one without a finished result", "Wait for it to end, or resume it.")
    if not noted.get("labels"):
        raise BadInput("a run whose model has labels", "none noted", "Start a new run with the label map.")
    model = TaskModel(
        labels=tuple(noted["labels"]),
        problem=noted.get("problem", ""),
        options=tasks.get(spec.task).Options.model_validate(spec.options),
        seed=spec.seed,
    )
    checked = check_label_map(dict(label_map), spec.roles, model.labels)
    unmatched = write_metrics(settings, run, spec, model, checked)
    write_json(run.summary_path, {**summary, **unmatched})


def _columns_of_truth(task: Task, spec: PredictSpec) -> dict[Any, str]:
    return {role: spec.roles[role] for role in task.truth_roles if role in spec.roles}


def _answers(run: RunFolder, spec: PredictSpec, task: Task, names: dict[str, str]) -> tuple[dict[Any, list[str | None]], pa.Table]:
    """The user's answers and the run's outputs, for the rows that have a prediction."""
    columns = _columns_of_truth(task, spec) | {role: spec.roles[role] for role in task.measured_with if role in spec.roles}
    table = pq.read_table(run.result_path, columns=list(dict.fromkeys([*columns.values(), *names.values()])))
    table = table.filter(table[names["prediction"]].is_valid())
    truth = {role: as_text(table[column].combine_chunks()).to_pylist() for role, column in columns.items()}
    return truth, pa.table({name: table[place] for name, place in names.items()})


def _unmatched(settings: Settings, counts: dict[str, int]) -> dict[str, Any]:
    """Named up to a limit: a column of names or numbers has as many values as rows."""
    named = dict(list(counts.items())[: settings.max_unmatched_labels])
    return {"unmatched": named, "unmatched_values": len(counts), "unmatched_rows": sum(counts.values())}
