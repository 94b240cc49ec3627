"""Why a base cannot answer without its adapter."""

from __future__ import annotations

from core.training.outcome.without import why_nobody


def test_several_labels_a_row_are_not_blamed_on_missing_vectors() -> None:
    said = why_nobody("text-classification", "embedded:minilm", "multi")
    assert "no vectors" not in said and said.endswith("would tell one label a row, not several.")


def test_one_label_a_row_needs_vectors() -> None:
    assert why_nobody("text-classification", "local:body", "single").endswith("no vectors to compare their names with.")
    assert "no head that gives a number" in why_nobody("text-classification", "local:body", "regression")
