"""What an evaluation is asked, and the numbers that it gives: plain frozen objects that pages, charts and the command line share."""

from core.evaluation.results.asked import EvaluationSpec, Frozen, Interval, LeftOut, Problem, RowsBehind
from core.evaluation.results.beside import ComparedResults, Drift, DriftFinding
from core.evaluation.results.calibration import Bin, Calibration, Reliability, Temperature
from core.evaluation.results.curves import AbstentionCurve, AbstentionPoint, Curve, Curves, ThresholdCurve, ThresholdPoint
from core.evaluation.results.doubts import LabelError, LabelErrors, WorstRow, WorstRows
from core.evaluation.results.figures import ClassFigures, Confusion, EntityErrors, Evaluation, Slice

__all__ = [
    "AbstentionCurve",
    "AbstentionPoint",
    "Bin",
    "Calibration",
    "ClassFigures",
    "ComparedResults",
    "Confusion",
    "Curve",
    "Curves",
    "Drift",
    "DriftFinding",
    "EntityErrors",
    "Evaluation",
    "EvaluationSpec",
    "Frozen",
    "Interval",
    "LabelError",
    "LabelErrors",
    "LeftOut",
    "Problem",
    "Reliability",
    "RowsBehind",
    "Slice",
    "Temperature",
    "ThresholdCurve",
    "ThresholdPoint",
    "WorstRow",
    "WorstRows",
]
