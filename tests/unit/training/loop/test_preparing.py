"""What a training begins with."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import models
from core.schema import Split
from core.training.data import read_data
from core.training.loop.preparing import Prepared, prepare
from tests.unit.training.conftest import sentences

FEW = {"epochs": 1, "rank": 2, "batch_rows": 16}
ROWS = 60
TAGGED = {"task": "token-classification", "roles": {"tokens": "words", "tags": "tags"}}


def prepared(tuned: Any, known: Any, frame: pd.DataFrame, **choices: Any) -> Prepared:
    choices["dials"] = FEW | choices.get("dials", {})
    folder = tuned(frame, split=Split(method="column", column="part"), **choices)
    spec = folder.spec()
    return prepare(known, spec, models.resolve(known, spec.model), read_data(known, spec, folder.input_path, None), "cpu")


def bias_of(ready: Prepared) -> np.ndarray:
    (bias,) = (each for name, each in ready.model.named_parameters() if name.endswith("classifier.modules_to_save.default.bias"))
    return bias.detach().numpy()


@pytest.fixture
def frame() -> pd.DataFrame:
    made = sentences(ROWS)
    made["part"] = ["validation" if number % 6 == 5 else "train" for number in range(ROWS)]
    return made


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """One of 10 rows to learn from is rare: 5 of 50."""
    frame["label"] = ["rare" if number % 60 in (0, 12, 24, 36, 48, 5) else "usual" for number in range(ROWS)]
    return frame


def test_a_head_begins_with_the_shares_of_the_rows_to_learn_from(tuned, known, frame) -> None:
    ready = prepared(tuned, known, labelled(frame))
    assert ready.objective.names == ("rare", "usual")
    np.testing.assert_allclose(np.exp(bias_of(ready)), [6 / 52, 46 / 52], rtol=1e-5)


def test_where_labels_weigh_alike_they_begin_alike(tuned, known, frame) -> None:
    bias = bias_of(prepared(tuned, known, labelled(frame), dials={"class_weights": True}))
    np.testing.assert_allclose(np.exp(bias), [0.5, 0.5], rtol=1e-5)


def test_of_several_labels_each_begins_with_its_share(tuned, known, frame) -> None:
    frame["label"] = [json.dumps(["often", "seldom"] if number % 60 in (0, 12) else ["often"]) for number in range(ROWS)]
    frame.loc[1, "label"] = "[]"
    ready = prepared(tuned, known, frame, problem="multi_label_classification")
    assert ready.objective.names == ("often", "seldom")
    np.testing.assert_allclose(1 / (1 + np.exp(-bias_of(ready))), [50 / 52, 3 / 52], rtol=1e-5)


def test_tokens_begin_with_their_tags_shares(tuned, known, frame) -> None:
    frame["words"] = frame["text"].str.split()
    frame["tags"] = [["O"] * (len(words) - 1) + ["B-LAST"] for words in frame["words"]]
    ready = prepared(tuned, known, frame, **TAGGED)
    shares, flat = np.exp(bias_of(ready)), ready.examples.labels.flat
    assert ready.objective.names[0] == "O" and shares.sum() == pytest.approx(1, abs=1e-5)
    read = flat[flat >= 0]
    assert shares[0] == pytest.approx(((read == 0).sum() + 1) / (len(read) + len(shares)), rel=1e-5)


def test_a_number_has_no_share(tuned, known, frame) -> None:
    frame["label"] = np.arange(ROWS) / 7 + 100
    ready = prepared(tuned, known, frame, problem="regression")
    assert ready.objective.prior(ready.examples) is None
    np.testing.assert_array_equal(bias_of(ready), [0])
