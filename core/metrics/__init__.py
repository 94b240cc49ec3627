"""Arrays in, numbers out: how good predictions are, with intervals."""

from core.metrics.classification import classification_metrics
from core.metrics.definitions import DEFINITIONS, Definition
from core.metrics.labels import LabelMatch, match_labels, normalised

__all__ = ["DEFINITIONS", "Definition", "LabelMatch", "classification_metrics", "match_labels", "normalised"]
