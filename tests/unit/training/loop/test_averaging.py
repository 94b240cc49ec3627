"""The average follows the weights, which go on as if it were not there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from core.training.loop.averaging import Average


def stepped(decay: float, values: list[float]) -> tuple[Average, torch.nn.Module]:
    """The average after steps that set a model's one trained weight to these values."""
    model, average = torch.nn.Linear(1, 1, bias=False), Average(decay)
    for step, value in enumerate(values, start=1):
        model.weight.data.fill_(value)
        average.on_step_end(None, SimpleNamespace(global_step=step), None, model=model)
    return average, model


def value_of(average: Average) -> float:
    return average.values["weight"].item()


def test_it_begins_with_the_first_weights_and_forgets_the_early_ones_sooner() -> None:
    assert value_of(stepped(0.99, [3.0])[0]) == 3
    second = 3 / 12  # decay of the second step: (1 + 2) / (10 + 2)
    assert value_of(stepped(0.99, [0.0, 1.0])[0]) == pytest.approx(1 - second)
    assert value_of(stepped(0.1, [0.0, 1.0])[0]) == pytest.approx(0.9)  # never more than the decay that was asked for


def test_after_many_steps_it_is_the_exponential_average() -> None:
    values = [float(number % 7) for number in range(400)]
    expected = values[0]
    for step, value in enumerate(values[1:], start=2):
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert value_of(stepped(0.9, values)[0]) == pytest.approx(expected, rel=1e-5)


def test_it_is_shown_and_taken_away_again_whatever_happens() -> None:
    average, model = stepped(0.5, [0.0, 1.0])
    mean = value_of(average)
    with pytest.raises(RuntimeError), average.shown(model):
        assert model.weight.item() == mean
        raise RuntimeError
    assert model.weight.item() == 1 and value_of(average) == mean
    with Average(0.5).shown(model):
        assert model.weight.item() == 1  # before the first step there is none


def test_a_checkpoint_gives_it_back(tmp_path: Path) -> None:
    average, model = stepped(0.5, [0.0, 1.0, 5.0])
    average.save(tmp_path)
    again = Average(0.5)
    again.load(tmp_path, model)
    assert value_of(again) == value_of(average)
    again.put(model)
    assert model.weight.item() == value_of(average)


def test_what_is_not_trained_has_no_average() -> None:
    model, average = torch.nn.Linear(2, 2), Average(0.9)
    model.bias.requires_grad_(False)
    average.on_step_end(None, SimpleNamespace(global_step=1), None, model=model)
    assert set(average.values) == {"weight"}
