"""The history of a training survives crashes: half a line, a step done twice, a loss that is no number."""

from __future__ import annotations

from pathlib import Path

from core.runs import RunFolder
from core.training.loop.history import append_history, best_of, read_history


def test_a_step_done_again_counts_once_and_half_a_line_not_at_all(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert read_history(run) == []
    append_history(run, {"step": 1, "loss": 2.0})
    append_history(run, {"step": 2, "loss": float("nan")})
    append_history(run, {"step": 2, "eval_loss": 1.0})
    with run.history_path.open("a") as file:
        file.write('{"step": 3, "lo')  # a kill leaves no newline
    append_history(run, {"step": 2, "loss": 1.5})
    assert read_history(run) == [{"step": 1, "loss": 2.0}, {"step": 2, "eval_loss": 1.0}, {"step": 2, "loss": 1.5}]
    assert "NaN" not in run.history_path.read_text()


def test_of_checkpoints_of_equal_quality_the_one_with_the_lower_loss_is_the_best() -> None:
    checks = [{"epoch": float(number), "eval_loss": loss, "eval_quality": 0.5} for number, loss in enumerate((2.3, 0.4, 0.9))]
    assert best_of(checks, "quality") == {"epoch": 1.0, "loss": 0.4, "quality": 0.5}
    assert best_of([*checks, {"epoch": 3.0, "eval_loss": 5.0, "eval_quality": 0.501}], "quality")["epoch"] == 3.0
