"""Pages run by AppTest over the real core, in a data folder of their own. No process is started: the queue stays as a test leaves it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core import inference, jobs, tables
from core.files import write_json
from core.jobs import api, keeper, store
from core.runs import append_event, build_result, open_run, write_part
from core.schema import Job, JobState, Role
from core.settings import Settings
from tests.imported import import_once

ROOT = Path(__file__).resolve().parents[2]
REVIEWS = """date,product,review,mine
2025-01-06,Lamp,"Lovely, warm light",positive
2025-01-07,Lamp,Broke after a day,Negative
2025-02-08,Desk,=1+1 <img src=x onerror=alert(1)> :red[hm],5
2025-02-09,Desk,,positive
2025-03-10,Desk,Fine,positive
"""


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """Streamlit looks through every installed package for components each time an app starts: once is enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", functools.cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings as the pages read them, from the environment."""
    monkeypatch.setenv("SHEETFORMER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(jobs, "hold_server", lambda settings: None)
    monkeypatch.setattr(api, "ensure_scheduler", lambda settings: None)
    monkeypatch.setattr(keeper, "ensure_scheduler", lambda settings: None)
    monkeypatch.setattr("core.live.LiveClient.warm", lambda self: None)
    monkeypatch.setattr("core.live.LiveClient.ask", lambda self, question, payload, timeout=None: dict(ANSWERS[question]))
    return Settings()


ESTIMATE = {
    "seconds": 12.0,
    "rows_per_second": 40.0,
    "memory_bytes": 6e8,
    "truncated_rows": 3,
    "distinct_rows": 4,
    "warnings": ["Mind *this*"],
}
TRAINING_ESTIMATE = {
    "trainable_parameters": 1_000,
    "parameters": 50_000,
    "examples": 20,
    "steps": 450,
    "seconds": 240.0,
    "memory_bytes": 900_000_000,
    "cut_rows": 0,
    "lost_tokens": 0,
    "too_much": "",
}
ANSWERS = {"estimate": ESTIMATE, "estimate_training": TRAINING_ESTIMATE}


@pytest.fixture
def open_page(settings: Settings) -> Callable[..., AppTest]:
    """Opens a page by its name, with parameters in the address."""

    def opened(name: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60).run()
        app.switch_page(f"pages/{name}.py")
        for key, value in parameters.items():
            app.query_params[key] = value
        return app.run()

    return opened


@pytest.fixture
def reviews(settings: Settings, tmp_path: Path) -> tables.Table:
    """A small table with a blank text, a label that the model does not know, and a text that tries things."""
    path = tmp_path / "reviews.csv"
    path.write_text(REVIEWS, "utf-8")
    return import_once(settings, "local", path, name="reviews.csv")


@pytest.fixture
def queued(settings: Settings, reviews: tables.Table) -> Job:
    """A job that waits."""
    spec = inference.make_spec(
        settings,
        reviews,
        task="text-classification",
        model="embedded:sentiment",
        roles={Role.TEXT: "review", Role.LABEL: "mine", Role.GROUP: "product", Role.TIME: "date"},
    )
    return jobs.submit(settings, spec, owner="local", input_table=reviews.path, title=reviews.name)


@pytest.fixture
def finished(settings: Settings, queued: Job) -> Job:
    """The same job, done: four rows scored, one of them failed, one skipped."""
    score(settings, queued.id)
    return settle(settings, queued.id, JobState.DONE, rows_done=5)


def score(settings: Settings, run_id: str, *, whole: bool = True) -> None:
    """Writes what a worker would write."""
    run = open_run(settings, run_id)
    part = {
        "key": [0, 1, 2, 4],
        "prediction": ["positive", "negative", None, "negative"],
        "confidence": [0.99, 0.8, None, 0.55],
        "p_negative": [0.01, 0.8, None, 0.55],
        "p_positive": [0.99, 0.2, None, 0.45],
        "error": [None, None, "RuntimeError: \\x1b[31m", None],
    }
    table = pa.table(part)
    write_part(run, 1, table if whole else table.slice(0, 2))
    append_event(run, "started", attempt=1)
    run.log_path.write_text("loading <b>model</b>\n", "utf-8")
    if not whole:
        return
    build_result(run, np.array([0, 1, 2, -1, 4], dtype=np.int64))
    write_json(run.choices_path, {"labels": ["negative", "positive"], "problem": "single"})
    figure = {"value": 0.5, "low": 0.1, "high": 0.9, "n": 3}
    write_json(
        run.metrics_path,
        {
            "metrics": dict.fromkeys(("accuracy", "balanced_accuracy", "f1_macro", "mcc", "log_loss"), figure),
            "per_class": {label: {"precision": 1.0, "recall": 0.5, "f1": 0.67, "support": 2} for label in ("negative", "positive")},
            "confusion": {"labels": ["negative", "positive"], "counts": [[1, 0], [1, 1]]},
            "unmatched": {"5": 1},
        },
    )
    summary = {
        "rows": 5,
        "failed": 1,
        "skipped": 1,
        "distinct": 4,
        "truncated": 0,
        "precision": "fp32",
        "seconds": 2.0,
        "rows_per_second": 2.5,
    }
    write_json(run.summary_path, summary | {"warnings": ["Some texts are *odd*"], "unmatched": {"5": 1}})


def settle(settings: Settings, job_id: str, state: JobState, **values: object) -> Job:
    """Puts a job into a state, as the scheduler would."""
    with store.opened(settings) as connection:
        row = store.row(connection, job_id)
        assert row is not None
        assert store.change(connection, row, state=state, started=row.created, ended=row.created + 2, **values)
    return jobs.get(settings, job_id)


def texts(app: AppTest) -> str:
    """Everything that a page says, as one text."""
    kinds = ("title", "subheader", "caption", "markdown", "text", "error", "warning", "info", "code")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))
