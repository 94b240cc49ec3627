"""The loss of windows against torch's cross entropy over the places that an answer can have."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from core.training.answers.loss import losses_of
from core.training.answers.windows import END, START
from core.training.loop.examples import IGNORED

MARKS = torch.tensor([[0, IGNORED, START, 0, END, 0], [START | END, IGNORED, 0, 0, IGNORED, IGNORED]])


def outputs() -> SimpleNamespace:
    torch.manual_seed(0)
    start, end = torch.randn(2, *MARKS.shape)
    return SimpleNamespace(start_logits=start.requires_grad_(), end_logits=end.requires_grad_())


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_it_is_the_cross_entropy_over_the_places_of_an_answer(smoothing: float) -> None:
    said = outputs()
    for row, marks in enumerate(MARKS):
        possible = marks != IGNORED
        kept = marks[possible]
        expected = sum(
            torch.nn.functional.cross_entropy(logits[row][possible][None], ((kept & side) > 0).nonzero()[0], label_smoothing=smoothing)
            for logits, side in ((said.start_logits, START), (said.end_logits, END))
        )
        assert losses_of(said, MARKS, smoothing)[row].item() == pytest.approx(expected.item() / 2, rel=1e-5)


def test_any_of_several_right_answers_will_do() -> None:
    said, marks = outputs(), torch.tensor([[0, IGNORED, START | END, START | END, IGNORED, IGNORED]])
    said = SimpleNamespace(start_logits=said.start_logits[:1], end_logits=said.end_logits[:1])
    sure = said.start_logits[:, [0, 2, 3]].softmax(-1)[:, 1:].sum().log() + said.end_logits[:, [0, 2, 3]].softmax(-1)[:, 1:].sum().log()
    assert losses_of(said, marks).item() == pytest.approx(-sure.item() / 2, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_what_no_answer_can_be_is_left_alone(smoothing: float) -> None:
    said = outputs()
    losses_of(said, MARKS, smoothing).mean().backward()
    for logits in (said.start_logits, said.end_logits):
        assert torch.isfinite(logits.grad).all()
        assert (logits.grad[MARKS == IGNORED] == 0).all() and (logits.grad[MARKS != IGNORED] != 0).all()


def test_halves_are_counted_in_fp32() -> None:
    said = outputs()
    half = SimpleNamespace(start_logits=said.start_logits.bfloat16(), end_logits=said.end_logits.bfloat16())
    assert losses_of(half, MARKS).dtype == torch.float32
