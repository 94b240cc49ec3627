"""Runs side by side: the settings that differ, figures, and paired tests on the rows that two of them share."""

from core.comparison.compare import compare, side_by_side
from core.evaluation.words import verdict

__all__ = ["compare", "side_by_side", "verdict"]
