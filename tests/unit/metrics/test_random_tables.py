"""Values equal those of scikit-learn, scipy, nervaluate, sacrebleu and rouge-score on random tables."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as testing
from hypothesis import strategies as st
from nervaluate import Evaluator
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from scipy import stats
from sklearn import metrics as reference

from core.metrics.classification import coded_metrics
from core.metrics.entities import OUTCOMES, SCHEMES, entity_table, kind_counts, scheme_counts, scheme_values, spans_of_tags
from core.metrics.numbers import float_metrics
from core.metrics.several import marked_metrics
from core.metrics.texts import text_metrics

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
AVERAGES = ("macro", "micro", "weighted")
WORDS = ("a", "cat", "dog", "sat", "Mat", "on", "the", "7", "été", ".")


@st.composite
def coded(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    labels, rows = draw(st.integers(2, 5)), draw(st.integers(2, 50))
    numbers = st.lists(st.integers(0, labels - 1), min_size=rows, max_size=rows)
    truth, said = np.array(draw(numbers)), np.array(draw(numbers))
    truth[:2] = 0, 1
    return truth, said, labels


@testing(max_examples=60, deadline=None)
@given(coded())
def test_one_label_a_row(table: tuple[np.ndarray, np.ndarray, int]) -> None:
    truth, said, labels = table
    found = coded_metrics(truth, said, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of predictions without a true row
        expected = {
            "accuracy": reference.accuracy_score(truth, said),
            "balanced_accuracy": reference.balanced_accuracy_score(truth, said),
            "mcc": reference.matthews_corrcoef(truth, said),
            "cohen_kappa": reference.cohen_kappa_score(truth, said),
            **{
                f"{name}_{average}": score(truth, said, average=average, zero_division=0)
                for name, score in (
                    ("f1", reference.f1_score),
                    ("precision", reference.precision_score),
                    ("recall", reference.recall_score),
                )
                for average in AVERAGES
            },
        }
    assert {name: figure["value"] for name, figure in found.metrics.items()} == pytest.approx(expected, abs=1e-12)
    assert found.counts.tolist() == reference.confusion_matrix(truth, said, labels=range(labels)).tolist()
    for label, figures in enumerate(found.per_class):
        for name, score in (("precision", reference.precision_score), ("recall", reference.recall_score), ("f1", reference.f1_score)):
            theirs = score(truth == label, said == label, zero_division=np.nan)
            assert figures[name]["value"] == (None if np.isnan(theirs) else pytest.approx(theirs))
            bounds = figures[name]["low"], figures[name]["value"], figures[name]["high"]
            assert None in bounds or bounds[0] - 1e-9 <= bounds[1] <= bounds[2] + 1e-9


@st.composite
def marks(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labels, rows = draw(st.integers(2, 4)), draw(st.integers(2, 30))
    table = st.lists(st.booleans(), min_size=rows * labels, max_size=rows * labels)
    truth, said = (np.array(draw(table)).reshape(rows, labels) for _ in range(2))
    truth[0], truth[1] = True, False
    scores = draw(st.lists(st.integers(0, 9), min_size=rows * labels, max_size=rows * labels))
    return truth, said, np.array(scores).reshape(rows, labels) / 9


@testing(max_examples=40, deadline=None)
@given(marks())
def test_several_labels_a_row(table: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, said, probabilities = table
    found, _ = marked_metrics(truth, said, probabilities)
    expected = {
        "hamming_loss": reference.hamming_loss(truth, said),
        "same_labels": reference.accuracy_score(truth, said),
        "jaccard": reference.jaccard_score(truth, said, average="samples", zero_division=0),
        "f1_rows": reference.f1_score(truth, said, average="samples", zero_division=0),
        "roc_auc": reference.roc_auc_score(truth, probabilities, average="macro"),
        "average_precision": reference.average_precision_score(truth, probabilities, average="macro"),
    }
    scores = (("f1", reference.f1_score), ("precision", reference.precision_score), ("recall", reference.recall_score))
    expected |= {f"{name}_{each}": score(truth, said, average=each, zero_division=0) for name, score in scores for each in AVERAGES}
    ours = {name: figure["value"] or 0.0 for name, figure in found.items()}  # without any prediction ours says that it is not defined
    assert ours == pytest.approx(expected, abs=1e-9)


@testing(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=60))
def test_numbers(pairs: list[tuple[int, int]]) -> None:
    truth, said = np.array(pairs, float).T
    found = {name: figure["value"] for name, figure in float_metrics(truth, said).items()}
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(truth, said))
    assert found["rmse"] == pytest.approx(reference.root_mean_squared_error(truth, said))
    if np.ptp(truth) > 0 and np.ptp(said) > 0:
        assert found["r2"] == pytest.approx(reference.r2_score(truth, said))
        assert found["pearson"] == pytest.approx(stats.pearsonr(truth, said).statistic, abs=1e-9)
        assert found["spearman"] == pytest.approx(stats.spearmanr(truth, said).statistic, abs=1e-9)
    else:
        assert found["spearman"] is None


def test_the_interval_of_spearmans_correlation_covers_about_as_often_as_it_says() -> None:
    rng, inside = np.random.default_rng(0), 0
    for _ in range(200):
        one, other = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 80).T
        figure = float_metrics(one, other)["spearman"]
        inside += figure["low"] <= 6 / np.pi * np.arcsin(0.3) <= figure["high"]
    assert 0.9 <= inside / 200 <= 0.99


@testing(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), min_size=1, max_size=8), min_size=1, max_size=12))
def test_entities_by_kind_of_error(rows: list[list[tuple[str, str]]]) -> None:
    truth, said = [[one for one, _ in row] for row in rows], [[other for _, other in row] for row in rows]
    ours = entity_table(truth, [list(spans_of_tags(row)) for row in said], [len(row) for row in rows], TAGS)
    theirs = Evaluator(truth, said, ["PER", "LOC"], loader="list").evaluate()
    sums = ours.table.sum(0)[None]
    shares = scheme_values(sums)
    for scheme in SCHEMES:
        expected = theirs["overall"][scheme]
        assert dict(zip(OUTCOMES, scheme_counts(sums)[scheme][0], strict=True)) == {each: getattr(expected, each) for each in OUTCOMES}
        for name in ("precision", "recall", "f1"):
            assert np.nan_to_num(shares[scheme][name][0]) == pytest.approx(getattr(expected, name))
    for number, kind in enumerate(ours.kinds):
        expected = theirs["entities"][kind]["strict"]
        counts = kind_counts(sums, len(ours.kinds))[0, number]
        assert counts.tolist() == [
            expected.correct,
            expected.incorrect,
            expected.missed,
            expected.spurious,
            expected.actual,
            expected.possible,
        ]


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)


@testing(max_examples=15, deadline=None)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_texts(pairs: list[tuple[str, str]]) -> None:
    predictions, targets = [one for one, _ in pairs], [other for _, other in pairs]
    found = {name: figure["value"] for name, figure in text_metrics(predictions, targets)["metrics"].items()}
    assert found["bleu"] == pytest.approx(BLEU().corpus_score(predictions, [targets]).score)
    assert found["chrf"] == pytest.approx(CHRF().corpus_score(predictions, [targets]).score)
    readable = [pair for pair in pairs if any(character.isascii() and character.isalnum() for character in pair[1])]
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"])
    scores = [scorer.score(other, one) for one, other in readable]
    for ours, name in (("rouge_1", "rouge1"), ("rouge_2", "rouge2"), ("rouge_l", "rougeL")):
        assert found[ours] == (pytest.approx(np.mean([each[name].fmeasure for each in scores])) if scores else None)
