"""The lines of a card run against the files as they are pushed, without a network."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import models, publish
from core.models.backbone import BACKBONE_ID
from core.models.noted import note_temperature
from core.publish import About
from core.publish.snippet import snippet
from core.settings import Settings
from core.workspaces import LOCAL

COMMIT = "c" * 40
CALIBRATED = 4.0
SHIPPED = ("sentiment", "entities", "answers")


def in_a_cache(home: Path, repository: str, files: Path) -> None:
    """The Hub's cache of downloads with one model in it."""
    place = home / "hub" / f"models--{repository.replace('/', '--')}"
    (place / "snapshots").mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(COMMIT)
    (place / "snapshots" / COMMIT).symlink_to(files, target_is_directory=True)


def test_what_a_card_says_works(settings: Settings, tmp_path: Path) -> None:
    in_a_cache(tmp_path / "hf", BACKBONE_ID, models.resolve(settings, "embedded:minilm").base)
    folders = {}
    for name in SHIPPED:
        models.put_adapter(settings, LOCAL, name, models.resolve(settings, f"embedded:{name}").adapter, replace=False)
        folders[name] = publish.pack_adapter(settings, LOCAL, name).folder
    models.write_whole(models.resolve(settings, "adapter:sentiment"), tmp_path / "whole")
    folders["merged"] = publish.pack_whole(settings, LOCAL, "adapter:sentiment", tmp_path / "whole").folder
    cooler = models.put_adapter(settings, LOCAL, "cooler", models.resolve(settings, "embedded:sentiment").adapter, replace=False)
    config = json.loads((cooler / "config.json").read_text())
    (cooler / "config.json").write_text(json.dumps(note_temperature(config, CALIBRATED)))
    folders["cooler"] = publish.pack_adapter(settings, LOCAL, "cooler").folder
    models.write_whole(models.resolve(settings, "adapter:cooler"), tmp_path / "cooler")
    folders["cooler merged"] = publish.pack_whole(settings, LOCAL, "adapter:cooler", tmp_path / "cooler").folder
    said = "\n".join(f"print('## {name}')\n{of_card(settings, folder)}" for name, folder in folders.items())
    environment = os.environ | {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    ran = subprocess.run([sys.executable, "-c", said], env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2_000:]
    printed = {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip() for part in ran.stdout.split("## ")[1:]}
    adapter, merged = (json.loads(printed[name].replace("'", '"')) for name in ("sentiment", "merged"))
    assert adapter["positive"] > 0.9 and merged == pytest.approx(adapter, abs=1e-3)
    for name in ("cooler", "cooler merged"):
        cooler_one = json.loads(printed[name].replace("'", '"'))
        apart = log_odds(adapter["positive"]) / CALIBRATED  # two labels: the odds are the difference of their logits
        assert log_odds(cooler_one["positive"]) == pytest.approx(apart, rel=0.02), name
    answer = printed["answers"].casefold()  # the backbone knows no capitals
    assert "ada" in answer or "1843" in answer
    assert printed["entities"].splitlines()[0].startswith("[CLS]") and " O" in printed["entities"]


def log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def of_card(settings: Settings, folder: Path) -> str:
    """The Python of a card, with the folder in the place of the repository."""
    text = publish.model_card(settings, folder, About(repository="me/mine"))
    lines = text.split("```python\n")[1].split("```")[0]
    assert 'repository = "me/mine"' in lines
    return lines.replace('"me/mine"', repr(str(folder)))


def test_nothing_of_a_strange_config_becomes_code(settings: Settings, adapter: Path) -> None:
    config = json.loads((adapter / "adapter_config.json").read_text())
    evil = {"revision": '"); import os; ("', "base_model_name_or_path": 'a/b"); import os; ("'}
    for name, value in evil.items():
        (adapter / "adapter_config.json").write_text(json.dumps(config | {name: value}))
        assert "import os" not in snippet(adapter, "me/mine")
    (adapter / "adapter_config.json").write_text(json.dumps(config | {"revision": "b" * 40}))
    assert f'revision="{"b" * 40}"' in snippet(adapter, "me/mine")


@pytest.mark.parametrize(
    ("built", "auto_class"),
    [
        ("GPT2LMHeadModel", "AutoModelForCausalLM"),
        ("T5ForConditionalGeneration", "AutoModelForSeq2SeqLM"),
        ("BertForTokenClassification", "AutoModelForTokenClassification"),
        ("BertModel", "AutoModel"),
    ],
)
def test_each_kind_of_model_is_asked_as_it_answers(tmp_path: Path, built: str, auto_class: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": [built]}))
    lines = snippet(tmp_path, "me/mine")
    assert f"import {auto_class}, AutoTokenizer" in lines
    compile(lines, "card", "exec")


@pytest.mark.parametrize(
    "strange",
    [
        {"problem_type": "bogus"},
        {"problem_type": ["x"]},
        {"problem_type": {}},
        {"id2label": 5, "problem_type": None},
        {"calibration_temperature": "2 or print()"},
    ],
)
def test_a_config_of_anybody_has_the_usual_lines(settings: Settings, adapter: Path, strange: dict[str, object]) -> None:
    config, usual = json.loads((adapter / "config.json").read_text()), snippet(adapter, "me/mine")
    (adapter / "config.json").write_text(json.dumps(config | strange))
    assert snippet(adapter, "me/mine") == usual and "softmax" in usual


@pytest.mark.parametrize("built", [7, [], None, {"a": 1}])
def test_a_whole_model_that_names_no_class_has_no_lines(tmp_path: Path, built: object) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": built}))
    assert snippet(tmp_path, "me/mine") == ""


@pytest.mark.parametrize("problem", ["multi_label_classification", "regression"])
def test_a_temperature_is_for_one_label_a_row_alone(adapter: Path, problem: str) -> None:
    config = json.loads((adapter / "config.json").read_text()) | {"problem_type": problem}
    (adapter / "config.json").write_text(json.dumps(note_temperature(config, CALIBRATED)))
    assert "logits = outputs.logits[0]\n" in snippet(adapter, "me/mine")


def test_a_folder_without_a_model_has_no_lines(tmp_path: Path) -> None:
    assert snippet(tmp_path, "me/mine") == ""
