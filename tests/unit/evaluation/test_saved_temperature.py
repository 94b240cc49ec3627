"""A temperature fitted on real predictions, saved with the adapter and applied by the next run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from core import inference, models, tables
from core.evaluation import calibration, spec_of_run
from core.evaluation.calibration import halves, reliability
from core.inference.run import run
from core.models import Calibrated
from core.runs import RunContext, RunFolder, create_run
from core.settings import Settings
from core.workspaces import LOCAL

ROWS = 400
TOO_SURE = 0.2
"""A temperature that makes the embedded model, which is about as sure as it is right, far too sure."""


@pytest.fixture
def scored(settings: Settings, shared_data: Path, tmp_path: Path):
    """Scores sentences of SST-2's validation rows with a model and the task's options."""
    path = tmp_path / "sentences.parquet"
    frame = pd.read_parquet(shared_data / "sst2" / "validation.parquet")[["text", "label"]].head(ROWS)
    frame.to_parquet(path, index=False)
    table = tables.import_file(settings, LOCAL, path)

    def score(model: str, **options: object) -> RunFolder:
        asked = {"task": "text-classification", "model": model, "roles": {"text": "text", "label": "label"}, "options": options}
        spec = inference.make_spec(settings, table, precision="fp32", **asked)
        folder = create_run(settings, spec, owner=LOCAL, input_table=table.path)
        assert run(RunContext(settings, folder)) == "done"
        return folder

    return score


def test_the_other_half_gains_when_a_saved_temperature_is_applied(settings: Settings, scored) -> None:
    plain = models.resolve(settings, "embedded:sentiment", LOCAL)
    sure = models.save_calibrated(settings, LOCAL, plain.reference, Calibrated(TOO_SURE, False, "", plain.revision))
    before = scored(sure)
    spec = spec_of_run(settings, before)
    found = calibration(settings, before.result_path, spec).temperature
    assert found.value > 1
    made = models.save_calibrated(settings, LOCAL, sure, Calibrated(found.value, True, found.sentence, before.spec().revision))
    after, unscaled, off = scored(made), scored(plain.reference), scored(made, temperature="off")
    one, warm, without, cold = (pq.read_table(each.result_path).to_pandas() for each in (before, after, unscaled, off))
    assert warm["prediction"].tolist() == one["prediction"].tolist() == cold["prediction"].tolist()
    np.testing.assert_allclose(cold["confidence"], without["confidence"], atol=1e-6)
    other = ~halves(before.result_path, spec, len(one))
    right = (one["prediction"] == one["label"])[other].to_numpy()
    errors = [reliability(settings, right, frame["confidence"][other].to_numpy()).ece.value for frame in (one, warm)]
    assert errors == pytest.approx([found.before.ece.value, found.after.ece.value], abs=1e-6)
    assert errors[1] < errors[0], f"temperature {found.value}: {errors}"
