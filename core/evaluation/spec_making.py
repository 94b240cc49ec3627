"""What to evaluate: from a run, which knows its columns, or from the names of a table's columns."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core import tasks
from core.errors import BadInput, Conflict
from core.evaluation.columns import Sheet
from core.evaluation.judging import HEADS, PROBLEMS
from core.evaluation.kept import table_of_kept
from core.evaluation.learned import learned_from
from core.evaluation.results import EvaluationSpec
from core.evaluation.which_rows import rows_of_run
from core.inference.measuring import label_map_in_force
from core.runs import RunFolder, has_current_result
from core.runs.result import output_names
from core.schema import PredictSpec, Role, finetune_of
from core.settings import Settings
from core.tasks.labels import label_columns

LABEL_NAMES = (
    "label",
    "labels",
    "truth",
    "gold",
    "target",
    "class",
    "category",
    "expected",
    "actual",
    "y_true",
    "answer",
    "answers",
    "tags",
)
PREDICTION_NAMES = ("prediction", "predicted", "predictions", "pred", "y_pred", "predicted_label", "output")


def table_of_run(settings: Settings, run: RunFolder, label: str | None = None) -> tuple[Path, EvaluationSpec]:
    """The table with a run's answers, and what it is evaluated by: a result, or the validation rows of a fine-tune or a search.

    Raises:
        Conflict, BadInput: as for :func:`spec_of_run` and :func:`core.evaluation.kept.table_of_kept`.
    """
    if finetune_of(run.spec()) is not None:
        return table_of_kept(run)
    return run.result_path, spec_of_run(settings, run, label)


def spec_of_run(settings: Settings, run: RunFolder, label: str | None = None, slices: tuple[str, ...] = ()) -> EvaluationSpec:
    """What a finished run is evaluated by; its table is ``run.result_path``.

    Args:
        label: column with the user's own answers; the run's own where ``None``.

    Raises:
        Conflict: the run has no finished result.
        BadInput: it scores no table, its task has nothing to measure, or it knows no label column and none is given.
    """
    spec = run.spec()
    if not isinstance(spec, PredictSpec):
        raise BadInput("a run that scored a table", f"a {spec.kind} run", "Choose another run, or score a table with the tuned adapter.")
    if not has_current_result(run):
        raise Conflict("a run that is done", "one without a finished result", "Wait for it to end, or resume it.")
    task, schema = tasks.get(spec.task), pq.read_schema(run.result_path)
    outputs = output_names(schema)
    if "prediction" not in outputs or not task.truth_roles:
        raise BadInput("a run whose answers can be measured", f"{spec.task}, which has none", "Choose another run.")
    given = label or next((spec.roles[role] for role in task.truth_roles if role in spec.roles), None)
    if given is None:
        raise BadInput("a column with your own answers", "none named when the run was started", "Choose the column.")
    noted = run.choices()
    labels = tuple(noted.get("labels", ()))
    learned = learned_from(settings, run.owner(), spec.model)
    return EvaluationSpec(
        task=spec.task,
        columns=_columns(spec, outputs, given),
        slices=slices or tuple(spec.roles[role] for role in (Role.GROUP,) if role in spec.roles),
        probabilities=_scores(outputs, "p_", labels),
        logits=_scores(outputs, "logit_", labels),
        labels=labels,
        label_map=label_map_in_force(run, spec) if label is None else {},
        problem=PROBLEMS.get(spec.task) or HEADS.get(noted.get("problem", "")),
        out_of_sample=None if learned is None else spec.table.id not in learned,
        rows_are=rows_of_run(settings, run.owner(), spec),
        seed=spec.seed,
    )


def suggest_spec(path: Path, task: str = "text-classification") -> EvaluationSpec | None:
    """What the names of a table's columns suggest; ``None`` where no two of them are a prediction and a label.

    Raises:
        NotFound: no such table.
    """
    sheet = Sheet.open(path)
    names = {name.casefold(): name for name in reversed(sheet.schema.names)}
    prediction = sheet.outputs.get("prediction") or _first(names, PREDICTION_NAMES)
    label = _first({key: name for key, name in names.items() if name != prediction}, LABEL_NAMES)
    if prediction not in sheet.schema.names or label is None:
        return None
    if "entities" in sheet.outputs and pa.types.is_list(sheet.schema.field(sheet.outputs["entities"]).type):
        task = "token-classification"
    columns = {"prediction": prediction, "label": label}
    more = {part: sheet.outputs.get(part) or names.get(part) for part in ("confidence", "entities", "text", "tokens", "question", "id")}
    return EvaluationSpec(task=task, columns=columns | {part: name for part, name in more.items() if name and name != label})


def _columns(spec: PredictSpec, outputs: dict[str, str], label: str) -> dict[str, str]:
    columns = {"prediction": outputs["prediction"], "label": label}
    columns |= {name: outputs[name] for name in ("confidence", "entities") if name in outputs}
    wanted = (Role.TEXT, Role.QUESTION, Role.CONTEXT, Role.TOKENS, Role.PROMPT, Role.ID)
    columns |= {role.value: spec.roles[role] for role in wanted if role in spec.roles}
    if Role.TARGET in spec.roles and "rouge_l" in outputs:
        columns["scored_with"] = spec.roles[Role.TARGET]  # the column that the run's own text scores compare with
    return columns


def _scores(outputs: dict[str, str], prefix: str, labels: tuple[str, ...]) -> dict[str, str]:
    names = dict(zip(labels, label_columns(prefix, labels), strict=True))
    return {label: outputs[name] for label, name in names.items()} if labels and all(name in outputs for name in names.values()) else {}


def _first(names: dict[str, str], wanted: tuple[str, ...]) -> str | None:
    return next((names[name] for name in wanted if name in names), None)
