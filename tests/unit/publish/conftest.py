"""Things to publish: a shipped adapter on the workspace's shelf, and a run with its result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core import inference, models, tables
from core.files import write_json
from core.models import adapter_facts, write_facts
from core.runs import RunFolder, build_result, create_run, write_part
from core.settings import Settings
from core.workspaces import LOCAL

RUN = "0123456789abcdef"
REVIEWS = "review,mine,customer\nLovely light,positive,Ann\nBroke at once,negative,Bob\nFine,positive,Cid\n"


@pytest.fixture
def adapter(settings: Settings) -> Path:
    """``adapter:mine``, which says that a run made it."""
    folder = models.put_adapter(settings, LOCAL, "mine", models.resolve(settings, "embedded:sentiment").adapter, replace=False)
    write_facts(folder, adapter_facts(settings, folder).model_copy(update={"run": RUN}))
    return folder


@pytest.fixture
def scored(settings: Settings, tmp_path: Path) -> RunFolder:
    """Three rows with answers, and figures against the user's labels."""
    return score(settings, tmp_path, REVIEWS)


def score(settings: Settings, folder: Path, text: str) -> RunFolder:
    """A finished run over a table of three rows."""
    path = folder / "secret-customers.csv"
    path.write_text(text, "utf-8")
    table = tables.import_file(settings, LOCAL, path)
    roles = {"text": "review", "label": "mine"}
    spec = inference.make_spec(settings, table, task="text-classification", model="embedded:sentiment", roles=roles)
    run = create_run(settings, spec, owner=LOCAL, input_table=table.path)
    said = {"prediction": ["positive", "negative", "positive"], "confidence": [0.9, 0.8, 0.7], "error": [None, None, None]}
    write_part(run, 1, pa.table({"key": [0, 1, 2], **said}))
    build_result(run, np.arange(3))
    write_json(run.metrics_path, {"metrics": {"accuracy": {"value": 1.0, "low": 0.44, "high": 1.0, "n": 3}}})
    write_json(run.summary_path, {"rows": 3, "failed": 0, "skipped": 0, "truncated": 2, "precision": "fp32"})
    return run
