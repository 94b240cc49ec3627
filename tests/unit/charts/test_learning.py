"""The curve of a training says what became of the validation loss."""

from __future__ import annotations

import pytest

from core.charts import alt_text, learning_curve, learning_curves

LEARNS = [{"epoch": 1, "loss": 1.0}, {"epoch": 1, "eval_loss": 0.9}, {"epoch": 2, "loss": 0.5}, {"epoch": 2, "eval_loss": 0.6}]


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        ([], "Validation loss went from 0.900 to 0.600"),
        ([{"epoch": 3, "eval_loss": 0.8}], "Validation loss was best after epoch 2.0 (0.600) and rose to 0.800"),
        ([{"epoch": 3, "eval_loss": None}], "Validation loss went from 0.900 to 0.600"),
    ],
)
def test_the_title_says_what_became_of_the_validation_loss(more: list, finding: str) -> None:
    figure = learning_curve(LEARNS + more)
    assert figure.layout.title.text.replace("<br>", " ") == finding
    assert finding in alt_text(figure) and "epochs" in alt_text(figure)
    assert list(figure.data[0].x) == [1, 2] and list(figure.data[1].y)[:2] == [0.9, 0.6]


def test_before_the_first_check() -> None:
    assert "No validation row" in learning_curve(LEARNS[:1]).layout.title.text
    assert learning_curve(LEARNS[:2]).layout.title.text == "Validation loss 0.900"


def test_several_trainings_lie_over_each_other() -> None:
    figure = learning_curves({"A <b>one</b>": LEARNS, "B two": [{"epoch": 1, "eval_loss": 0.4}, {"epoch": 2, "eval_loss": None}], "C": []})
    assert [trace.name for trace in figure.data] == ["A &lt;b&gt;one&lt;/b&gt;", "B two", "C"]
    assert list(figure.data[0].y) == [0.9, 0.6] and len({trace.line.dash for trace in figure.data}) == 3
    assert figure.layout.title.text == "Lowest validation loss: B two (0.400)"
    assert "A <b>one</b> 0.600, B two 0.400" in alt_text(figure)
    assert "No validation row" in learning_curves({"A": []}).layout.title.text
