"""Text metrics are those of the libraries, with intervals that hold them."""

from __future__ import annotations

import numpy as np
import pytest
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from core.metrics import texts
from core.metrics.definitions import DEFINITIONS
from core.metrics.resampling import mean_figure
from core.metrics.texts import text_metrics, text_scores

PREDICTIONS = ["the cat sat on the mat", "a dog", "Der Hund läuft schnell.", "", "exactly this ", "日本語のテキスト", "no target", None]
TARGETS = [
    "a cat sat on a mat",
    "the dog barked twice",
    "Der Hund rennt schnell.",
    "something",
    "exactly this",
    "日本語のテスト",
    " ",
    "lost",
]
KEPT = [0, 1, 2, 3, 4, 5]


def test_row_scores_are_those_of_the_libraries() -> None:
    found = text_scores([text or "" for text in PREDICTIONS], TARGETS)
    rouge = RougeScorer(["rouge1", "rouge2", "rougeL"])
    for row in KEPT:
        theirs = rouge.score(TARGETS[row], PREDICTIONS[row])
        ours = [found[name][row] for name in ("rouge_1", "rouge_2", "rouge_l")]
        if row == 5:
            assert np.isnan(ours).all()
        else:
            assert ours == [theirs[name].fmeasure for name in ("rouge1", "rouge2", "rougeL")]
        assert found["chrf"][row] == CHRF().sentence_score(PREDICTIONS[row], [TARGETS[row]]).score
    assert all(np.isnan(values[6]) for values in found.values())


@pytest.mark.parametrize("known", [False, True])
def test_aggregates_are_those_of_the_libraries(known: bool) -> None:
    rows = text_scores([text or "" for text in PREDICTIONS], TARGETS) if known else None
    metrics = text_metrics(PREDICTIONS, TARGETS, rows)["metrics"]
    predictions, targets = [PREDICTIONS[row] for row in KEPT], [TARGETS[row] for row in KEPT]
    assert metrics["bleu"]["value"] == pytest.approx(BLEU().corpus_score(predictions, [targets]).score)
    assert metrics["chrf"]["value"] == pytest.approx(CHRF().corpus_score(predictions, [targets]).score)
    rouge = RougeScorer(["rouge1", "rouge2", "rougeL"])
    theirs = [rouge.score(target, text) for text, target in zip(predictions[:5], targets[:5], strict=True)]
    for ours, name in texts.ROUGE.items():
        assert metrics[ours]["value"] == pytest.approx(np.mean([scores[name].fmeasure for scores in theirs]))
        assert metrics[ours]["n"] == 5
    assert metrics["exact_text"]["value"] == pytest.approx(1 / 6)
    assert set(metrics) <= set(DEFINITIONS)


def test_intervals_hold_the_value_and_shrink_with_more_rows() -> None:
    few = text_metrics(PREDICTIONS[:5], TARGETS[:5])["metrics"]
    many = text_metrics(PREDICTIONS[:5] * 20, TARGETS[:5] * 20)["metrics"]
    for name in ("rouge_1", "rouge_l", "bleu", "chrf", "exact_text"):
        for figures in (few[name], many[name]):
            assert figures["low"] <= figures["value"] <= figures["high"]
        assert many[name]["high"] - many[name]["low"] < few[name]["high"] - few[name]["low"]
    assert text_metrics(PREDICTIONS[:5], TARGETS[:5])["metrics"] == few


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(200):
        figure = mean_figure(rng.beta(2, 3, 60), seed)
        covered += figure["low"] <= 0.4 <= figure["high"]
    assert 0.88 <= covered / 200 <= 0.99


def test_nothing_to_compare_gives_no_number() -> None:
    metrics = text_metrics(["a", None], [None, "b"])["metrics"]
    assert {name: figure["value"] for name, figure in metrics.items()} == dict.fromkeys(metrics)
    assert {figure["n"] for figure in metrics.values()} == {0}


def test_large_results_are_counted_on_a_sample_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "CORPUS_ROWS", 30)
    found = text_metrics(PREDICTIONS[:5] * 20, TARGETS[:5] * 20)
    assert found["metrics"]["bleu"]["n"] == 30 and found["metrics"]["rouge_1"]["n"] == 100
    assert any("30 of the 100 rows" in note for note in found["notes"])
