"""What a model's config may say of how it wants to be used, read and written."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from core.models import (
    aggregation_of,
    forget_thresholds,
    longest_answer_of,
    note_aggregation,
    note_longest_answer,
    note_params,
    note_thresholds,
    thresholds_of,
)
from core.models.noted import carry, noted_params

LABELS = {"id2label": {"0": "joy", "1": "fear"}}


def test_only_known_tasks_and_values_of_the_right_types_are_taken() -> None:
    config = {
        "task_specific_params": {
            "summarization": {"prefix": "sum: ", "max_length": 20, "min_length": True, "num_beams": 9_999, "early_stopping": "x"},
            "translation": {"prefix": ["a"], "max_length": "9", "source_language": "x" * 30_000},
            "text-generation": {"max_new_tokens": -1, "chat": "off", "prompt_template": "{{a}}"},
            "something-else": {"prefix": "y"},
            "text2text-generation": 7,
        }
    }
    assert noted_params(config) == {
        "summarization": {"prefix": "sum: ", "max_length": 20},
        "text-generation": {"prompt_template": "{{a}}", "chat": "off"},
    }


def test_a_config_without_such_params_says_nothing() -> None:
    assert noted_params({}) == {} and noted_params({"task_specific_params": ["x"]}) == {}


def test_thresholds_come_in_the_order_of_the_logits() -> None:
    assert thresholds_of(LABELS | {"label_thresholds": {"fear": 0.25, "joy": 1}}) == (1.0, 0.25)


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        [0.5, 0.5],
        {"joy": 0.5},
        {"joy": 0.5, "fear": 0.5, "anger": 0.5},
        {"joy": 0.5, "rage": 0.5},
        {"joy": 0.5, "fear": "0.5"},
        {"joy": 0.5, "fear": True},
        {"joy": 0.5, "fear": 1.01},
        {"joy": 0.5, "fear": -0.01},
        {"joy": 0.5, "fear": float("nan")},
    ],
)
def test_what_does_not_fit_the_labels_is_no_threshold(said: object) -> None:
    assert thresholds_of(LABELS | {"label_thresholds": said}) == ()


def test_most_models_have_none() -> None:
    assert thresholds_of(LABELS) == thresholds_of({}) == ()


def test_what_is_noted_is_read_back() -> None:
    assert thresholds_of(note_thresholds(LABELS, {"joy": 0.5, "fear": 0.1})) == (0.5, 0.1)
    config = SimpleNamespace(label_thresholds={"joy": 0.5})
    note_longest_answer(config, 41)
    note_aggregation(config, "first")
    note_params(config, "summarization", {"prefix": "sum: "})
    note_params(config, "summarization", {"max_length": 9})
    note_params(config, "translation", {})
    forget_thresholds(config)
    forget_thresholds(config)  # where there are none, too
    said = json.loads(json.dumps(vars(config)))
    assert longest_answer_of(said) == longest_answer_of(config) == 41
    assert aggregation_of(said) == aggregation_of(config) == "first"
    assert noted_params(said) == {"summarization": {"prefix": "sum: ", "max_length": 9}} and "label_thresholds" not in said


@pytest.mark.parametrize("said", [None, 0, -3, True, "40", 2.5])
def test_what_is_no_number_of_tokens_is_no_longest_answer(said: object) -> None:
    assert longest_answer_of({"max_answer_length": said}) is None
    assert longest_answer_of({}) is None and longest_answer_of(None) is None


@pytest.mark.parametrize("said", [None, "max", "auto", ["first"], 1])
def test_what_no_fine_tune_notes_is_no_aggregation(said: object) -> None:
    assert aggregation_of({"entity_aggregation": said}) is None


def test_an_adapter_brings_its_notes_to_its_base_and_nothing_else() -> None:
    own: dict[str, Any] = {"label_thresholds": {"joy": 0.3}, "max_answer_length": 12, "hidden_size": 7}
    own["entity_aggregation"] = "first"
    own["task_specific_params"] = {"translation": {"prefix": "to German: ", "num_beams": 9}}
    config = SimpleNamespace(task_specific_params={"summarization": {"num_beams": 4}, "translation": {"num_beams": 2}}, hidden_size=3)
    carry(own, config)
    assert (config.label_thresholds, config.max_answer_length, config.hidden_size) == ({"joy": 0.3}, 12, 3)
    assert config.entity_aggregation == "first"
    assert config.task_specific_params == {"summarization": {"num_beams": 4}, "translation": {"prefix": "to German: "}}
    bare = SimpleNamespace()
    carry({"max_answer_length": "12", "task_specific_params": [1]}, bare)
    assert vars(bare) == {}
