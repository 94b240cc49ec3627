"""What pydantic refused is told in words of ours."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from core.refusal import Refusal, first_refusal


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    labels: list[str] = []
    least: int = 0
    most: int = 1

    @field_validator("least")
    @classmethod
    def _few(cls, least: int) -> int:
        if least > 5:
            raise ValueError("at most 5")
        return least

    @model_validator(mode="after")
    def _in_order(self) -> Options:
        if self.least > self.most:
            raise ValueError("least is above most")
        return self


@pytest.mark.parametrize(
    ("given", "refusal", "said"),
    [
        ({"least": 7}, Refusal("least", "least", "at most 5", ours=True, unknown=False), "least: at most 5"),
        ({"least": 2}, Refusal("", "", "least is above most", ours=True, unknown=False), "least is above most"),
        (
            {"labels": ["a", 1]},
            Refusal("labels", "labels.1", "Input should be a valid string", ours=False, unknown=False),
            "labels.1: Input should be a valid string",
        ),
        (
            {"label": "a"},
            Refusal("label", "label", "Extra inputs are not permitted", ours=False, unknown=True),
            "label: Extra inputs are not permitted",
        ),
    ],
)
def test_where_and_why(given: dict, refusal: Refusal, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(**given)
    assert first_refusal(caught.value) == refusal
    assert str(refusal) == said
