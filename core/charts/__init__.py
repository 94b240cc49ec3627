"""Numbers in, Plotly figures out. Every figure has a finding for a title and a text alternative: :func:`alt_text`."""

from core.charts.bars import breakdown, confidence_histogram, label_counts
from core.charts.curves import abstention_curve, precision_recall, roc, threshold_curve
from core.charts.drift import drift_shares
from core.charts.entity_errors import entity_errors
from core.charts.figure import alt_text
from core.charts.flat_map import flat_map
from core.charts.intervals import class_intervals, slice_intervals
from core.charts.learning import learning_curve, learning_curves
from core.charts.lengths import lengths
from core.charts.quality import confusion, metric_intervals
from core.charts.reliability import reliability
from core.charts.search import search_dial, search_importance
from core.charts.time import over_time
from core.charts.words import shown

__all__ = [
    "abstention_curve",
    "alt_text",
    "breakdown",
    "class_intervals",
    "confidence_histogram",
    "confusion",
    "drift_shares",
    "entity_errors",
    "flat_map",
    "label_counts",
    "learning_curve",
    "learning_curves",
    "lengths",
    "metric_intervals",
    "over_time",
    "precision_recall",
    "reliability",
    "roc",
    "search_dial",
    "search_importance",
    "shown",
    "slice_intervals",
    "threshold_curve",
]
