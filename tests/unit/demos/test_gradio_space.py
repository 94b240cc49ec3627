"""The exported Gradio Space started as anybody would start it, and asked through gradio_client."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import demos
from tests.ports import free_port
from tests.unit.demos.conftest import bare_environment

ASK = """
import json, sys
from gradio_client import Client
client = Client(sys.argv[1], verbose=False)
print(json.dumps([client.predict(text, api_name="/answer") for text in sys.argv[2:]]))
"""
START_SECONDS = 280


@pytest.fixture(scope="module")
def served(exported) -> Iterator[tuple[Path, str]]:
    """Folder and address of a Space that runs by ``python app.py`` in its own folder, without this project on its path."""
    folder, port = exported("embedded:sentiment"), free_port()
    environment = bare_environment(GRADIO_SERVER_PORT=str(port), GRADIO_SERVER_NAME="127.0.0.1")
    log = folder.parent / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [demos.python_with_gradio(), "app.py"], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        _await(process, f"http://127.0.0.1:{port}/config", log)
        yield folder, f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(20)


def _await(process: subprocess.Popen, address: str, log: Path) -> None:
    for _ in range(START_SECONDS * 4):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(log.read_text())


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "__pycache__")


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_answers_a_client_and_keeps_nothing(served) -> None:
    folder, address = served
    before = files_in(folder)
    texts = ["I love using the Transformers library!", "The screen broke after a week."]
    command = [demos.python_with_gradio(), "-c", ASK, address, *texts]
    done = subprocess.run(command, cwd=folder, env=bare_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert [answer["label"] for answer in found] == ["positive", "negative"]
    assert all(0.5 < answer["confidences"][0]["confidence"] <= 1 for answer in found)
    assert files_in(folder) == before  # nothing is flagged to disk
    with urllib.request.urlopen(f"{address}config") as answer:
        config = json.load(answer)
    assert config["analytics_enabled"] is False and not config.get("is_space") and config["run_history"] is False
    words = json.dumps(config)
    assert "sentiment, text classification" in words and "English only" in words and "share.gradio" not in words
