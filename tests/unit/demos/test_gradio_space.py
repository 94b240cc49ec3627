"""The exported Gradio Space started as anybody would start it, and asked through gradio_client."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import demos
from tests.spaces import bare_environment, gradio_space

ASK = """
import json, sys
from gradio_client import Client
client = Client(sys.argv[1], verbose=False)
print(json.dumps([client.predict(text, api_name="/answer") for text in sys.argv[2:]]))
"""


@pytest.fixture(scope="module")
def served(exported) -> Iterator[tuple[Path, str]]:
    """Folder and address of a Space that runs."""
    folder = exported("embedded:sentiment")
    with gradio_space(folder, folder.parent / "log.txt") as address:
        yield folder, address


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
