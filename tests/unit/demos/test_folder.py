"""What an export holds, and that nobody's text becomes code in it."""

from __future__ import annotations

import ast
import io
import json
import shutil
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings

from core import demos
from core.demos.card import LONGEST_TITLE, one_line, readme
from core.demos.folder import TEMPLATES, _content
from core.demos.pins import GRADIO, requirements
from core.errors import BadInput, Conflict
from core.models.cards import ModelCardFacts
from core.schema import DemoSpec
from tests.tiny_models import TinyFiles, classifier

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = '"""\nimport os; os.system("touch /tmp/x") #\n---\n{{x}} </script><img src=x onerror=alert(1)> \\" \'\'\' $(id) `id` ${HOME}'


LABELS = strategies.lists(strategies.text(max_size=30), min_size=1, max_size=4)


def front(text: str) -> dict:
    assert text.startswith("---\n")
    return yaml.safe_load(text[4:].split("\n---\n")[0])


def test_a_gradio_space_is_complete(exported) -> None:
    folder = exported("embedded:sentiment")
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"app.py", "answering.py", "demo.json", "requirements.txt", "README.md", "adapter/adapter_model.safetensors"} <= names
    assert {"base/model.safetensors", "base/config.json", "base/tokenizer.json"} <= names and "Dockerfile" not in names
    facts = json.loads((folder / "demo.json").read_text())
    assert facts["labels"] == ["negative", "positive"] and facts["base"] == "base" and facts["examples"][0]
    head = front((folder / "README.md").read_text())
    assert (head["sdk"], head["sdk_version"], head["python_version"], head["app_file"]) == ("gradio", GRADIO, "3.11", "app.py")
    assert head["license"] == "apache-2.0" and head["models"] == ["sentence-transformers/all-MiniLM-L6-v2"]
    assert len(head["short_description"]) <= 60 and "English only" in (folder / "README.md").read_text()


def test_requirements_are_pins_of_what_the_demo_was_tried_with() -> None:
    pins = dict(line.split("==") for line in requirements("docker", adapter=True).splitlines() if "==" in line)
    assert {"torch", "transformers", "safetensors", "numpy", "peft", "streamlit"} == set(pins)
    assert all(version(name).partition("+")[0] == pin for name, pin in pins.items())
    plain = requirements("gradio", adapter=False)
    assert "peft" not in plain and "streamlit" not in plain and f"gradio=={GRADIO}" in plain and "whl/cpu" in plain
    assert f"gradio=={GRADIO} " in (ROOT / "requirements-demo.txt").read_text()


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    strategies.text(max_size=150),
    strategies.lists(strategies.text(max_size=30), min_size=1, max_size=4),
    strategies.sampled_from(("gradio", "docker")),
)
def test_no_name_becomes_code(tmp_path_factory: pytest.TempPathFactory, title: str, labels: list[str], sdk: demos.Sdk) -> None:
    content = made(tmp_path_factory.getbasetemp(), title, tuple(labels), sdk)
    for name in ("app.py", "answering.py"):
        ast.parse(content[name][1])
    assert content["answering.py"][1] == (TEMPLATES / "answering.py").read_bytes()  # byte for byte: nothing is written into code
    facts = json.loads(content["demo.json"][1])
    assert facts["labels"] == labels and (facts["title"] == title or not title)
    head = front(content["README.md"][1].decode())
    assert (head["sdk"], head["title"]) == (sdk, one_line(facts["title"])[:LONGEST_TITLE] or facts["task"])


def made(base: Path, title: str, labels: tuple[str, ...], sdk: demos.Sdk) -> dict[str, tuple[Path | None, bytes]]:
    card = ModelCardFacts(summary=title, limits=(title,))
    files = TinyFiles("local:x", "0", base, labels=labels, card=card)
    return _content(DemoSpec(task="text-classification", model="local:x", revision="0", title=title), files, sdk, False)


@pytest.mark.parametrize("sdk", ["gradio", "docker"])
def test_a_hostile_title_stays_a_title(tmp_path: Path, sdk: demos.Sdk) -> None:
    content = made(tmp_path, HOSTILE, (HOSTILE, "b"), sdk)
    text = content["README.md"][1].decode()
    assert front(text)["title"].startswith('""" import os') and "\n" not in front(text)["title"]
    body = text[4:].split("\n---\n", 1)[1]
    assert "<img" not in body.replace("\\<img", "") and sum(line.startswith("# ") for line in body.splitlines()) == 1
    assert "touch" not in "".join(content[name][1].decode() for name in content if name.endswith((".py", "Dockerfile", "requirements.txt")))


def test_the_readme_names_no_licence_that_nobody_gave(tmp_path: Path) -> None:
    facts = json.loads(made(tmp_path, "x", ("a", "b"), "gradio")["demo.json"][1])
    assert "license" not in front(readme(facts, "gradio", licence=None, hub_models=[]))


def test_what_cannot_be_shown_is_refused(module_settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="text-classification"):
        demos.make_spec(module_settings, "embedded:sentiment", task="fill-mask")
    spec = demos.make_spec(module_settings, "embedded:sentiment")
    with pytest.raises(Conflict, match="revision"):
        demos.write_space(module_settings, spec.model_copy(update={"revision": "0" * 64}), tmp_path / "out")
    with pytest.raises(BadInput, match="max_space_mb"):
        demos.write_zip(module_settings.model_copy(update={"max_space_mb": 1}), spec, io.BytesIO())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    with pytest.raises(BadInput, match="new or empty"):
        demos.write_space(module_settings, spec, tmp_path / "full")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_the_zip_is_the_folder(module_settings, exported) -> None:
    folder, packed = exported("embedded:sentiment", sdk="docker"), io.BytesIO()
    demos.write_zip(module_settings, demos.make_spec(module_settings, "embedded:sentiment"), packed, sdk="docker")
    with zipfile.ZipFile(packed) as archive:
        assert set(archive.namelist()) == {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert archive.read("README.md") == (folder / "README.md").read_bytes()


def test_a_base_that_the_hub_has_at_a_commit_stays_there(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    files = TinyFiles(f"owner/name@{'a' * 40}", "a" * 40, tmp_path, labels=("a", "b"), card=ModelCardFacts())
    spec = DemoSpec(task="text-classification", model=files.reference, revision=files.revision)
    facts = json.loads(_content(spec, files, "gradio", False)["demo.json"][1])
    assert (facts["base"], facts["base_revision"]) == ("owner/name", "a" * 40)


def test_examples_have_a_text_for_each_box(tmp_path: Path, exported_files) -> None:
    base = tmp_path / "tiny"
    base.mkdir()
    labels = ("entailment", "contradiction")
    files = TinyFiles("local:t", "0", classifier(base, "distilbert", labels=labels), labels=labels)
    folder = exported_files(files, "text-classification", examples=(("only the first",),))
    assert json.loads((folder / "demo.json").read_text("utf-8"))["examples"] == [["only the first", ""]]
    shutil.rmtree(folder)
    with pytest.raises(BadInput, match="at most 2 texts"):
        exported_files(files, "text-classification", examples=(("one", "two", "three"),))
