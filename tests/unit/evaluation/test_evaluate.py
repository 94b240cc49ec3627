"""Figures of any table: equal to those of the libraries, every row accounted for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from core.errors import BadInput, NotFound
from core.evaluation import EvaluationSpec, evaluate
from core.evaluation.slices import first_to_tell
from core.metrics import DEFINITIONS
from tests.unit.evaluation.conftest import LABELS, reviews

COLUMNS = {"prediction": "prediction", "label": "label"}


def test_one_label_a_row(settings, write) -> None:
    frame = reviews()
    found = evaluate(settings, write(frame), EvaluationSpec(columns=COLUMNS))
    truth, said, given = frame["label"], frame["prediction"], frame[[f"p_{label}" for label in LABELS]].to_numpy()
    expected = {
        "accuracy": reference.accuracy_score(truth, said),
        "f1_macro": reference.f1_score(truth, said, average="macro"),
        "log_loss": reference.log_loss(truth, given, labels=LABELS),
        "roc_auc": reference.roc_auc_score(truth, given, multi_class="ovr", labels=LABELS),
    }
    assert {name: found.metrics[name].value for name in expected} == pytest.approx(expected)
    assert (found.problem, found.rows, found.compared, found.left_out) == ("single", 400, 400, ())
    assert found.confusion.labels == LABELS
    assert np.array(found.confusion.counts).tolist() == reference.confusion_matrix(truth, said, labels=LABELS).tolist()
    assert found.spec.probabilities == {label: f"p_{label}" for label in LABELS}
    for each in found.per_class:
        assert each.precision.low < each.precision.value < each.precision.high and each.f1.low < each.f1.value < each.f1.high
    assert set(found.metrics) <= set(DEFINITIONS) and found == evaluate(settings, write(frame), EvaluationSpec(columns=COLUMNS))


def test_every_row_that_is_not_compared_has_a_reason(settings, write) -> None:
    frame = reviews(60)
    frame.loc[0, "prediction"] = None
    frame.loc[1, "label"] = " "
    frame.loc[2, "label"] = None
    frame.loc[3:5, "label"] = ["GOOD ", "splendid", "splendid"]
    frame.loc[6, "label"] = "?"
    spec = EvaluationSpec(columns=COLUMNS, labels=LABELS, label_map={"?": ""})
    found = evaluate(settings, write(frame), spec)
    assert {reason.reason: reason.rows for reason in found.left_out} == {
        "No prediction: the row failed or was skipped": 1,
        "No label in the cell": 2,
        "The label is none of the model's": 3,
    }
    assert found.compared == 54 and found.unmatched == {"splendid": 2} and "GOOD " in found.spellings["good"]
    assert found.metrics["accuracy"].n == 54
    mapped = evaluate(settings, write(frame), spec.model_copy(update={"label_map": {"?": "", "splendid": "good"}}))
    assert mapped.compared == 56 and mapped.unmatched == {} and "splendid" in mapped.spellings["good"]


def test_a_table_that_names_no_labels_has_those_that_occur(settings, write) -> None:
    """One that only people use comes after those that have probabilities, and costs nobody the log loss."""
    frame = reviews(80)
    frame.loc[0, "label"] = "awful"
    found = evaluate(settings, write(frame), EvaluationSpec(columns=COLUMNS))
    assert found.spec.labels == (*LABELS, "awful") and found.metrics["log_loss"].n == 79 and found.metrics["accuracy"].n == 80


def test_a_label_that_only_its_probabilities_name_is_one(settings, write) -> None:
    frame = reviews(90).query("label != 'mixed' and prediction != 'mixed'")
    found = evaluate(settings, write(frame), EvaluationSpec(columns=COLUMNS))
    assert found.spec.labels == LABELS and found.metrics["brier"].n == len(frame)
    frame["p_mixed"] = 7.0  # a column of something else
    assert evaluate(settings, write(frame), EvaluationSpec(columns=COLUMNS)).spec.labels == ("bad", "good")


def test_one_probability_of_two_labels_is_enough(settings, write) -> None:
    frame = pd.DataFrame({"label": ["yes", "no"] * 20, "prediction": ["yes", "no"] * 18 + ["no"] * 4, "p_yes": np.linspace(0.9, 0.2, 40)})
    found = evaluate(settings, write(frame), EvaluationSpec(columns=COLUMNS))
    assert found.metrics["log_loss"].value == pytest.approx(reference.log_loss(frame["label"] == "yes", frame["p_yes"]))


def test_numbers_as_text_are_numbers(settings, write) -> None:
    frame = reviews(50)
    as_text = frame.assign(**{f"p_{label}": frame[f"p_{label}"].map(repr) for label in LABELS})
    one, other = (evaluate(settings, write(each), EvaluationSpec(columns=COLUMNS)) for each in (frame, as_text))
    assert one.metrics == other.metrics


def test_slices_are_told_where_they_can_be(settings, write) -> None:
    frame = reviews(400)
    found = evaluate(settings, write(frame), EvaluationSpec(columns=COLUMNS, slices=("city", "age")))
    cities = {each.value: each for each in found.slices if each.column == "city"}
    assert list(cities) == ["Rome", "Oslo", "Ulm"] and cities["Ulm"].note == "too few rows to tell" and cities["Ulm"].metrics == {}
    here = frame[frame["city"] == "Rome"]
    assert cities["Rome"].metrics["accuracy"].value == pytest.approx((here["label"] == here["prediction"]).mean())
    ages = [each for each in found.slices if each.column == "age"]
    assert len(ages) == 4 and sum(each.rows for each in ages) == 400 and ages[0].value.startswith("18 to ")
    few = settings.model_copy(update={"slice_rows": 5, "slice_values": 2})
    assert [each.value for each in evaluate(few, write(frame), EvaluationSpec(columns=COLUMNS, slices=("city",))).slices] == [
        "Rome",
        "Oslo",
    ]
    assert "9 rows" not in evaluate(few, write(frame), EvaluationSpec(columns=COLUMNS)).notes


def test_sets_of_labels(settings, write) -> None:
    truth = [["joy"], [], ["joy", "fear"], None, ["fear"]] * 20
    said = ["joy", "joy", "fear; joy", "joy", ""] * 20
    found = evaluate(settings, write({"label": truth, "prediction": said}), EvaluationSpec(columns=COLUMNS))
    assert (found.problem, found.compared, found.spec.labels) == ("multi", 80, ("fear", "joy"))
    true, given = np.array([[0, 1], [0, 0], [1, 1], [1, 0]]), np.array([[0, 1], [0, 1], [1, 1], [0, 0]])
    assert found.metrics["hamming_loss"].value == pytest.approx(reference.hamming_loss(true, given))
    assert found.metrics["f1_micro"].value == pytest.approx(reference.f1_score(true, given, average="micro"))
    assert {each.label: each.support for each in found.per_class} == {"fear": 40, "joy": 40}


def test_amounts(settings, write) -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(3, 1, 100).round(2)
    frame = pd.DataFrame({"label": truth.astype(str), "prediction": truth + rng.normal(0, 0.3, 100)})
    frame.loc[4, "label"] = "no number"
    found = evaluate(settings, write(frame), EvaluationSpec(columns=COLUMNS, problem="regression"))
    assert found.compared == 99 and {each.reason for each in found.left_out} == {"No number in the cell"}
    assert evaluate(settings, write(frame.drop(4)), EvaluationSpec(columns=COLUMNS)).metrics == found.metrics


def test_answers(settings, write) -> None:
    table = {"label": ["the Broncos", '["a", "b"]', " ", "Rome"], "prediction": ["Broncos!", "b", "x", "in Rome"]}
    found = evaluate(settings, write(table), EvaluationSpec(task="question-answering", columns=COLUMNS))
    assert (found.problem, found.compared) == ("answers", 3)
    assert found.metrics["exact_match"].value == pytest.approx(2 / 3) and found.metrics["answer_f1"].value == pytest.approx(8 / 9)


def test_answers_that_may_be_none(settings, write) -> None:
    table = {"label": ["a", "", "", None], "prediction": ["a", "", "x", None]}
    found = evaluate(settings, write(table), EvaluationSpec(task="question-answering", columns=COLUMNS))
    assert found.compared == 3 and found.metrics["no_answer_accuracy"].value == 0.5


def test_texts_and_a_limit_that_is_told(settings, write) -> None:
    table = {"label": ["a cat sat", "the dog", "", "birds fly"] * 20, "prediction": ["a cat sat", "a dog", "x", "fish swim"] * 20}
    spec = EvaluationSpec(task="summarization", columns=COLUMNS)
    found = evaluate(settings, write(table), spec)
    assert found.metrics["exact_text"].value == pytest.approx(1 / 3) and found.metrics["rouge_1"].value == pytest.approx(0.5)
    drawn = evaluate(settings.model_copy(update={"scored_texts": 30}), write(table), spec)
    assert drawn.compared == 30 and "30 of the 60 rows" in drawn.notes[0] and {each.rows for each in drawn.left_out} == {20, 30}


@pytest.mark.parametrize("form", ["tags", "entities", "written"])
def test_entities(settings, write, form: str) -> None:
    tags = [["B-PER", "I-PER", "O"], ["O", "B-LOC"], ["B-PER"], ["O"]]
    spans = [[("PER", 1, 2)], [("PER", 2, 2)], [], [("LOC", 1, 1)]]
    entities = [[{"label": kind, "first_word": first, "last_word": last} for kind, first, last in row] for row in spans]
    forms = {
        "tags": [["B-PER", "I-PER", "O"], ["O", "B-PER"], ["O"], ["B-LOC"]],
        "entities": entities,
        "written": [str(row).replace("'", '"') for row in entities],
    }
    table = write({"label": tags, "prediction": forms[form], "words": ["a b c", "a b", "a", "a"]})
    spec = EvaluationSpec(task="token-classification", columns={**COLUMNS, "text": "words"})
    found = evaluate(settings, table, spec)
    strict = next(each for each in found.entity_errors if each.scheme == "strict")
    assert (strict.correct, strict.incorrect, strict.missed, strict.spurious) == (1, 1, 1, 1)
    assert next(each for each in found.entity_errors if each.scheme == "exact").correct == 2
    person = next(each for each in found.per_class if each.label == "PER")
    assert (person.support, person.predicted, person.kinds) == (2, 2, {"correct": 1, "incorrect": 0, "missed": 1, "spurious": 1})
    assert found.metrics["entity_f1"].value == pytest.approx(1 / 3) and found.compared == 4


def test_entities_of_rows_with_another_number_of_tags_are_left_out(settings, write) -> None:
    table = write({"label": [["O"], ["O", "O"]], "prediction": [["O"], ["O"]]})
    found = evaluate(settings, table, EvaluationSpec(task="token-classification", columns=COLUMNS))
    assert {each.reason: each.rows for each in found.left_out} == {"Another number of tags than of words": 1}


def test_perplexity(settings, write) -> None:
    table = write({"loss": [2.0, 6.0, 1.0], "count": [2, 2, 0]})
    spec = EvaluationSpec(task="text-generation", columns={"surprisal": "loss", "token_count": "count"})
    found = evaluate(settings, table, spec)
    assert found.metrics["perplexity"].value == pytest.approx(np.exp(2)) and (found.compared, found.problem) == (2, "perplexity")


def test_what_cannot_be_evaluated_is_refused_in_words(settings, write, tmp_path) -> None:
    table = write(reviews(20))
    with pytest.raises(BadInput, match="a column named 'nothing'"):
        evaluate(settings, table, EvaluationSpec(columns={**COLUMNS, "label": "nothing"}))
    with pytest.raises(BadInput, match="a column for label"):
        evaluate(settings, table, EvaluationSpec(columns={"prediction": "prediction"}))
    with pytest.raises(BadInput, match="a task whose answers can be measured"):
        evaluate(settings, table, EvaluationSpec(task="feature-extraction", columns=COLUMNS))
    with pytest.raises(BadInput, match="max_evaluated_labels".upper()):
        few = settings.model_copy(update={"max_evaluated_labels": 5})
        evaluate(few, table, EvaluationSpec(columns={**COLUMNS, "label": "text"}))
    with pytest.raises(NotFound):
        evaluate(settings, tmp_path / "none.parquet", EvaluationSpec(columns=COLUMNS))


def test_an_empty_table_has_no_figures_and_no_error(settings, write) -> None:
    found = evaluate(settings, write(reviews(30).head(0)), EvaluationSpec(columns=COLUMNS, slices=("city",)))
    assert found.compared == 0 and all(figure.value is None for figure in found.metrics.values())


def test_intervals_of_probabilities_resample_no_more_rows_than_the_setting_allows(settings, write) -> None:
    table, few = write(reviews(400)), settings.model_copy(update={"resampled_rows": 100})
    found = evaluate(few, table, EvaluationSpec(columns=COLUMNS))
    assert "from 100 of the 400 rows" in found.notes[0]
    whole = evaluate(settings, table, EvaluationSpec(columns=COLUMNS))
    assert found.metrics["log_loss"].value == whole.metrics["log_loss"].value


def test_a_column_that_can_tell_something_is_found(settings, write) -> None:
    path = write({"id": [str(row) for row in range(80)], "kind": ["same"] * 80, "sort": ["a", "b"] * 40, "late": ["c", "d"] * 40})
    assert first_to_tell(settings, path, ["id", "kind", "sort", "late"]) == "sort"
    assert first_to_tell(settings, path, ["id", "kind"]) is None
