"""The trials of a search, as its folder tells of them."""

from __future__ import annotations

from core.training.loop.history import append_history
from core.training.search import Trial, best_trial, read_trials
from core.training.search.trials import begin_trial, end_trial


def done(number: int, quality: float, loss: float) -> Trial:
    return Trial(number=number, dials={}, state="done", quality=quality, loss=loss)


def test_the_best_is_by_the_metric_and_equals_are_told_apart_by_the_loss() -> None:
    trials = [done(1, 0.8, 0.5), done(2, 0.9, 0.7), done(3, 0.9, 0.6), Trial(number=4, dials={}, state="failed", error="x")]
    assert best_trial(trials, "quality").number == 3 and best_trial(trials, "loss").number == 1
    assert best_trial([done(1, 0.8, 0.5), done(2, 0.8, 0.5)], "quality").number == 1
    assert best_trial(trials[3:], "quality") is None and best_trial([done(1, float("nan"), 0.5)], "quality") is None


def test_a_trial_has_begun_with_its_spec_and_ended_with_its_summary(searched) -> None:
    run = searched({"learning_rate": "0.001, 0.005", "rank": "2, 4"}, method="grid")
    spec = run.spec()
    assert read_trials(run, spec) == []
    torn = run.path / "trials" / "002"
    torn.mkdir(parents=True)  # as a kill leaves one before its spec is written
    folder = begin_trial(run, 1, spec, {"learning_rate": 0.005, "rank": 2})
    append_history(folder, {"step": 2, "epoch": 1.0, "eval_loss": 0.4, "eval_quality": 0.7})
    (trial,) = read_trials(run, spec)
    assert (trial.number, trial.state, trial.quality, trial.dials) == (1, "unfinished", 0.7, {"learning_rate": 0.005, "rank": 2})
    assert (folder.spec().dials.rank, folder.spec().dials.epochs, folder.owner()) == (2, spec.base.dials.epochs, run.owner())
    end_trial(folder, state="failed", seconds=2.0, error="Memory ran out.")
    assert read_trials(run, spec)[0].facts() == {
        "trial": 1,
        "dials": {"learning_rate": 0.005, "rank": 2},
        "state": "failed",
        "quality": None,
        "loss": None,
        "epoch": None,
        "seconds": 2.0,
        "error": "Memory ran out.",
    }
