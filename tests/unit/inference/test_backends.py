"""OpenVINO in the place of torch: the same answers, taken only where it agrees and is faster, kept by a resume, silent."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import tasks
from core.errors import Conflict
from core.files import write_json
from core.inference import backends, precision
from core.inference.loading import Loaded
from core.inference.plan import Window
from core.inference.run import run
from core.inference.score import Scorer
from core.runs import RunContext, RunFolder
from core.settings import Settings
from tests.faults.test_first_run_is_silent import environment
from tests.tiny_models import tiny
from tests.unit.tasks.scoring import ready_from, score_cells

ROOT = Path(__file__).resolve().parents[3]
TEXTS = ["good", "it broke after two days and the price was awful", "i love this phone !", "a", "slow service but a fine screen . " * 4]
GAPS = [f"{text} and [MASK] again" for text in TEXTS]
QUESTIONS = ["what was slow ?", "what broke after two days and with the best price ?", "who ?", "is it good ?", "what is fine ?"]
LABELS = ("contradiction", "neutral", "entailment")
CASES: list[tuple[str, str, str, dict[str, list[str]], dict[str, Any]]] = [
    ("bert", "AutoModelForSequenceClassification", "text-classification", {"text": TEXTS}, {"logits": True}),
    ("distilbert", "AutoModelForSequenceClassification", "text-classification", {"text": TEXTS}, {"logits": True}),
    ("roberta", "AutoModelForSequenceClassification", "text-classification", {"text": TEXTS}, {"logits": True}),
    ("llama", "AutoModelForSequenceClassification", "text-classification", {"text": TEXTS}, {"logits": True}),
    ("bert", "AutoModelForTokenClassification", "token-classification", {"text": TEXTS}, {"aggregation": "none"}),
    ("bert", "AutoModelForQuestionAnswering", "question-answering", {"question": QUESTIONS, "context": TEXTS}, {}),
    ("bert", "AutoModel", "feature-extraction", {"text": TEXTS}, {"normalise": False}),
    ("bert", "AutoModelForMaskedLM", "fill-mask", {"text": GAPS}, {}),
    ("bert", "AutoModelForSequenceClassification", "zero-shot-classification", {"text": TEXTS}, {"labels": ("good", "bad")}),
]


def both(folder: Path, task: str, cells: dict[str, list[str]], precision: str = "fp32", **options: Any) -> tuple[Loaded, Loaded]:
    """A model on torch, in fp32, and on OpenVINO."""
    model = ready_from(folder, task, **options)
    loaded = Loaded(tasks.get(task), SimpleNamespace(tasks=()), model, "fp32")
    window = Window(np.arange(len(next(iter(cells.values())))), cells)
    settings = Settings(threads=2)
    return loaded, backends.compiled(settings, loaded, backends.export(settings, loaded, window), precision)


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """All floating-point numbers in a column, whatever they are nested in."""
    found: list[float] = []

    def walk(value: Any) -> None:
        if isinstance(value, float):
            found.append(value)
        elif isinstance(value, dict):
            [walk(item) for item in value.values()]
        elif isinstance(value, list):
            [walk(item) for item in value]

    walk(column.to_pylist())
    return np.array(found)


@pytest.mark.parametrize(
    ("family", "auto_class", "task", "cells", "options"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_same_outputs_as_torch_for_any_batch_size(tmp_path: Path, family, auto_class, task, cells, options) -> None:
    labels = LABELS if auto_class.endswith(("SequenceClassification", "TokenClassification")) else None
    folder = tiny(tmp_path / family, family, auto_class, labels=labels)
    torch_side, other = both(folder, task, cells, **options)
    assert other.backend == "openvino" and set(inspect.signature(other.model.network.forward).parameters) == other.model.accepted
    wanted = score_cells(task, torch_side.model, cells)
    for budget in (1, 40, 4_096):
        found = score_cells(task, other.model, cells, budget)
        assert found.column_names == wanted.column_names
        for name in wanted.column_names:
            one, two = numbers(wanted[name]), numbers(found[name])
            assert len(one) == len(two)
            np.testing.assert_allclose(two, one, atol=1e-5, err_msg=name)
        if wanted["prediction"].type == pa.string():
            assert found["prediction"].to_pylist() == wanted["prediction"].to_pylist()


@pytest.mark.model
def test_bf16_on_the_embedded_sentiment_model(settings) -> None:
    from core import models
    from core.inference.loading import ready

    files, task = models.resolve(settings, "embedded:sentiment"), tasks.get("text-classification")
    network = models.load_model(files, task.auto_class)
    loaded = Loaded(task, files, ready(task, task.Options(), files, models.load_tokenizer(files), network), "fp32")
    texts = [
        f"{text} {more}" for text in TEXTS for more in ("", "Never again.", "It was better than I had hoped!", "I do not know what to say")
    ]
    window = Window(np.arange(len(texts)), {"text": texts})
    other = backends.compiled(settings, loaded, backends.export(settings, loaded, window), "bf16")
    one, two = (score_cells("text-classification", each.model, {"text": texts}) for each in (loaded, other))
    change = np.abs(
        numbers(one["p_POSITIVE" if "p_POSITIVE" in one.column_names else "confidence"])
        - numbers(two["p_POSITIVE" if "p_POSITIVE" in two.column_names else "confidence"])
    )
    assert change.max() < 0.03 and np.median(change) < 0.005
    assert one["prediction"].to_pylist() == two["prediction"].to_pylist()


@pytest.fixture
def eager(settings: Settings) -> Settings:
    """Settings under which eighty rows are worth a trial."""
    return settings.model_copy(update={"probe_rows": 8, "backend_rows": 80, "backend_seconds": 0.0, "threads": 1})


@pytest.fixture
def many(new_run) -> Callable[..., RunFolder]:
    return lambda **choices: new_run({"text": [f"good phone {number}" for number in range(80)]}, **{"precision": "fp32", **choices})


def with_speed(monkeypatch: pytest.MonkeyPatch, speed: float) -> None:
    monkeypatch.setattr(backends, "speed_up", lambda *arguments: speed)


def test_it_is_taken_where_it_is_faster_and_agrees(many, context_of, eager, monkeypatch) -> None:
    with_speed(monkeypatch, 2.0)
    counted, original = [], Scorer.outputs
    monkeypatch.setattr(Scorer, "outputs", lambda self, encoded, items: counted.append(len(items)) or original(self, encoded, items))
    taken, plain = many(), many()
    assert run(context_of(taken, settings=eager)) == "done"
    summary = taken.summary()
    assert (summary["backend"], summary["precision"], summary["failed"]) == ("openvino", "fp32", 0)
    assert "2.0 times as fast" in summary["precision_reason"]
    assert (taken.choices()["backend"], taken.choices()["precision"]["agreement"]) == ("openvino", 1.0)
    assert sum(counted) == 80 + 8
    run(context_of(plain, settings=eager.model_copy(update={"backends": ()})))
    assert plain.summary()["backend"] == "torch"
    ours, theirs = (pq.read_table(folder.result_path)["p_POSITIVE"].to_numpy() for folder in (taken, plain))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_no_row_is_scored_with_torch_in_bf16_where_it_is_taken_in_bf16(many, context_of, eager, monkeypatch) -> None:
    with_speed(monkeypatch, 2.0)
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: True)
    monkeypatch.setattr(precision, "compare", lambda loaded, one, other: (np.ones(8, bool), np.zeros(8)))
    told, report = [], RunContext.report
    monkeypatch.setattr(RunContext, "report", lambda self, stage, *amounts: told.append(stage) or report(self, stage, *amounts))
    folder = many(precision="auto")
    assert run(context_of(folder, settings=eager)) == "done"
    assert [stage.split(", now in ")[1] for stage in told if "precision" in stage] == ["fp32", "bf16 with OpenVINO"]
    assert (folder.summary()["backend"], folder.summary()["precision"]) == ("openvino", "bf16")


def test_where_bf16_disagrees_it_is_tried_in_fp32(many, context_of, eager, monkeypatch) -> None:
    with_speed(monkeypatch, 2.0)
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: True)
    answers = iter([False, False, True])  # OpenVINO in bf16, torch in bf16, OpenVINO in fp32
    monkeypatch.setattr(precision, "compare", lambda loaded, one, other: (np.full(8, next(answers)), np.zeros(8)))
    folder = many(precision="auto")
    assert run(context_of(folder, settings=eager)) == "done"
    assert (folder.summary()["backend"], folder.summary()["precision"]) == ("openvino", "fp32")
    assert "bf16 changes too many answers; OpenVINO is 2.0 times as fast" in folder.summary()["precision_reason"]


def test_it_is_left_where_it_is_not_faster(many, context_of, eager, monkeypatch) -> None:
    with_speed(monkeypatch, 1.1)
    folder = many()
    run(context_of(folder, settings=eager))
    assert folder.summary()["backend"] == "torch" and "not faster here (1.10" in folder.summary()["precision_reason"]


def test_it_is_left_where_it_changes_answers(many, context_of, eager, monkeypatch) -> None:
    with_speed(monkeypatch, 9.0)
    monkeypatch.setattr(precision, "compare", lambda loaded, one, other: (np.arange(1_000) < 984, np.zeros(1_000)))
    folder = many()
    run(context_of(folder, settings=eager))
    assert folder.summary()["backend"] == "torch" and "changes too many answers" in folder.summary()["precision_reason"]


@pytest.mark.parametrize("step", ["export", "compiled", "speed_up"])
def test_a_failure_leaves_the_run_with_torch_and_says_why(many, context_of, eager, monkeypatch, caplog, step: str) -> None:
    def broken(*arguments: Any) -> None:
        raise RuntimeError("no such\noperator")

    monkeypatch.setattr(backends, step, broken)
    folder = many()
    assert run(context_of(folder, settings=eager)) == "done"
    assert folder.summary()["backend"] == "torch" and folder.summary()["failed"] == 0
    assert "no such operator" in folder.summary()["precision_reason"] and "no such operator" in caplog.text


def test_an_export_that_froze_a_length_is_noticed(tmp_path: Path, monkeypatch) -> None:
    import torch

    folder = tiny(tmp_path / "bert", "bert", "AutoModelForSequenceClassification", labels=LABELS)
    loaded, _ = both(folder, "text-classification", {"text": TEXTS})
    network = loaded.model.network
    forward = network.forward

    def frozen(input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> Any:
        length = torch.tensor(float(int(input_ids.shape[1])))  # a constant once it is traced
        output = forward(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return type(output)(logits=output.logits * length)

    monkeypatch.setattr(network, "forward", frozen)
    settings = Settings(threads=1)
    exported = backends.export(settings, loaded, Window(np.arange(len(TEXTS)), {"text": TEXTS}))
    with pytest.raises(ValueError, match="differs from torch"):
        backends.compiled(settings, loaded, exported, "fp32")


@pytest.mark.parametrize("speed", [2.0, 1.0])
def test_a_resume_keeps_the_backend(many, context_of, eager, monkeypatch, speed: float) -> None:
    with_speed(monkeypatch, speed)
    folder, stop, original = many(), threading.Event(), Scorer.score

    def score(self, window, stop_requested=lambda: False):
        yield from original(self, window, stop_requested)
        if len(folder.choices().get("backend", "")):
            stop.set()

    monkeypatch.setattr(Scorer, "score", score)
    assert run(context_of(folder, settings=eager, stop=stop)) == "stopped"
    began = folder.choices()["backend"]
    assert began == ("openvino" if speed > backends.FASTER else "torch")
    with_speed(monkeypatch, 3.0 - speed)
    networks, outputs = set(), Scorer.outputs
    monkeypatch.setattr(
        Scorer, "outputs", lambda self, encoded, items: networks.add(type(self.model.network).__name__) or outputs(self, encoded, items)
    )
    assert run(context_of(folder, settings=eager, attempt=2)) == "done"
    assert folder.summary()["backend"] == began and len(networks) == 1
    assert ("OpenVinoNetwork" in networks) == (began == "openvino")


def test_a_resume_without_the_backend_is_refused(many, context_of, eager, monkeypatch) -> None:
    folder = many()
    run(context_of(folder, settings=eager.model_copy(update={"backends": ()})))
    write_json(folder.choices_path, {**folder.choices(), "backend": "openvino"})
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    with pytest.raises(Conflict, match="openvino on cpu"):
        run(context_of(folder, attempt=2))


def test_who_is_a_candidate(many, catalogue, eager, monkeypatch) -> None:
    spec = many().spec()
    assert backends.candidate(eager, spec, 80) == "openvino"
    assert backends.candidate(eager, spec, 79) == ""
    assert backends.candidate(eager.model_copy(update={"backends": ("torch",)}), spec, 80) == ""
    assert backends.candidate(eager, spec.model_copy(update={"task": "text-generation"}), 80) == ""
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    assert backends.candidate(eager, spec, 80) == ""


def test_nothing_is_tried_where_the_rest_is_soon_done(many, context_of, eager, monkeypatch) -> None:
    monkeypatch.setattr(backends, "export", lambda *arguments: pytest.fail("exported"))
    folder = many()
    assert run(context_of(folder, settings=eager.model_copy(update={"backend_seconds": 3_600.0}))) == "done"
    assert folder.summary()["precision_reason"] == "asked for"


def test_the_settings_are_read_like_a_path(monkeypatch) -> None:
    monkeypatch.setenv("SHEETFORMER_BACKENDS", "")
    assert Settings().backends == ()
    monkeypatch.setenv("SHEETFORMER_BACKENDS", "openvino")
    assert Settings().backends == ("openvino",)


def test_speed_is_measured_on_the_same_batches(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "bert", "bert", "AutoModelForSequenceClassification", labels=LABELS)
    model = ready_from(folder, "text-classification")
    loaded = Loaded(tasks.get("text-classification"), SimpleNamespace(tasks=()), model, "fp32")
    calls: list[str] = []

    def slow(**inputs: Any) -> Any:
        threading.Event().wait(0.05)
        calls.append("slow")
        return model.network(**inputs)

    twice = SimpleNamespace(config=model.network.config, device=model.network.device)
    network = type("Slow", (), {"__call__": lambda self, **inputs: slow(**inputs), "config": twice.config, "device": twice.device})()
    other = replace(loaded, model=replace(model, network=network))
    window = Window(np.arange(len(TEXTS)), {"text": TEXTS})
    assert backends.speed_up(Settings(), other, loaded, window) > backends.FASTER
    assert backends.speed_up(Settings(), loaded, other, window) < 1
    assert len(calls) == 2 * backends.RACE_ROUNDS


SILENT = """
import sys
from pathlib import Path
import numpy as np
import torch
from types import SimpleNamespace
from core.inference.openvino_network import export

