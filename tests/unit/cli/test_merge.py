"""``merge`` as scripts use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.models import add_local, put_adapter, resolve
from core.settings import Settings
from tests.tiny_models import tiny
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


@pytest.mark.model
@pytest.mark.slow
def test_a_language_model_has_no_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The config that is saved with an adapter names two outputs, as transformers does for any model."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = tiny(tmp_path / "shelf" / "writer", "llama", "AutoModelForCausalLM")
    settings = Settings(home=tmp_path / "home", model_roots=(base.parent,))
    add_local(settings, base, "writer")
    tuned = get_peft_model(AutoModelForCausalLM.from_pretrained(base), LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj"]))
    tuned.peft_config["default"].base_model_name_or_path = "local:writer"
    tuned.save_pretrained(tmp_path / "tuned")
    (tmp_path / "tuned" / "config.json").write_text(json.dumps({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}))
    put_adapter(settings, "local", "stories", tmp_path / "tuned", replace=False)
    monkeypatch.setenv("SHEETFORMER_MODEL_ROOTS", str(base.parent))
    facts = json_of(command(settings.home, "merge", "stories", "--out", str(tmp_path / "out"), "--json"))
    assert (facts["reference"], facts["tasks"], facts["labels"]) == ("adapter:stories", ["text-generation"], [])
