"""What the Hub refuses, in words that hold no token."""

from __future__ import annotations

import pytest

from core.publish import Order
from core.publish.refusals import refusal


@pytest.mark.parametrize(
    "token", ["hf_" + "Ab1" * 8, "hf_oauth_eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI2MjAxIn0.c2ln-bmF0_dXJl", "api_org_" + "Ab" * 17]
)
def test_a_token_is_hidden_to_its_last_part(token: str) -> None:
    order = Order(repository="me/x", message="m", deletions=("a.txt",))
    assert refusal(order, ValueError(f"Bad token {token}. Sign in")).found == "Bad token hf_…. Sign in"
