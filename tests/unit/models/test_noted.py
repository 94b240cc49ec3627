"""What an adapter's config may say of how it wants to be asked."""

from __future__ import annotations

from core.models.noted import noted_params


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
