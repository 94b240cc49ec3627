"""``hub space`` and ``hub demo`` as scripts use them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.test_commands import command, json_of


def test_a_space_is_written(tmp_path: Path) -> None:
    out = tmp_path / "space"
    given = ("--out", str(out), "--sdk", "docker", "--title", "Moods", "--example", "Fine.", "--example", "Bad.")
    facts = json_of(command(tmp_path / "home", "hub", "space", "embedded:sentiment", *given, "--json"))
    assert (facts["sdk"], facts["task"], facts["out"]) == ("docker", "text-classification", str(out))
    assert {"Dockerfile", "app.py", "README.md", "base/model.safetensors"} <= set(facts["files"])
    demo = json.loads((out / "demo.json").read_text())
    assert (demo["title"], demo["examples"]) == ("Moods", [["Fine."], ["Bad."]])


def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path) -> None:
    done = command(tmp_path / "home", "hub", "space", "embedded:sentiment", "--task", "fill-mask", "--out", str(tmp_path / "out"), "--json")
    assert (done.returncode, done.stdout) == (2, "") and len(done.stderr.splitlines()) == 1 and "text-classification" in done.stderr
    done = command(tmp_path / "home", "hub", "demo", "adapter:none", "--json")
    assert (done.returncode, done.stdout) == (2, "") and "adapter:none" in done.stderr
    assert not (tmp_path / "out").exists()
