"""``models add`` as scripts use it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.settings import Settings
from tests.tiny_models import classifier
from tests.unit.cli.test_commands import command, json_of


@pytest.mark.model
@pytest.mark.slow
def test_a_folder_is_registered_where_its_tokenizer_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = tmp_path / "shelf"
    monkeypatch.setenv("SHEETFORMER_MODEL_ROOTS", str(roots))
    home = Settings(home=tmp_path / "home").home
    whole = classifier(roots / "whole", "bert")
    shutil.copytree(whole, roots / "bare")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (roots / "bare" / name).unlink()
    for folder, name, match in (
        (roots / "bare", "bare", "tokenizer files of local:bare"),
        (roots / "nowhere", "x", "a model folder"),
        (tmp_path, "x", "under one of the allowed roots"),
        (whole, "../x", "a model such as"),
    ):
        done = command(home, "models", "add", str(folder), "--name", name, "--json")
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert match in done.stderr and len(done.stderr.splitlines()) == 1
    assert json_of(command(home, "models", "add", str(whole), "--name", "whole", "--json"))["reference"] == "local:whole"
    listed = [model["reference"] for model in json_of(command(home, "models", "list", "--json"))]
    assert "local:whole" in listed and "local:bare" not in listed
