"""The logits of a classifier: how likely each label is, and how sure the answer."""

from __future__ import annotations

from core import charts
from core.schema import LookSpec
from pages.parts import looking
from pages.parts.results_charts import draw
from pages.parts.visit import Visit


def show(visit: Visit, look: LookSpec) -> None:
    """The answer with its bars."""
    found = looking.ask(visit, "labels", look)
    draw(charts.label_scores(found["labels"], {"probability": found["probabilities"][0]}, finding="Scores"), "logits-scores")
