"""Numbers in, Plotly figures out. Every figure has a finding for a title and a text alternative: :func:`alt_text`."""

from core.charts.answers import answer_logits, span_matrix
from core.charts.attribution import attribution_bars
from core.charts.bars import breakdown, confidence_histogram, label_counts
from core.charts.beam_tree import beam_tree
from core.charts.candidates import token_bars
from core.charts.curves import abstention_curve, precision_recall, roc, threshold_curve
from core.charts.drift import drift_shares
from core.charts.entity_errors import entity_errors
from core.charts.figure import alt_text
from core.charts.flat_map import flat_map
from core.charts.heat import label_heat
from core.charts.intervals import class_intervals, slice_intervals
from core.charts.learning import learning_curve, learning_curves
from core.charts.lengths import lengths
from core.charts.lens import lens_map
from core.charts.quality import confusion, metric_intervals
from core.charts.reliability import reliability
from core.charts.scores import label_scores
from core.charts.search import search_dial, search_importance
from core.charts.surprisal import surprisal_pair, surprisal_strip
from core.charts.time import over_time
from core.charts.tokens import token_costs, token_lengths
from core.charts.words import shown

__all__ = [
    "abstention_curve",
    "alt_text",
    "answer_logits",
    "attribution_bars",
    "beam_tree",
    "breakdown",
    "class_intervals",
    "confidence_histogram",
    "confusion",
    "drift_shares",
    "entity_errors",
    "flat_map",
    "label_counts",
    "label_heat",
    "label_scores",
    "learning_curve",
    "learning_curves",
    "lengths",
    "lens_map",
    "metric_intervals",
    "over_time",
    "precision_recall",
    "reliability",
    "roc",
    "search_dial",
    "search_importance",
    "shown",
    "slice_intervals",
    "span_matrix",
    "surprisal_pair",
    "surprisal_strip",
    "threshold_curve",
    "token_bars",
    "token_costs",
    "token_lengths",
]
