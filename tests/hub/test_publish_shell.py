"""Publishing from a shell: each command against a Hub of this machine, a result read back by ``load_dataset``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import models
from core.settings import Settings
from core.workspaces import LOCAL
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.server import LoopbackHub
from tests.unit.publish.conftest import REVIEWS, score

ROOT = Path(__file__).resolve().parents[2]
MINE, ROWS = f"{ANALYST}/mine", f"{ANALYST}/rows"


@pytest.fixture
def home(tmp_path: Path, loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A data folder, and a shell that has a token."""
    there = {
        "HF_ENDPOINT": loopback.url,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "hf"),
        "HF_TOKEN": TOKEN,
        "SHEETFORMER_HUB_PROBE_SECONDS": "60",
    }
    for name, value in {**there, "SHEETFORMER_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    return Settings()


def cli(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "core", "hub", *words], cwd=ROOT, capture_output=True, text=True, timeout=300)


def answered(*words: str) -> dict | list:
    ran = cli(*words, "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def test_an_adapter_goes_up_and_its_files_come_and_go(home: Settings, loopback: LoopbackHub, tmp_path: Path) -> None:
    models.put_adapter(home, LOCAL, "mine", models.resolve(home, "embedded:sentiment").adapter, replace=False)
    card = tmp_path / "card.md"
    written = answered("card", "mine", "--to", MINE, "--out", str(card), "--data-name", "Reviews of a shop")
    assert written["card"] == card.read_text() and "Reviews of a shop" in written["card"]
    card.write_text(written["card"] + "\nSeen in /home/ann/x\n")
    refused = cli("push", "mine", "--to", MINE, "--card", str(card))
    assert refused.returncode == 2 and "a path of a machine" in refused.stderr and loopback.asked("POST", "/repos/create") == []
    done = answered("push", "adapter:mine", "--to", MINE)
    repo = loopback.shelf.repositories["model", MINE]
    assert repo.private and done["commit"] == repo.at("main").oid and "adapter_model.safetensors" in done["files"]
    again = cli("push", "adapter:mine", "--to", MINE)
    assert again.returncode == 1 and "there already" in again.stderr and TOKEN not in again.stderr
    (tmp_path / "note.txt").write_text("a note")
    answered("upload", str(tmp_path / "note.txt"), "--to", MINE, "--as", "notes/one.txt")
    assert repo.at("main").files["notes/one.txt"] == b"a note"
    answered("delete", MINE, "notes/one.txt")
    newest, *_, first = answered("versions", MINE)
    assert newest["title"] == "Delete notes/one.txt" and "notes/one.txt" not in repo.at("main").files
    found = answered("versions", MINE, "--compare", first["commit"], newest["commit"])
    assert "README.md" in found["added"] and list((home.home / "workspaces" / LOCAL / "outbox").iterdir()) == []


def test_a_result_goes_up_as_a_data_set_that_the_library_reads(home: Settings, loopback: LoopbackHub, tmp_path: Path) -> None:
    run = score(home, tmp_path, REVIEWS)
    done = answered("push", run.id, "--to", ROWS, "--leave-out", "customer")
    assert (done["kind"], done["files"]) == ("dataset", ["README.md", "data/result.parquet"])
    code = (
        f"from datasets import load_dataset; rows = load_dataset({ROWS!r}, split='train'); print(rows.column_names, rows[0]['prediction'])"
    )
    read = subprocess.run([sys.executable, "-c", code], env=os.environ.copy(), capture_output=True, text=True, timeout=300)
    assert read.returncode == 0, read.stderr[-2_000:]
    assert "'customer'" not in read.stdout and read.stdout.strip().endswith("positive")
