"""What needs all rows at once ends up in the right rows of the result."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow.parquet as pq
import pytest

from core.inference.run import run
from core.runs import RunContext, RunFolder
from tests.tiny_models import TinyFiles, files_of, tiny


@pytest.fixture
def embedder(catalogue: dict[str, TinyFiles], tmp_path) -> str:
    folder = tiny(tmp_path / "embedder", "bert", "AutoModel")
    catalogue["local:embedder"] = files_of(folder, tasks=("feature-extraction",))
    return "local:embedder"


NewRun, ContextOf = Callable[..., RunFolder], Callable[..., RunContext]
TEXTS = ["good phone", "awful price", None, "good phone", "we hate the slow film", "", "awful price"]


def test_similar_rows_clusters_and_map_stand_in_their_rows(new_run: NewRun, context_of: ContextOf, embedder: str) -> None:
    folder = new_run({"text": TEXTS, "cluster": range(7)}, model=embedder, task="feature-extraction", options={"clusters": 2, "similar": 1})
    assert run(context_of(folder)) == "done"
    rows = pq.read_table(folder.result_path).to_pylist()
    assert [row["cluster"] for row in rows] == list(range(7)), "the user's own column is untouched"
    assert [row["error"] is None for row in rows] == [text not in (None, "") for text in TEXTS]
    assert rows[0]["prediction"] == rows[3]["prediction"] and len(rows[0]["prediction"]) == 32
    assert [row["duplicate_of"] for row in rows] == [1, 2, None, 1, None, None, 2]
    assert {one["row"] for row in rows if row["similar"] for one in row["similar"]} <= {1, 2, 5}
    assert all(one["row"] != number for number, row in enumerate(rows, 1) for one in row["similar"] or [])
    assert rows[0]["cluster_2"] == rows[3]["cluster_2"] and rows[2]["cluster_2"] is None
    assert (rows[0]["map_x"], rows[0]["map_y"]) == (rows[3]["map_x"], rows[3]["map_y"])
    assert list(rows[0])[-1] == "error"


def test_too_many_rows_are_scored_but_not_compared(new_run: NewRun, context_of: ContextOf, embedder: str, settings) -> None:
    folder = new_run({"text": TEXTS}, model=embedder, task="feature-extraction")
    assert run(context_of(folder, settings=settings.model_copy(update={"compared_rows": 2}))) == "done"
    assert pq.read_schema(folder.result_path).names == ["text", "prediction", "error"]
    assert any("compared_rows = 2" in warning for warning in folder.summary()["warnings"])


def test_nothing_asked_for_gives_vectors_and_duplicates_only(new_run: NewRun, context_of: ContextOf, embedder: str) -> None:
    folder = new_run({"text": TEXTS}, model=embedder, task="feature-extraction", options={"clusters": 0, "similar": 0, "map": False})
    assert run(context_of(folder)) == "done"
    assert pq.read_schema(folder.result_path).names == ["text", "prediction", "duplicate_of", "error"]
