"""Data sets of the Hub read by the commands as they are typed: ``hf://datasets/...`` in the place of a file, a model of the Hub beside it.

``finetune`` on such an address runs in test_canary.py, ``hub demo`` in test_tutorial.py, the other ``hub`` commands in test_fetching.py,
test_datasets.py and test_publish_shell.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from core import processes
from core.settings import Settings
from tests.hub.datasets import parquet
from tests.hub.online import go_online
from tests.hub.repositories import DATASET
from tests.hub.server import LoopbackHub
from tests.tiny_models import classifier

ROOT = Path(__file__).resolve().parents[2]
ADDRESS, MODEL, LONG = "hf://datasets/owner/judged:test", "owner/tiny", 280
TEXTS = ["good film", "bad phone", "love this phone", "it broke after two days"]
TRUTH, SAID = ["yes", "no", "yes", "no"], ["yes", "no", "no", "no"]


@dataclass
class Shell:
    """Commands over one data folder and one Hub."""

    settings: Settings
    hub: LoopbackHub
    folder: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **self.settings.environment()}
        asked = [sys.executable, "-m", "core", *words]
        return subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONG, stdin=subprocess.DEVNULL)

    def json(self, *words: str) -> dict:
        """The one object that a command prints."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        (line,) = done.stdout.splitlines()
        return json.loads(line)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A Hub with a classifier, and a data set that somebody has judged."""
    folder, patch = tmp_path_factory.mktemp("shell"), pytest.MonkeyPatch()
    files = {path.name: path.read_bytes() for path in classifier(folder / "tiny", "bert").iterdir()}
    settings = Settings(home=folder / "home", threads=1, idle_exit_seconds=1.0, hub_probe_seconds=60.0, min_free_disk_mb=1)
    with LoopbackHub() as hub:
        hub.shelf.add("model", MODEL, files)
        hub.shelf.add(DATASET, "owner/judged", {"test.parquet": parquet(pa.table({"text": TEXTS, "truth": TRUTH, "said": SAID}))})
        go_online(patch, hub, folder)
        yield Shell(settings, hub, folder)
        processes.kill(processes.processes_of(settings))
    patch.undo()


def test_predict_scores_the_rows_of_an_address(shell: Shell) -> None:
    out = shell.folder / "scored.csv"
    words = ("--task", "text-classification", "--model", MODEL, "--text", "text", "--limit", "3", "--precision", "fp32")
    found = shell.json("predict", ADDRESS, *words, "--out", str(out))
    assert (found["rows"], found["failed"], found["out"]) == (3, 0, str(out))
    scored = pd.read_csv(out)
    assert scored["text"].tolist() == TEXTS[:3] and scored["truth"].tolist() == TRUTH[:3] and scored["prediction"].notna().all()
    assert shell.hub.asked("GET", f"/{MODEL}/resolve/"), "the model came from the Hub too"


def test_evaluate_judges_the_rows_of_an_address(shell: Shell) -> None:
    found = shell.json("evaluate", ADDRESS, "--task", "text-classification", "--prediction", "said", "--label", "truth")
    assert (found["metrics"]["accuracy"]["value"], found["metrics"]["accuracy"]["n"]) == (0.75, 4)


def test_tokens_counts_the_rows_of_an_address(shell: Shell) -> None:
    found = shell.json("tokens", ADDRESS, "--text", "text", "--model", MODEL)
    assert found["rows"] == 4 and sum(rows for _, rows in found["lengths"]) == 4 and found["truncated"] == 0


def test_hub_says_what_a_data_set_holds(shell: Shell) -> None:
    assert [one["id"] for one in shell.json("hub", "search", "judged", "--dataset")] == ["owner/judged"]
    found = shell.json("hub", "info", "owner/judged", "--dataset")
    assert found["id"] == "owner/judged" and list(found["configs"]["default"]) == ["test"]


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("hf://datasets/owner/none:test", 1, "no such repository"),
        ("hf://datasets/owner/judged:train", 2, "Choose one of these: test"),
        ("hf://models/owner/tiny", 2, "hf://datasets/"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(shell: Shell, address: str, code: int, words: str) -> None:
    done = shell.run("tokens", address, "--text", "text", "--model", MODEL)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", 1) and words in done.stderr
