"""A Hub as an analyst finds it: models that fit and models that do not, and a data set of reviews of a shop."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv

from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.datasets import parquet
from tests.hub.repositories import DATASET, MODEL, Repository
from tests.hub.server import LoopbackHub
from tests.tiny_models import classifier

SAMPLE = Path(__file__).resolve().parents[2] / "sample" / "product_reviews.csv"
FEELINGS, GATED, PICKLED, REVIEWS = "lab/tiny-feelings", "lab/gated-feelings", "old/pickled-feelings", "shop/product-reviews"
CARD = b"---\nlicense: mit\n---\n\n# Tiny feelings\n\nA classifier with random weights: for looking at pages, not for use.\n"
DATA_CARD = b"---\nlicense: cc-by-4.0\n---\n\n# Product reviews\n\nReviews of a shop, written for examples.\n"
TRAINED, HELD, PARAMETERS = 160, 60, 27_000


def fill(hub: LoopbackHub, folder: Path) -> None:
    """Puts everything on the shelf and lets the analyst in.

    Args:
        folder: where the tiny model is made.
    """
    hub.shelf.tokens[TOKEN] = ANALYST
    made = classifier(folder / "feelings", "bert")
    files = {path.name: path.read_bytes() for path in made.iterdir() if path.is_file()}
    add_model(hub, FEELINGS, {**files, "README.md": CARD}, downloads=12_400, likes=31)
    add_model(hub, GATED, files, gated=True, downloads=880, likes=9)
    add_model(hub, PICKLED, {"config.json": files["config.json"], "pytorch_model.bin": b"not safe"}, downloads=52_000, likes=4)
    add_reviews(hub)


def add_model(hub: LoopbackHub, name: str, files: dict[str, bytes], *, gated: bool = False, **numbers: int) -> Repository:
    """A classifier as a search finds it."""
    safe = "model.safetensors" in files
    facts: dict[str, object] = {"pipeline_tag": "text-classification", "library_name": "transformers", **numbers}
    facts["tags"] = ["license:mit", "transformers", *(["safetensors"] if safe else []), "text-classification"]
    if safe:
        facts["safetensors"] = {"parameters": {"F32": PARAMETERS}, "total": PARAMETERS}
    return hub.shelf.add(MODEL, name, files, gated=gated, facts=facts)


def add_reviews(hub: LoopbackHub) -> Repository:
    """The sample of this project as somebody's data set, in two splits."""
    table = pyarrow.csv.read_csv(SAMPLE)
    files = {
        "data/train-00000-of-00001.parquet": parquet(table.slice(0, TRAINED)),
        "data/test-00000-of-00001.parquet": parquet(table.slice(TRAINED, HELD)),
        "README.md": DATA_CARD,
    }
    return hub.shelf.add(DATASET, REVIEWS, files, facts={"downloads": 3_100, "likes": 57, "tags": ["license:cc-by-4.0"]})
