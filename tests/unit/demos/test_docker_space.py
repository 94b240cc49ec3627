"""The exported Docker Space: its page by AppTest, and of its Dockerfile what runs without Docker."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.ports import free_port
from tests.spaces import bare_environment
from tests.tiny_models import TinyFiles, classifier
from tests.unit.demos.test_folder import HOSTILE, front

START_SECONDS = 200


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch):
    """Opens app.py of an export with its own modules and none of another one's."""

    def opened(folder: Path) -> AppTest:
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, "answering", raising=False)
        return AppTest.from_file(str(folder / "app.py"), default_timeout=200).run()

    yield opened
    sys.modules.pop("answering", None)


@pytest.mark.model
@pytest.mark.slow
def test_its_page_answers(exported, page) -> None:
    app = page(exported("embedded:sentiment", sdk="docker"))
    assert not app.exception and app.title[0].value.startswith("sentiment")
    app.text_area[0].input("I love using the Transformers library!")
    app.button[0].click().run()
    assert not app.exception and app.text[0].value == "positive"
    shown = app.dataframe[0].value
    assert list(shown["label"]) == ["positive", "negative"] and shown["score"].sum() == pytest.approx(1)


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "task", "said"),
    [
        ("embedded:entities", "token-classification", "blue-background"),
        ("embedded:answers", "question-answering", "blue-background"),
        ("embedded:minilm", "feature-extraction", ""),
        ("embedded:minilm", "zero-shot-classification", ""),
        ("embedded:minilm", "summarization", ""),
    ],
)
def test_each_task_answers_its_example(exported, page, model: str, task: str, said: str) -> None:
    app = page(exported(model, task, sdk="docker"))
    app.button[0].click().run()
    assert not app.exception and said in " ".join(str(element.value) for element in app.markdown)
    assert app.dataframe or app.text


def test_hostile_names_are_shown_and_not_obeyed(tmp_path: Path, exported_files, page) -> None:
    base, label = tmp_path / "tiny", f":red[x] {HOSTILE}"
    base.mkdir()
    files = TinyFiles("local:t", "0", classifier(base, "distilbert", labels=(label, "b")), labels=(label, "b"))
    folder = exported_files(files, "text-classification", title=label[:200], examples=((HOSTILE,),))
    (folder / "app.py").write_bytes((Path(__file__).parents[3] / "core/demos/templates/streamlit_app.py").read_bytes())
    app = page(folder)
    app.button[0].click().run()
    assert not app.exception and label in list(app.dataframe[0].value["label"])
    assert ":red[" not in app.title[0].value and "\\<img" in app.title[0].value


def instructions(folder: Path) -> list[tuple[str, str]]:
    lines = [line for line in (folder / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def test_the_dockerfile_fits_the_folder_and_the_front_matter(exported) -> None:
    folder = exported("embedded:sentiment", sdk="docker")
    steps, head = instructions(folder), front((folder / "README.md").read_text())
    assert steps[0] == ("FROM", f"python:{sys.version_info[0]}.{sys.version_info[1]}-slim")
    assert {word for word, _ in steps} <= {"FROM", "RUN", "USER", "ENV", "WORKDIR", "COPY", "EXPOSE", "CMD"}
    assert (head["sdk"], head["app_port"]) == ("docker", 7860) and ("EXPOSE", "7860") in steps
    order = [word for word, _ in steps]
    assert "--uid 1000 user" in steps[1][1] and order.index("USER") == 2  # nothing is installed or copied as root
    for word, rest in steps:
        if word == "COPY":
            owner, source, _ = rest.split()
            assert owner == "--chown=user" and (folder / source).exists()
    for line in (folder / "requirements.txt").read_text().splitlines():
        if "==" in line:
            name, _, pin = line.partition("==")
            assert version(name).partition("+")[0] == pin  # what this very environment satisfies


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_its_command_starts(exported) -> None:
    folder, port = exported("embedded:sentiment", sdk="docker"), free_port()
    command = json.loads(next(rest for word, rest in instructions(folder) if word == "CMD"))
    assert command[:3] == ["streamlit", "run", "app.py"] and "--server.port=7860" in command and "--server.address=0.0.0.0" in command
    here = [word.replace("7860", str(port)).replace("0.0.0.0", "127.0.0.1") for word in command[1:]]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", *here], cwd=folder, env=bare_environment(), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(START_SECONDS * 4):
            assert process.poll() is None
            try:
                assert urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5).read() == b"ok"
                break
            except OSError:
                time.sleep(0.25)
        else:
            raise AssertionError("no answer")
    finally:
        process.terminate()
        process.wait(20)