class Model(torch.nn.Module):
    config = SimpleNamespace()
    def __init__(self):
        super().__init__()
        self.weights = torch.nn.Embedding(50, 4)
    def forward(self, input_ids, attention_mask):
        return {"logits": (self.weights(input_ids) * attention_mask[..., None]).sum(dim=1)}

example = {"input_ids": np.array([[1, 2, 3], [4, 5, 0]]), "attention_mask": np.array([[1, 1, 1], [1, 1, 0]])}
exported = export(Model().eval(), example, ("logits",), 7)
exported.check(exported.compiled("fp32", 1), "fp32")
print([name for name in sys.modules if name.startswith("openvino_telemetry") and sys.modules[name] is not None])
"""


def test_it_sends_nothing_and_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    env = environment(tmp_path) | {"HOME": str(tmp_path / "nobody")}
    env["PYTHONPATH"] += f":{ROOT}"
    (tmp_path / "nobody").mkdir()
    done = subprocess.run([sys.executable, "-c", SILENT], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    assert (tmp_path / "sockets.log").read_text() == ""
    assert list((tmp_path / "nobody").iterdir()) == []


SMALL = """
import sys
from pathlib import Path
from core import inference, models, tables
from core.inference.run import run
from core.runs import RunContext, create_run
from core.settings import Settings

folder = Path(sys.argv[1])
settings = Settings(home=folder / "home", model_roots=(folder,))
models.add_local(settings, folder / "bert", "bert")
(folder / "table.csv").write_text("text\\n" + "\\n".join(f"good film {row}" for row in range(1_100)))
table = tables.import_file(settings, "local", folder / "table.csv")
spec = inference.make_spec(settings, table, task="text-classification", model="local:bert", roles={"text": "text"}, precision="fp32")
folder = create_run(settings, spec, owner="local", input_table=table.path)
assert run(RunContext(settings, folder)) == "done"
print(folder.summary()["backend"], [name for name in ("openvino", "onnxruntime") if name in sys.modules])
"""


def test_a_run_over_some_thousand_rows_does_not_import_it(tmp_path: Path) -> None:
    tiny(tmp_path / "bert", "bert", "AutoModelForSequenceClassification", labels=LABELS)
    done = subprocess.run([sys.executable, "-c", SMALL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "torch []"
