"""``merge`` as scripts use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.models import put_adapter, resolve
from core.settings import Settings
from tests.unit.cli.test_commands import command, json_of


def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    settings = Settings(home=tmp_path / "home")
    put_adapter(settings, "theirs", "secret", resolve(settings, "embedded:sentiment").adapter, replace=False)
    for name, out, match in (
        ("embedded:sentiment", "full", "new or empty"),
        ("secret", "out", "adapter:secret; there is none at all"),
        ("embedded:minilm", "out", "a whole model already"),
        ("../x", "out", "a model such as"),
    ):
        done = command(settings.home, "merge", name, "--out", str(tmp_path / out), "--json")
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert match in done.stderr and len(done.stderr.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"full", "home"}


@pytest.mark.model
@pytest.mark.slow
def test_the_folder_is_a_model(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    put_adapter(settings, "local", "moods", resolve(settings, "embedded:sentiment").adapter, replace=False)
    facts = json_of(command(settings.home, "merge", "moods", "--out", str(tmp_path / "out"), "--json"))
    assert facts["reference"] == "adapter:moods" and facts["labels"] == ["negative", "positive"]
    assert facts["tasks"] == ["text-classification"] and facts["out"] == str(tmp_path / "out")
    assert facts["size_bytes"] == (tmp_path / "out" / "model.safetensors").stat().st_size
    assert (tmp_path / "out" / "tokenizer.json").is_file()
