"""Law 8: settings that no other test names do what their sentence says."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import streamlit as st

from core import inference, models, tables
from core.errors import LimitReached, SheetformerError
from core.files import sha256_of
from core.inference.plan import read_windows
from core.inference.run import run as predict
from core.live import LiveClient
from core.live.questions import Desk
from core.runs import RunContext, RunFolder, create_run
from core.runs.duck import connect
from core.runs.query import ResultQuery
from core.schema import PredictSpec, Role, TableSource
from core.settings import MEGABYTE, Settings
from pages.parts.workspace import shared_by_all
from tests.tiny_models import classifier

ROWS = 30


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tiny classifiers with three labels each."""
    root = tmp_path_factory.mktemp("roots")
    for name in ("one", "two"):
        classifier(root / name, "bert", labels=("low", "middle", "high"))
    return root


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"text": [f"the film number {row} was good" for row in range(ROWS)]}), path)
    return path


def settings_with(tmp_path: Path, roots: Path, **limits: object) -> Settings:
    made = Settings(home=tmp_path / "home", model_roots=(roots,), **limits)
    for folder in roots.iterdir():
        models.add_local(made, folder, folder.name)
    return made


def spec_of(settings: Settings, table: Path, model: str = "one") -> PredictSpec:
    files = models.resolve(settings, f"local:{model}")
    source = TableSource(id=sha256_of(table), name="table", rows=ROWS)
    return PredictSpec(
        task="text-classification",
        table=source,
        roles={Role.TEXT: "text"},
        model=files.reference,
        revision=files.revision,
        precision="fp32",
    )


def finished_run(settings: Settings, table: Path) -> RunFolder:
    run = create_run(settings, spec_of(settings, table), owner="local", input_table=table)
    assert predict(RunContext(settings, run)) == "done"
    return run


def test_max_model_layers(tmp_path: Path, roots: Path) -> None:
    with pytest.raises(LimitReached, match="max_model_layers"):
        settings_with(tmp_path, roots, max_model_layers=1)


def test_live_start_seconds(tmp_path: Path) -> None:
    client = LiveClient(Settings(home=tmp_path, live_start_seconds=0.001))
    try:
        with pytest.raises(SheetformerError, match="live_start_seconds"):
            client.ask("ping", {})
    finally:
        client.close()


def test_live_models(tmp_path: Path, roots: Path, table: Path) -> None:
    settings = settings_with(tmp_path, roots, live_models=1)
    desk = Desk(settings)
    for name in ("one", "two"):
        desk.model(spec_of(settings, table, name))
        assert desk.ping({}) == {"models": [f"local:{name}"]}


@pytest.mark.parametrize(("window_mb", "windows"), [(1, 2), (100, 1)])
def test_window_mb(tmp_path: Path, window_mb: int, windows: int) -> None:
    path = tmp_path / "long.parquet"
    pq.write_table(pa.table({"text": [f"{row} " + "good " * 100_000 for row in range(4)]}), path, row_group_size=1)
    characters = Settings(home=tmp_path, window_mb=window_mb).window_mb * MEGABYTE
    read = list(read_windows(path, {Role.TEXT: "text"}, np.arange(4), rows=100, characters=characters))
    assert len(read) == windows
    assert np.concatenate([window.keys for window in read]).tolist() == [0, 1, 2, 3]


def test_fit_rows(tmp_path: Path, roots: Path, table: Path) -> None:
    settings = settings_with(tmp_path, roots, fit_rows=7)
    texts = pa.table({"text": [f"{row} \u6f22\u5b57\u6f22\u5b57" for row in range(ROWS)]})
    pq.write_table(texts, table)
    warnings = finished_run(settings, table).summary()["warnings"]
    assert any(" of 7 looked at" in warning for warning in warnings), warnings


def test_estimate_rows(tmp_path: Path, roots: Path, table: Path) -> None:
    settings = settings_with(tmp_path, roots, estimate_rows=5)
    estimate = inference.estimate(settings, spec_of(settings, table), table)
    assert (estimate.distinct_rows, estimate.sampled) == (ROWS, 5)


def test_max_probability_columns(tmp_path: Path, roots: Path, table: Path) -> None:
    every = finished_run(settings_with(tmp_path / "a", roots), table)
    top = finished_run(settings_with(tmp_path / "b", roots, max_probability_columns=2), table)
    assert {"p_low", "p_middle", "p_high"} <= set(pq.read_schema(every.result_path).names)
    names = pq.read_schema(top.result_path).names
    assert "p_low" not in names
    assert {"label_1", "p_1"} <= set(names)


def test_query_threads(tmp_path: Path) -> None:
    for threads in (1, 2):
        connection = connect(Settings(home=tmp_path, query_threads=threads), [])
        assert connection.execute("SELECT current_setting('threads')").fetchone() == (threads,)
        connection.close()


def test_page_rows(tmp_path: Path, roots: Path, table: Path) -> None:
    settings = settings_with(tmp_path, roots, page_rows=4)
    query = ResultQuery(settings, finished_run(settings, table))
    assert len(query.page()) == 4
    query.close()


def test_share_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0")
    assert not shared_by_all(Settings(home=tmp_path))
    assert shared_by_all(Settings(home=tmp_path, share_workspace=True))


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_max_rows(tmp_path: Path, kind: str) -> None:
    frame = pd.DataFrame({"text": [f"row {row}" for row in range(ROWS)]})
    path = tmp_path / f"table.{kind}"
    writers = {"csv": frame.to_csv, "parquet": frame.to_parquet, "jsonl": lambda to: frame.to_json(to, orient="records", lines=True)}
    writers[kind](path)
    assert tables.import_file(Settings(home=tmp_path / "home", max_rows=ROWS), "local", path).rows == ROWS
    with pytest.raises(LimitReached, match="max_rows"):
        tables.import_file(Settings(home=tmp_path / "home", max_rows=ROWS - 1), "local", path)
