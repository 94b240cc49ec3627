"""Addresses of rows of data sets."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from core.schema import HubSource, TableSource, is_hub_address, parse_hub_address


@pytest.mark.parametrize(
    ("address", "facts"),
    [
        ("owner/name", {}),
        ("owner/name:train", {"split": "train"}),
        ("owner/name@v1.0:es/test", {"revision": "v1.0", "config": "es", "split": "test"}),
        ("owner/name@refs/convert/parquet:train?rows=10", {"revision": "refs/convert/parquet", "split": "train", "rows": 10}),
        ("owner/name:a%20b/train?columns=text&columns=a%2Cb", {"config": "a b", "split": "train", "columns": ("text", "a,b")}),
    ],
)
def test_an_address_is_read_and_written_again(address: str, facts: dict) -> None:
    source = parse_hub_address(f"hf://datasets/{address}")
    assert source == HubSource(dataset="owner/name", **facts)
    assert parse_hub_address(source.address) == source


@pytest.mark.parametrize(
    "text",
    [
        "hf://datasets/",
        "hf://datasets/name",
        "hf://models/a/b",
        "hf://datasets/../x",
        "hf://datasets/a/b:c?rows=0",
        "hf://datasets/a/b?x=1",
        "a/b",
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadInput, match="hf://datasets/owner/name:train"):
        parse_hub_address(text)


def test_a_table_is_shown_by_its_address_or_its_name() -> None:
    source = HubSource(dataset="a/b", split="train")
    assert is_hub_address(source.address) and not is_hub_address("reviews.csv")
    assert TableSource(id="0" * 64, name="b", rows=1, hub=source).shown == "hf://datasets/a/b:train"
    assert TableSource(id="0" * 64, name="reviews.csv", rows=1).shown == "reviews.csv"
