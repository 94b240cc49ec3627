"""Numbers equal to scikit-learn's, intervals that cover, nothing that crashes."""

import json
import time
import warnings

import numpy as np
import pytest
from sklearn import metrics as reference

from core.metrics import DEFINITIONS, classification_metrics
from core.metrics.classification import COUNT_METRICS, PROBABILITY_METRICS


def table(rows: int, labels: int, seed: int, skill: float = 0.5):
    rng = np.random.default_rng(seed)
    names = [f"label {i}" for i in range(labels)]
    logits = rng.normal(size=(rows, labels))
    truth = rng.choice(labels, rows, p=rng.dirichlet(np.full(labels, 3.0)))
    logits[np.arange(rows), truth] += skill * 3
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    probabilities = np.round(probabilities, 2)  # ties
    probabilities[:, -1] = 1 - probabilities[:, :-1].sum(1)
    prediction = probabilities.argmax(1)
    return names, [names[i] for i in truth], [names[i] for i in prediction], probabilities


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("labels", [2, 3, 7])
def test_count_metrics_equal_scikit_learn(labels, seed):
    names, truth, prediction, _ = table(137, labels, seed)
    found = {name: figure["value"] for name, figure in classification_metrics(truth, prediction, names)["metrics"].items()}
    expected = {
        "accuracy": reference.accuracy_score(truth, prediction),
        "balanced_accuracy": reference.balanced_accuracy_score(truth, prediction),
        "f1_macro": reference.f1_score(truth, prediction, average="macro"),
        "f1_micro": reference.f1_score(truth, prediction, average="micro"),
        "f1_weighted": reference.f1_score(truth, prediction, average="weighted"),
        **{
            f"{name}_{average}": score(truth, prediction, average=average, zero_division=0)
            for name, score in (("precision", reference.precision_score), ("recall", reference.recall_score))
            for average in ("macro", "micro", "weighted")
        },
        "mcc": reference.matthews_corrcoef(truth, prediction),
        "cohen_kappa": reference.cohen_kappa_score(truth, prediction),
    }
    assert found == pytest.approx(expected, abs=1e-12)


def test_labels_that_never_occur_do_not_pull_averages_down():
    truth, prediction = ["a", "a", "b", "b"], ["a", "b", "b", "b"]
    found = classification_metrics(truth, prediction, ["a", "b", "c", "d"])["metrics"]
    assert found["f1_macro"]["value"] == pytest.approx(reference.f1_score(truth, prediction, average="macro"))
    only_predicted = classification_metrics(["a", "a"], ["a", "b"], ["a", "b", "c"])["metrics"]
    assert only_predicted["f1_macro"]["value"] == pytest.approx(reference.f1_score(["a", "a"], ["a", "b"], average="macro"))


@pytest.mark.parametrize("seed", range(3))
def test_probability_metrics_equal_scikit_learn_with_two_labels(seed):
    names, truth, prediction, probabilities = table(211, 2, seed)
    found = classification_metrics(truth, prediction, names, probabilities)["metrics"]
    positive = np.array([label == names[1] for label in truth])
    expected = {
        "log_loss": reference.log_loss(truth, probabilities, labels=names),
        "brier": reference.brier_score_loss(positive, probabilities[:, 1]),
        "roc_auc": reference.roc_auc_score(positive, probabilities[:, 1]),
        "average_precision": reference.average_precision_score(positive, probabilities[:, 1]),
    }
    assert {name: found[name]["value"] for name in expected} == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_probability_metrics_equal_scikit_learn_with_five_labels(seed):
    names, truth, prediction, probabilities = table(301, 5, seed)
    probabilities = np.clip(probabilities, 0, None)
    probabilities /= probabilities.sum(1, keepdims=True)
    found = classification_metrics(truth, prediction, names, probabilities)["metrics"]
    one_hot = np.array([[label == name for name in names] for label in truth])
    expected = {
        "log_loss": reference.log_loss(truth, probabilities, labels=names),
        "brier": reference.brier_score_loss(truth, probabilities, labels=names),
        "roc_auc": reference.roc_auc_score(truth, probabilities, multi_class="ovr", average="macro", labels=names),
        "average_precision": reference.average_precision_score(one_hot, probabilities, average="macro"),
    }
    assert {name: found[name]["value"] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_per_class_and_confusion_equal_scikit_learn():
    names, truth, prediction, _ = table(150, 3, 5)
    found = classification_metrics(truth, prediction, names)
    precision, recall, f1, support = reference.precision_recall_fscore_support(truth, prediction, labels=names)
    for i, name in enumerate(names):
        row = found["per_class"][name]
        assert (row["precision"], row["recall"], row["f1"], row["support"]) == pytest.approx((precision[i], recall[i], f1[i], support[i]))
    assert found["confusion"] == {"labels": names, "counts": reference.confusion_matrix(truth, prediction, labels=names).tolist()}


def test_rows_without_truth_or_prediction_are_left_out():
    found = classification_metrics(["a", None, "b", "nonsense"], ["a", "b", None, "a"], ["a", "b"])
    assert found["metrics"]["accuracy"]["n"] == 1
    assert found["confusion"]["counts"] == [[1, 0], [0, 0]]


def test_rows_with_nan_are_left_out_of_probability_metrics_only():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [np.nan, np.nan]])
    found = classification_metrics(["a", "b", "a"], ["a", "b", "a"], ["a", "b"], probabilities)["metrics"]
    assert (found["accuracy"]["n"], found["log_loss"]["n"]) == (3, 2)
    assert found["log_loss"]["value"] == pytest.approx(-np.log([0.9, 0.8]).mean())


