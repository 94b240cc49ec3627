"""Any result table with a label column: figures, curves, calibration, suspicious rows, drift.

Every function takes the settings, the path of a Parquet table (a run's ``result.parquet`` or an uploaded table) and an
:class:`EvaluationSpec`, which :func:`spec_of_run` and :func:`suggest_spec` make. Numbers come back as the objects of
:mod:`core.evaluation.results`; rows are counted from 0.
"""

from core.evaluation.behind import as_filters, rows_behind
from core.evaluation.calibration import calibration
from core.evaluation.command import command_of_run, command_of_table
from core.evaluation.comparing import compare_results
from core.evaluation.curves import curves
from core.evaluation.drift import drift
from core.evaluation.evaluate import evaluate
from core.evaluation.results import EvaluationSpec
from core.evaluation.spec_making import spec_of_run, suggest_spec, table_of_run
from core.evaluation.suspects import label_errors
from core.evaluation.worst import worst_rows

__all__ = [
    "EvaluationSpec",
    "as_filters",
    "calibration",
    "command_of_run",
    "command_of_table",
    "compare_results",
    "curves",
    "drift",
    "evaluate",
    "label_errors",
    "rows_behind",
    "spec_of_run",
    "suggest_spec",
    "table_of_run",
    "worst_rows",
]
