"""A fine-tune from the table to the adapter: learned, kept, measured, stopped, killed and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from core import inference, models
from core.errors import BadInput, Conflict
from core.inference.run import run as predict
from core.runs import RunContext, RunFolder, create_run
from core.schema import Split
from core.training.loop.history import read_history
from core.training.run import MADE, run
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.unit.training.conftest import KINDS, sentences

ROOT = Path(__file__).resolve().parents[3]
SLOW = {"epochs": 6, "rank": 4, "batch_rows": 16, "precision": "fp32", "learning_rate": 5e-3, "evaluations": 6}


def weights(folder: RunFolder) -> dict[str, np.ndarray]:
    return load_file(folder.path / MADE / "adapter_model.safetensors")


def test_it_learns_and_the_adapter_is_a_model_like_any_other(tuned, known) -> None:
    folder = tuned(sentences(300), dials={**SLOW, "epochs": 12})
    assert run(RunContext(known, folder)) == "done"
    summary = folder.summary()
    assert (summary["adapter"], summary["train_rows"], summary["validation_rows"]) == ("adapter:mine", 240, 60)
    accuracy = summary["metrics"]["accuracy"]
    assert accuracy["value"] > 0.9 and accuracy["low"] < accuracy["value"] <= accuracy["high"] + 1e-9 and accuracy["n"] == 60
    entry = next(entry for entry in models.list_models(known, "text-classification") if entry.reference == "adapter:mine")
    assert entry.labels == sorted(KINDS.values())
    path = Path(known.home) / "new.csv"
    path.write_text("text\nthe bad film was it\nit was the good day\n")
    table = import_once(known, LOCAL, path)
    spec = inference.make_spec(known, table, task="text-classification", model="adapter:mine", roles={"text": "text"})
    scored = create_run(known, spec, owner=LOCAL, input_table=table.path)
    predict(RunContext(known, scored))
    assert pd.read_parquet(scored.result_path)["prediction"].tolist() == ["blame", "praise"]
    assert not folder.checkpoints.exists()


def test_its_card_can_be_read_back_and_holds_no_file_name(tuned, known) -> None:
    from huggingface_hub import ModelCard

    folder = tuned(sentences(60), "secret-customers", dials={"epochs": 1}, preset_name="quick")
    run(RunContext(known, folder))
    shelf = next(path for path in Path(known.home).rglob("adapters/secret-customers/README.md"))
    card = ModelCard.load(shelf)
    assert card.data.base_model == "local:body" and card.data.library_name == "peft" and card.data.pipeline_tag == "text-classification"
    figures = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert figures["accuracy"] == pytest.approx(folder.summary()["metrics"]["accuracy"]["value"], abs=1e-4)
    text = shelf.read_text()
    assert ".parquet" not in text and str(known.home) not in text and "blame" in text and "`learning_rate`" in text
    assert "- `target_modules`: every linear layer\n" in text


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("several", [False, True])
def test_the_python_of_its_card_answers_by_the_names_of_the_labels(tuned, known, several: bool, method: str) -> None:
    frame = sentences(60)
    frame["label"] = frame["label"] + "; sure" if several else frame["label"]
    choices = {"problem": "multi_label_classification", "separator": ";"} if several else {}
    folder = tuned(frame, dials={"epochs": 1, "method": method, "target_modules": "query, value"}, preset_name="quick", **choices)
    assert run(RunContext(known, folder)) == "done"
    files = models.resolve(known, folder.summary()["adapter"])
    own = files.adapter or files.base
    card = (own / "README.md").read_text()
    assert "- `target_modules`: query, value\n" in card
    lines = textwrap.dedent(card.split("## Use\n")[1]).replace('"path/of/this/folder"', repr(str(own)))
    base = repr(str(models.resolve(known, "local:body").base))  # its name means nothing to transformers
    lines = lines.replace("PeftConfig.from_pretrained(folder).base_model_name_or_path", base)
    ran = subprocess.run(
        [sys.executable, "-c", lines], env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr[-2_000:]
    assert (ran.stdout == "['sure']\n") if several else (ran.stdout.strip() in KINDS.values()), ran.stdout


def test_its_history_has_losses_rates_and_figures_of_the_validation_rows(tuned, known) -> None:
    folder = tuned(sentences(120), dials=SLOW)
    run(RunContext(known, folder))
    history = read_history(folder)
    losses = [entry["loss"] for entry in history if "loss" in entry]
    assert losses[-1] < losses[0] and all(entry["grad_norm"] >= 0 for entry in history if "loss" in entry)
    assert all(entry["rows_per_second"] > 0 and entry["tokens_per_second"] > 0 for entry in history if "rows_per_second" in entry)
    checks = [entry for entry in history if "eval_loss" in entry]
    assert len(checks) >= 6 and checks[-1]["epoch"] == 6 and all(0 <= entry["eval_quality"] <= 1 for entry in checks)


def test_a_stopped_one_keeps_its_best_and_goes_on_as_if_nothing_had_been(tuned, known) -> None:
    whole, cut = tuned(sentences(96), "whole", dials=SLOW), tuned(sentences(96), "cut", dials=SLOW)
    assert run(RunContext(known, whole)) == "done"
    stop = threading.Event()

    class Stopping(RunContext):
        def report(self, stage: str, rows_done: int, rows: int, failed: int = 0) -> None:
            super().report(stage, rows_done, rows, failed)
            if stage == "training" and rows_done > rows / 2:
                stop.set()

    assert run(Stopping(known, cut, stop=stop)) == "stopped"
    assert cut.choices()["problem"] == "single_label_classification", "its page calls what the best checkpoint is best in"
    assert "adapter:cut" in [entry.reference for entry in models.list_models(known, "text-classification")]
    assert run(RunContext(known, cut, attempt=2)) == "done"
    one, two = weights(whole), weights(cut)
    assert one.keys() == two.keys()
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, atol=1e-6, err_msg=name)
    assert cut.summary()["adapter"] == "adapter:cut"


CHILD = """
import sys
from pathlib import Path
from core.runs import RunContext, RunFolder
from core.settings import Settings
from core.training.run import run