@pytest.mark.parametrize(
    ("truth", "prediction"),
    [([], []), (["a"], ["a"]), (["a"], ["b"]), (["a"] * 5, ["a"] * 5), (["a", "b"], ["a", "a"]), ([None], ["a"]), (["a", "b"], ["c", "c"])],
)
def test_degenerate_tables_give_none_and_no_warning(truth, prediction):
    probabilities = np.full((len(truth), 2), 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = classification_metrics(truth, prediction, ["a", "b"], probabilities)
    json.dumps(found, allow_nan=False)
    assert set(found["metrics"]) == {*COUNT_METRICS, *PROBABILITY_METRICS}
    for figure in found["metrics"].values():
        assert figure["value"] is None or np.isfinite(figure["value"])
        assert (figure["low"] is None) == (figure["high"] is None)


def test_what_is_undefined_is_none():
    one_class = classification_metrics(["a"] * 5, ["a"] * 5, ["a", "b"], np.full((5, 2), 0.5))["metrics"]
    assert one_class["mcc"]["value"] is None
    assert one_class["cohen_kappa"]["value"] is None
    assert one_class["roc_auc"]["value"] is None
    assert one_class["accuracy"]["value"] == 1.0
    nothing = classification_metrics([], [], ["a", "b"])["metrics"]
    assert all(figure == {"value": None, "low": None, "high": None, "n": 0} for figure in nothing.values())


def test_a_perfect_small_table_is_not_certain():
    found = classification_metrics(["a", "b"] * 5, ["a", "b"] * 5, ["a", "b"])["metrics"]
    assert found["accuracy"]["value"] == 1.0
    assert found["accuracy"]["low"] < 0.8
    assert found["f1_macro"]["low"] is None


def test_intervals_hold_the_value_and_shrink_with_more_rows():
    widths = []
    for rows in (100, 1_000, 10_000):
        names, truth, prediction, probabilities = table(rows, 3, 1)
        for name, figure in classification_metrics(truth, prediction, names, probabilities)["metrics"].items():
            assert figure["low"] <= figure["value"] <= figure["high"], name
        found = classification_metrics(truth, prediction, names, probabilities)["metrics"]
        widths.append([found[name]["high"] - found[name]["low"] for name in ("f1_macro", "mcc", "log_loss", "roc_auc")])
    assert (np.array(widths[0]) > 2 * np.array(widths[1])).all()
    assert (np.array(widths[1]) > 2 * np.array(widths[2])).all()


def test_intervals_cover_the_true_value_about_95_times_in_100():
    covered = {"accuracy": 0, "f1_macro": 0, "mcc": 0}
    chances = np.array([0.45, 0.08, 0.12, 0.35])  # of the cells of the confusion table
    true_values = {"accuracy": 0.8, "f1_macro": 0.0, "mcc": 0.0}
    big = np.repeat(np.arange(4), (chances * 100_000).astype(int))
    names = ["a", "b"]
    exact = classification_metrics([names[i // 2] for i in big], [names[i % 2] for i in big], names)["metrics"]
    true_values |= {name: exact[name]["value"] for name in ("f1_macro", "mcc")}
    rng = np.random.default_rng(0)
    for trial in range(200):
        cells = rng.choice(4, 150, p=chances)
        found = classification_metrics([names[i // 2] for i in cells], [names[i % 2] for i in cells], names, seed=trial)["metrics"]
        for name in covered:
            covered[name] += found[name]["low"] <= true_values[name] <= found[name]["high"]
    assert all(180 <= hits <= 199 for hits in covered.values()), covered


def test_the_same_seed_gives_the_same_intervals():
    names, truth, prediction, probabilities = table(300, 3, 2)
    first = classification_metrics(truth, prediction, names, probabilities, seed=7)
    assert first == classification_metrics(truth, prediction, names, probabilities, seed=7)
    assert first != classification_metrics(truth, prediction, names, probabilities, seed=8)


def test_predictions_that_are_not_listed_become_labels():
    found = classification_metrics(["a", "b"], ["a", "surprise"], ["a", "b"])
    assert found["confusion"]["labels"] == ["a", "b", "surprise"]
    assert found["metrics"]["accuracy"]["value"] == 0.5


def test_resampling_fewer_rows_is_said_and_keeps_the_width():
    names, truth, prediction, probabilities = table(60_000, 2, 3)
    found = classification_metrics(truth, prediction, names, probabilities)
    assert any("20,000 of the 60,000 rows" in note for note in found["notes"])
    loss = -np.log(np.clip([row[names.index(label)] for row, label in zip(probabilities, truth, strict=True)], 1e-16, None))
    width = found["metrics"]["log_loss"]["high"] - found["metrics"]["log_loss"]["low"]
    assert width == pytest.approx(2 * 1.96 * loss.std() / np.sqrt(len(loss)), rel=0.3)


@pytest.mark.slow
def test_a_million_rows_in_ten_seconds():
    names, truth, prediction, probabilities = table(1_000_000, 4, 1)
    start = time.process_time()
    found = classification_metrics(truth, prediction, names, probabilities)
    assert time.process_time() - start < 10
    assert found["metrics"]["accuracy"]["n"] == 1_000_000


def test_many_labels():
    names, truth, prediction, probabilities = table(5_000, 77, 1)
    start = time.process_time()
    found = classification_metrics(truth, prediction, names, np.clip(probabilities, 0, 1))
    assert time.process_time() - start < 10
    assert found["metrics"]["f1_macro"]["value"] == pytest.approx(reference.f1_score(truth, prediction, average="macro"))


def test_every_metric_has_a_definition_of_one_sentence():
    for definition in DEFINITIONS.values():
        assert definition.sentence.endswith(".")
        assert definition.sentence.count(". ") == 0
        assert definition.better in ("higher", "lower")
