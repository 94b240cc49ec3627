"""Numbers in, Plotly figures out. Every figure has a finding for a title and a text alternative: :func:`alt_text`."""

from core.charts.bars import breakdown, confidence_histogram, label_counts
from core.charts.figure import alt_text
from core.charts.flat_map import flat_map
from core.charts.learning import learning_curve, learning_curves
from core.charts.lengths import lengths
from core.charts.quality import confusion, metric_intervals
from core.charts.search import search_dial, search_importance
from core.charts.time import over_time
from core.charts.tokens import token_costs, token_lengths
from core.charts.words import shown

__all__ = [
    "alt_text",
    "breakdown",
    "confidence_histogram",
    "confusion",
    "flat_map",
    "label_counts",
    "learning_curve",
    "learning_curves",
    "lengths",
    "metric_intervals",
    "over_time",
    "search_dial",
    "search_importance",
    "shown",
    "token_costs",
    "token_lengths",
]