home, root, folder = map(Path, sys.argv[1:])
run(RunContext(Settings(home=home, model_roots=(root,)), RunFolder(folder)))
"""


def test_a_killed_one_goes_on_to_the_same_weights(tuned, known) -> None:
    long = {**SLOW, "epochs": 25, "evaluations": 25}
    whole, killed = tuned(sentences(96), "whole", dials=long), tuned(sentences(96), "killed", dials=long)
    run(RunContext(known, whole))
    command = [sys.executable, "-c", CHILD, str(known.home), str(known.model_roots[0]), str(killed.path)]
    child = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while len(list(killed.checkpoints.glob("checkpoint-*/trainer_state.json"))) < 2 and time.monotonic() < deadline:
            assert child.poll() is None, "the training ended before it could be killed"
            time.sleep(0.01)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert not killed.summary()
    newest = max(killed.checkpoints.iterdir(), key=lambda path: path.stat().st_mtime)
    torn = killed.checkpoints / "checkpoint-9999"  # as a kill in the middle of writing leaves one
    torn.mkdir()
    (torn / "trainer_state.json").write_bytes(
        (newest / "trainer_state.json").read_bytes()[:100] if (newest / "trainer_state.json").exists() else b""
    )
    assert run(RunContext(known, killed, attempt=2)) == "done"
    events = [json.loads(line) for line in killed.events_path.read_text().splitlines()]
    assert [event["resumed_from"] for event in events if event["what"] == "training"][1].startswith("checkpoint-")
    for name, values in weights(whole).items():
        np.testing.assert_allclose(weights(killed)[name], values, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("labels", "problem", "quality"),
    [
        (lambda frame: frame["label"].where(frame["label"] != "praise", "praise; cheer"), "multi_label_classification", "eval_quality"),
        (lambda frame: frame["label"].map({"praise": 1_900.5, "blame": 1_200.25, "delay": 1_500.75}), "regression", "eval_quality"),
    ],
    ids=["several labels", "numbers"],
)
def test_several_labels_and_numbers(tuned, known, labels, problem: str, quality: str) -> None:
    frame = sentences(240)
    frame["label"] = labels(frame).astype(str)
    folder = tuned(frame, separator=";" if problem.startswith("multi") else "", problem=problem, dials={**SLOW, "epochs": 10})
    assert run(RunContext(known, folder)) == "done"
    checks = [entry[quality] for entry in read_history(folder) if quality in entry]
    assert max(checks) > checks[0] and max(checks) > 0.3
    config = json.loads((folder.path / MADE / "config.json").read_text())
    assert config["problem_type"] == problem
    if problem == "regression":  # in the user's own units
        spec = inference.make_spec(
            known,
            import_once(known, LOCAL, folder.input_path),
            task="text-classification",
            model="adapter:mine",
            roles={"text": "text"},
        )
        scored = create_run(known, spec, owner=LOCAL, input_table=folder.input_path)
        predict(RunContext(known, scored))
        found = pd.read_parquet(scored.result_path)["prediction"].to_numpy(float)
        assert np.corrcoef(found, frame["label"].astype(float))[0, 1] > 0.8 and 1_100 < found.min() < found.max() < 2_000


def test_a_validation_table_takes_the_place_of_the_split(known, tuned, tmp_path) -> None:
    from core import training

    for name, rows in (("learn", 90), ("check", 30)):
        sentences(rows).to_csv(tmp_path / f"{name}.csv", index=False)
    learn, check = (import_once(known, LOCAL, tmp_path / f"{name}.csv") for name in ("learn", "check"))
    spec = training.make_spec(
        known,
        learn,
        owner=LOCAL,
        task="text-classification",
        model="local:body",
        name="two",
        roles={"text": "text", "label": "label"},
        validation=check,
        dials={"epochs": 1, "rank": 2},
    )
    folder = create_run(known, spec, owner=LOCAL, input_table=learn.path, validation_table=check.path)
    assert run(RunContext(known, folder)) == "done"
    assert (folder.summary()["train_rows"], folder.summary()["validation_rows"]) == (90, 30)


def test_a_name_that_was_taken_meanwhile_loses_nothing(tuned, known) -> None:
    one, two = tuned(sentences(60), "mine", dials={"epochs": 1}), None
    first = one.spec()
    two = create_run(known, first.model_copy(update={"seed": 3}), owner=LOCAL, input_table=one.input_path)
    for folder in (one, two):
        assert run(RunContext(known, folder)) == "done"
    assert one.summary()["adapter"] == "adapter:mine" and two.summary()["adapter"] != "adapter:mine"
    names = [entry.reference for entry in models.list_models(known)]
    assert one.summary()["adapter"] in names and two.summary()["adapter"] in names
    with pytest.raises(BadInput, match="a free name"):
        tuned(sentences(60), "mine")


def test_a_changed_table_is_refused(tuned, known) -> None:
    folder = tuned(sentences(60))
    folder.input_path.unlink()
    sentences(61).to_parquet(folder.input_path)
    with pytest.raises(Conflict, match=r"changed input\.parquet"):
        run(RunContext(known, folder))


def test_a_training_that_runs_off_is_refused_and_nothing_stands_on_the_shelf(tuned, known, monkeypatch) -> None:
    from core.training.labels import loss

    whole = loss.loss_of
    monkeypatch.setattr(loss, "loss_of", lambda *given, **more: whole(*given, **more) * float("nan"))
    folder = tuned(sentences(60), dials={"epochs": 1})
    with pytest.raises(BadInput, match="stays a number"):
        run(RunContext(known, folder))
    assert "adapter:mine" not in [entry.reference for entry in models.list_models(known)]


def test_one_killed_after_its_early_end_gives_what_it_would_have_given(tuned, known, monkeypatch) -> None:
    from core.training import run as job

    dials = {**SLOW, "epochs": 30, "evaluations": 30, "patience": 1, "learning_rate": 0.02, "metric": "loss"}
    whole, cut = tuned(sentences(96), "whole", dials=dials), tuned(sentences(96), "cut", dials=dials)
    run(RunContext(known, whole))
    steps = [entry["step"] for entry in read_history(whole) if "eval_loss" in entry]
    assert len(steps) < 30, "it did not end early"

    def killed(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(job, "check_finite", killed)
        with pytest.raises(KeyboardInterrupt):
            run(RunContext(known, cut))
    assert run(RunContext(known, cut, attempt=2)) == "done"
    assert [entry["step"] for entry in read_history(cut) if "eval_loss" in entry] == steps
    for name, values in weights(whole).items():
        np.testing.assert_allclose(weights(cut)[name], values, atol=1e-6, err_msg=name)


def test_what_the_check_list_forbids_is_refused_by_the_job_too(known, tuned) -> None:
    frame = sentences(40)
    frame["part"] = ["validation" if label == "delay" else "train" for label in frame["label"]]
    frame.loc[frame["label"] == "blame", "part"] = "validation"
    folder = tuned(frame, split=Split(method="column", column="part"))
    with pytest.raises(BadInput, match="rows that can be learned from"):
        run(RunContext(known, folder))


def test_a_model_without_a_padding_token_learns_from_rows_of_one_length(known, tmp_path) -> None:
    from core import training
    from tests.tiny_models import tiny

    tiny(known.model_roots[0] / "gpt2", "gpt2", "AutoModelForSequenceClassification", labels=("a", "b"), initializer_range=0.02)
    models.add_local(known, known.model_roots[0] / "gpt2", "gpt2")
    sentences(60).to_csv(tmp_path / "learn.csv", index=False)
    table = import_once(known, LOCAL, tmp_path / "learn.csv")
    given = {"task": "text-classification", "model": "local:gpt2", "roles": {"text": "text", "label": "label"}, "dials": {"epochs": 2}}
    folder = create_run(known, training.make_spec(known, table, owner=LOCAL, name="causal", **given), owner=LOCAL, input_table=table.path)
    assert run(RunContext(known, folder)) == "done"
    best, figures = folder.summary()["best"], folder.summary()["metrics"]
    assert best["quality"] == pytest.approx(figures["accuracy"]["value"], abs=1e-6)  # seen alike while training and as a run scores it
