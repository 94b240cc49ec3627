"""The validation rows of a fine-tune or a search as a result table: the user's columns, and what the adapter said of them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import Conflict
from core.evaluation.judging import HEADS, PROBLEMS
from core.evaluation.results import EvaluationSpec
from core.evaluation.which_rows import rows_of_kept
from core.files import replacing
from core.runs import RunFolder
from core.runs.kept import ANSWERS, PROBLEM_METADATA, TAGS, is_detail
from core.runs.result import OUTPUTS_METADATA, free_names
from core.schema import FinetuneSpec, Role, SearchSpec, finetune_of

VALIDATION_ROWS = "validation_rows.parquet"
TABLE_ROW = "table_row"
SHOWN = ("truth", "prediction", "confidence")
READ = (Role.TEXT, Role.QUESTION, Role.CONTEXT, Role.TOKENS, Role.PROMPT, Role.ID)


def has_kept(run: RunFolder) -> bool:
    """Whether a fine-tune or a search has kept its answers on its validation rows."""
    return (run.path / ANSWERS).is_file()


def table_of_kept(run: RunFolder) -> tuple[Path, EvaluationSpec]:
    """The table of a run's validation rows, made once, and what it is evaluated by. A search has those of its best trial.

    The model has not learned from these rows, though its epochs and dials may have been chosen by them.

    Raises:
        Conflict: the run has kept no answers, or is none that keeps any.
        CannotWrite: the data folder cannot be written.
    """
    spec = run.spec()
    tuned = finetune_of(spec)
    if tuned is None or not has_kept(run):
        raise Conflict("a fine-tune with kept validation answers", "one without", "Wait for it to end, or score a table with its adapter.")
    path, answers = run.path / VALIDATION_ROWS, run.path / ANSWERS
    if not path.is_file() or path.stat().st_mtime_ns < answers.stat().st_mtime_ns:
        _write(run, tuned, path)
    schema = pq.read_schema(path)
    outputs: dict[str, str] = json.loads(schema.metadata[OUTPUTS_METADATA])
    problem = schema.metadata.get(PROBLEM_METADATA, b"").decode()
    columns = {"prediction": outputs["prediction"], "label": outputs.get(TAGS, outputs["truth"])}
    columns |= {name: outputs[name] for name in ("confidence", "entities") if name in outputs}
    columns |= {role.value: tuned.roles[role] for role in READ if tuned.roles.get(role) in schema.names}
    group = tuned.roles.get(Role.GROUP)
    return path, EvaluationSpec(
        task=tuned.task,
        columns=columns,
        slices=(group,) if group in schema.names else (),
        problem=PROBLEMS.get(tuned.task) or HEADS.get(problem),
        separator=tuned.separator,
        out_of_sample=True,
        rows_are=rows_of_kept(tuned, searched=isinstance(spec, SearchSpec)),
        seed=tuned.seed,
    )


def _write(run: RunFolder, spec: FinetuneSpec, path: Path) -> None:
    """Puts the user's columns of the kept rows beside the answers."""
    kept = pq.read_table(run.path / ANSWERS).sort_by("row")
    source = run.table_path("validation") if spec.validation else run.input_path
    table = pq.read_table(source).take(kept["row"])
    wanted = [name for name in kept.column_names if name in SHOWN or is_detail(name)]
    names = free_names([TABLE_ROW, *wanted], table.column_names)
    for name in wanted:
        table = table.append_column(names[name], kept[name])
    table = table.append_column(names[TABLE_ROW], pa.array([row + 1 for row in kept["row"].to_pylist()], pa.int64()))
    problem = (kept.schema.metadata or {}).get(PROBLEM_METADATA, b"")
    with replacing(path) as temporary:
        pq.write_table(table.replace_schema_metadata({OUTPUTS_METADATA: json.dumps(names).encode(), PROBLEM_METADATA: problem}), temporary)
