"""Integrated gradients on the embedded classifier and real tweets: the values add up, to under one hundredth."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core import inspect, models
from core.inference.loading import Loaded, load
from core.schema import LookSpec
from core.settings import Settings

pytestmark = [pytest.mark.model, pytest.mark.slow]
MODEL = "embedded:sentiment"
ROWS = (7, 1_200, 5_000)


def look(text: str) -> LookSpec:
    return LookSpec(task="text-classification", model=MODEL, revision=models.resolve(Settings(), MODEL).revision, cells={"text": text})


@pytest.fixture(scope="module")
def sentiment() -> Loaded:
    return load(Settings(), look("good"))


@pytest.fixture(scope="module")
def tweets(shared_data: Path) -> list[str]:
    with (shared_data / "spreadsheets" / "tweets.csv").open(encoding="utf-8", newline="") as lines:
        return [row["text"] for row in csv.DictReader(lines)]


@pytest.mark.parametrize("row", ROWS)
def test_the_completeness_error_is_under_one_percent(sentiment: Loaded, tweets: list[str], row: int) -> None:
    settings = Settings(attribution_seconds=10_000)  # a slow machine takes longer, and comes as far
    answer = inspect.show(settings, "attribution", sentiment, look(tweets[row]), {"method": "integrated-gradients"})
    assert answer["completeness_error"] < 0.01, answer["effort"]
    difference = answer["value"] - answer["without"]
    assert sum(unit["value"] for unit in answer["units"]) == pytest.approx(difference, rel=0.01, abs=1e-6)
    text = answer["texts"]["text"]
    assert text == tweets[row] and all(text[unit["start"] : unit["end"]] == unit["text"] for unit in answer["units"])
