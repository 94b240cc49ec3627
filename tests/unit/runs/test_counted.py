"""What charts count where the prediction is no label: clusters, or nothing at all."""

import numpy as np
import pyarrow as pa
import pytest

from core.files import write_json
from core.runs import build_result, write_part
from core.runs.filters import ResultFilters
from core.runs.query import ResultQuery
from tests.unit.runs.sample_runs import new_run

TEXTS = ["refund my card", "great film", None, "refund my card", "the actor was great"]
KEYS = np.array([0, 1, -2, 0, 4])


@pytest.fixture
def embedded(settings, tmp_path) -> ResultQuery:
    run = new_run(settings, tmp_path, {"review": pa.array(TEXTS, pa.string())}, rows=5)
    write_json(run.choices_path, {"labels": [], "problem": "", "counted": "cluster"})
    vectors = pa.array([[1.0, 0.0], [0.0, 1.0], [0.1, 0.9]], pa.list_(pa.float32(), 2))
    write_part(run, 1, pa.table({"key": [0, 1, 4], "prediction": vectors, "error": pa.nulls(3, pa.string())}))
    more = pa.table({"key": [0, 1, 4], "cluster": ["card", "film", "film"], "map_x": [0.0, 1.0, 1.1], "map_y": [0.0, 0.5, 0.4]})
    build_result(run, KEYS, more)
    return ResultQuery(settings, run)


def test_clusters_are_counted_filtered_and_broken_down(embedded: ResultQuery) -> None:
    assert embedded.counted.name == "cluster"
    assert embedded.label_counts().to_dict("list") == {"label": ["card", "film"], "rows": [2, 2]}
    assert embedded.labels == ["card", "film"]
    assert embedded.page(ResultFilters(labels=("film",))).index.tolist() == [1, 4]
    assert embedded.breakdown("review").counts["rows"].sum() == 4


def test_places_on_the_map(embedded: ResultQuery) -> None:
    places = embedded.places("review", 10).sort_values("row")
    assert places["row"].tolist() == [1, 2, 4, 5]
    assert places["label"].tolist() == ["card", "film", "card", "film"]
    assert places["text"].tolist() == [TEXTS[0], TEXTS[1], TEXTS[3], TEXTS[4]]
    assert places["x"].tolist() == [0.0, 1.0, 0.0, 1.1]
    assert len(embedded.places("review", 2)) == 2
    assert embedded.places("review", 2).equals(embedded.places("review", 2))
    assert embedded.places("review", 9, ResultFilters(labels=("film",)))["row"].sort_values().tolist() == [2, 5]


def test_vectors_can_be_shown_searched_and_read_whole(embedded: ResultQuery) -> None:
    assert embedded.count(search="film") == 2
    assert embedded.row(1)["prediction"] == (0.0, 1.0) or list(embedded.row(1)["prediction"]) == [0.0, 1.0]
    assert len(embedded.page()) == 5


def test_free_answers_are_not_counted_but_their_confidence_is(settings, tmp_path) -> None:
    run = new_run(settings, tmp_path, {"review": pa.array(TEXTS, pa.string())}, rows=5)
    write_json(run.choices_path, {"counted": ""})
    confidence = pa.array([0.5, 0.9, 0.9])
    write_part(
        run, 1, pa.table({"key": [0, 1, 4], "prediction": ["a", "b", "c"], "confidence": confidence, "error": pa.nulls(3, pa.string())})
    )
    build_result(run, KEYS)
    query = ResultQuery(settings, run)
    assert query.counted is None and query.label_counts().empty and query.labels == []
    histogram = query.confidence_histogram()
    assert histogram["rows"].sum() == 4 and set(histogram["label"]) == {"every row"}
    assert query.page(ResultFilters(labels=("a",))).index.tolist() == list(range(5)), "there is nothing to filter by"
