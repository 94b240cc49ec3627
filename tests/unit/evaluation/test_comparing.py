"""Two results on the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from core.errors import BadInput
from core.evaluation import EvaluationSpec, compare_results
from tests.unit.evaluation.conftest import reviews

SPEC = EvaluationSpec(columns={"prediction": "prediction", "label": "label"})


def test_fixed_and_broken_rows_and_the_tests(settings, write) -> None:
    frame = reviews(400)
    other = frame.copy()
    other.loc[:99, "prediction"] = other.loc[:99, "label"]
    other.loc[100:104, "prediction"] = "nothing like it"
    found = compare_results(settings, write(frame), SPEC, write(other), SPEC)
    one, two = (each["label"] == each["prediction"] for each in (frame, other))
    assert (found.fixed, found.broken) == ((~one & two).sum(), (one & ~two).sum())
    assert found.mcnemar == pytest.approx(binomtest(found.fixed, found.fixed + found.broken).pvalue)
    assert found.differences["accuracy"].value == pytest.approx(two.mean() - one.mean())
    assert (
        found.fixed_rows == tuple(np.flatnonzero(~one & two))
        and found.agreement.value == (frame["prediction"] == other["prediction"]).mean()
    )
    assert found.sentences[0].startswith("Accuracy: B is better than A") and "log_loss" in found.differences


def test_rows_belong_together_by_their_ids(settings, write) -> None:
    frame = reviews(100).assign(id=[f"row {row}" for row in range(100)])
    shuffled = frame.sample(frac=0.8, random_state=0)
    spec = SPEC.model_copy(update={"columns": {**SPEC.columns, "id": "id"}})
    found = compare_results(settings, write(frame), spec, write(shuffled), spec)
    assert found.compared == 80 and (found.fixed, found.broken) == (0, 0) and found.agreement.value == 1
    assert "nothing says which belong together" in compare_results(settings, write(frame), SPEC, write(shuffled), SPEC).why_not


@pytest.mark.parametrize(
    ("ids", "said"), [(["a", "b", "b ", "a"], "'b' in row 2 and in row 3"), (["a", "", "b", None], "a blank cell in row 2")]
)
def test_an_id_that_comes_twice_names_no_row(settings, write, ids: list, said: str) -> None:
    frame = reviews(4).assign(id=ids)
    spec = SPEC.model_copy(update={"columns": {**SPEC.columns, "id": "id"}})
    for one, other in ((frame, frame[::-1]), (frame.assign(id=list("abcd")), frame)):
        with pytest.raises(BadInput) as refused:
            compare_results(settings, write(one), spec, write(other), spec)
        assert "'id'" in refused.value.expected and "row by row" in refused.value.next_step
    assert refused.value.found.startswith(said)
    table = write(frame)
    assert compare_results(settings, table, spec, table, spec).compared == 4  # rows of one table need no ids


def test_two_predictions_of_one_table(settings, write) -> None:
    table = write({"label": ["a", "b"] * 30, "one": ["a", "a"] * 30, "two": ["a", "b"] * 30})
    specs = [SPEC.model_copy(update={"columns": {"prediction": name, "label": "label"}}) for name in ("one", "two")]
    found = compare_results(settings, table, specs[0], table, specs[1])
    assert (found.fixed, found.broken, found.differences["accuracy"].value) == (30, 0, 0.5)


def test_rows_with_another_truth_are_left_out(settings, write) -> None:
    frame = reviews(60)
    other = frame.copy()
    other.loc[:9, "label"] = np.where(other.loc[:9, "label"] == "bad", "good", "bad")
    found = compare_results(settings, write(frame), SPEC, write(other), SPEC)
    assert found.compared == 50 and any("10 rows are left out" in sentence for sentence in found.sentences)


def test_numbers_have_a_difference_and_no_mcnemar(settings, write) -> None:
    truth = np.linspace(0, 5, 80) + 0.01
    tables = [write({"label": truth, "prediction": truth + off}) for off in (0.5, 0.1)]
    spec = SPEC.model_copy(update={"problem": "regression"})
    found = compare_results(settings, tables[0], spec, tables[1], spec)
    assert found.differences["absolute_error"].value == pytest.approx(-0.4) and found.mcnemar is None and found.agreement is None


def test_what_cannot_be_compared_says_why(settings, write) -> None:
    texts = SPEC.model_copy(update={"task": "summarization"})
    assert "no figure in common" in compare_results(settings, write(reviews(10)), SPEC, write(reviews(10)), texts).why_not
    blank = reviews(10).assign(label=" ")
    assert "who is right stays open" in compare_results(settings, write(blank), SPEC, write(blank), SPEC).why_not
