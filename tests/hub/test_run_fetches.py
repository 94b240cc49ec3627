"""A run on a model of the Hub that is not here yet: it fetches it first, can be stopped, goes on, and says when to sign in."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from core import inference, models, tables, training
from core.errors import BadInput, HubError, NotFound
from core.inference.run import run as predict
from core.runs import RunContext, RunFolder, create_run, list_parts, read_progress
from core.settings import Settings
from core.training.run import run as finetune
from core.workspaces import LOCAL
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.online import go_online
from tests.hub.server import LoopbackHub
from tests.tiny_models import classifier

TEXTS = [f"{text} {number}" for number in range(6) for text in ("good film", "it broke after two days", "love this phone", "not very fine")]
NAME = "owner/tiny"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A real classifier with random weights."""
    folder = classifier(tmp_path_factory.mktemp("models") / "tiny", "bert")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def settings(tmp_path: Path, loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """This process and those that it starts talk to the loopback Hub and share a cache of their own."""
    go_online(monkeypatch, loopback, tmp_path)
    return Settings(home=tmp_path / "home", part_seconds=0.001, probe_rows=4, token_budget=32, hub_probe_seconds=20.0)


@pytest.fixture
def started(settings: Settings, tmp_path: Path) -> Callable[..., RunFolder]:
    """Makes a run that scores the texts with a model of the Hub."""

    def make(model: str = NAME, owner: str = LOCAL) -> RunFolder:
        path = tmp_path / "texts.csv"
        pd.DataFrame({"text": TEXTS}).to_csv(path, index=False)
        table = tables.import_file(settings, owner, path)
        choices = {"task": "text-classification", "model": model, "roles": {"text": "text"}, "precision": "fp32"}
        spec = inference.make_spec(settings, table, owner=owner, **choices)
        return create_run(settings, spec, owner=owner, input_table=table.path)

    return make


def weights_asked(hub: LoopbackHub) -> int:
    return len(hub.asked("GET", "model.safetensors"))


def test_the_spec_needs_no_weights_and_the_run_fetches_them(
    settings: Settings, loopback: LoopbackHub, files: dict[str, bytes], started: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = loopback.shelf.add("model", NAME, files).at("main").oid
    stages: list[str] = []
    monkeypatch.setattr(RunContext, "report", lambda self, stage, *rows, **more: stages.append(stage))
    run = started()
    assert run.spec().model == f"{NAME}@{commit}" and weights_asked(loopback) == 0
    with pytest.raises(NotFound, match="Start a run with it"):
        models.resolve(settings, NAME, fetch=False)
    loopback.faults.add("/resolve/.*safetensors", method="GET", wait=1.0, times=1)
    assert predict(RunContext(settings, run)) == "done"
    assert weights_asked(loopback) == 1 and stages.index("planning") < stages.index(f"downloading {NAME}") < stages.index("loading")
    assert any(stage.startswith(f"downloading {NAME}: ") and " of " in stage and "MB/s" in stage for stage in stages)
    assert [one.reference for one in models.read_fetched(settings, LOCAL)] == [f"{NAME}@{commit}"]
    assert {one.user for one in loopback.requests} == {None}
    loopback.shelf.repositories.clear()
    again = started()
    assert predict(RunContext(settings, again)) == "done" and weights_asked(loopback) == 1, "the cache has it"


def test_a_download_is_stopped_and_gone_on_with(
    settings: Settings, loopback: LoopbackHub, files: dict[str, bytes], started: Callable[..., RunFolder]
) -> None:
    loopback.shelf.add("model", NAME, files)
    run, stop = started(), threading.Event()
    loopback.faults.add("/resolve/.*safetensors", method="GET", wait=600.0)

    class Impatient(RunContext):
        """Asked to stop as soon as the weights are on their way."""

        def stop_requested(self) -> bool:
            if weights_asked(loopback):
                stop.set()
            return super().stop_requested()

    assert predict(Impatient(settings, run, stop=stop)) == "stopped"
    progress = read_progress(run)
    assert progress is not None and progress.stage.startswith(f"downloading {NAME}") and not list_parts(run)
    loopback.faults.clear()
    assert predict(RunContext(settings, run, attempt=2)) == "done" and len(pd.read_parquet(run.result_path)) == len(TEXTS)


def test_a_gated_model_is_fetched_by_whoever_has_the_token_and_then_needs_none(
    settings: Settings,
    loopback: LoopbackHub,
    files: dict[str, bytes],
    started: Callable[..., RunFolder],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from core.cli.fetching import fetch_gated

    loopback.shelf.add("model", NAME, files, gated=True, access={ANALYST})
    with pytest.raises(HubError, match="gated"):
        started()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    fetch_gated(settings, NAME)
    assert weights_asked(loopback) == 1 and TOKEN not in (settings.home / "models" / "restricted.json").read_text()
    run = started()
    monkeypatch.delenv("HF_TOKEN")
    loopback.requests.clear()
    context = RunContext(settings, run, stop=threading.Event())
    monkeypatch.setattr(context, "stop_requested", lambda: bool(list_parts(run)))
    assert predict(context) == "stopped" and list_parts(run)
    assert predict(RunContext(settings, run, attempt=2)) == "done" and loopback.requests == [], "its resume uses the cache"
    with pytest.raises(NotFound, match="no such repository"):
        started(owner="w-" + "0" * 40)


def test_a_resume_without_the_files_says_sign_in_again_and_keeps_its_parts(
    settings: Settings,
    loopback: LoopbackHub,
    files: dict[str, bytes],
    started: Callable[..., RunFolder],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    import shutil

    repository = loopback.shelf.add("model", NAME, files)
    run = started()
    context = RunContext(settings, run)
    monkeypatch.setattr(context, "stop_requested", lambda: bool(list_parts(run)))
    assert predict(context) == "stopped"
    kept = list_parts(run)
    shutil.rmtree(tmp_path / "hf")
    for closed in ("gated", "private"):
        repository.gated, repository.private = closed == "gated", closed == "private"
        with pytest.raises(HubError, match=r"Sign in again .* resume this run, whose parts are kept"):
            predict(RunContext(settings, run, attempt=2))
        assert list_parts(run) == kept != []
    repository.private = False
    loopback.faults.add("/api/models", status=503)
    with pytest.raises(HubError, match=r"Resume this run when the Hub can be reached"):
        predict(RunContext(settings, run, attempt=3))
    loopback.faults.clear()
    assert predict(RunContext(settings, run, attempt=4)) == "done" and set(kept) <= set(list_parts(run))
    assert pd.read_parquet(run.result_path)["text"].tolist() == TEXTS


def test_a_fine_tune_fetches_its_base_first(settings: Settings, loopback: LoopbackHub, files: dict[str, bytes], tmp_path: Path) -> None:
    loopback.shelf.add("model", NAME, files)
    path = tmp_path / "labels.csv"
    pd.DataFrame({"text": TEXTS, "label": ["good", "bad", "good", "bad"] * 6}).to_csv(path, index=False)
    table = tables.import_file(settings, LOCAL, path)
    choices = {"task": "text-classification", "model": NAME, "roles": {"text": "text", "label": "label"}, "name": "mine"}
    spec = training.make_spec(settings, table, owner=LOCAL, dials={"epochs": 1, "rank": 2}, **choices)
    assert weights_asked(loopback) == 0
    run = create_run(settings, spec, owner=LOCAL, input_table=table.path)
    assert finetune(RunContext(settings, run)) == "done" and weights_asked(loopback) == 1
    wanted = models.hub_model(settings, "adapter:mine")
    assert wanted is not None and str(wanted) == spec.model, "an adapter needs its base"


def test_what_cannot_be_used_is_said_before_a_run(loopback: LoopbackHub, started: Callable[..., RunFolder]) -> None:
    loopback.shelf.add("model", NAME, {"config.json": b"{}", "pytorch_model.bin": b"pickle"})
    with pytest.raises(BadInput, match="no safetensors file"):
        started()


def test_weights_in_several_files_are_here_when_all_are(settings: Settings, tmp_path: Path) -> None:
    from core.hub.client import INDEX, has_weights

    (tmp_path / INDEX).write_text('{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}')
    (tmp_path / "model-1.safetensors").write_bytes(b"1")
    assert not has_weights(tmp_path)
    (tmp_path / "model-2.safetensors").write_bytes(b"2")
    assert has_weights(tmp_path)
    (tmp_path / INDEX).write_text("[]")
    assert not has_weights(tmp_path)


def test_no_child_inherits_a_token(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.processes import SECRETS, child_environment

    for name in SECRETS:
        monkeypatch.setenv(name, TOKEN)
    assert TOKEN not in child_environment(settings).values() and os.environ["HF_TOKEN"] == TOKEN
    assert child_environment(settings)["HF_HUB_DISABLE_IMPLICIT_TOKEN"] == "1"
