"""Tokenizers of the Hub: their small files are fetched, their models are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import LimitReached, NotAllowed
from core.models import resolve, resolve_tokenizer
from core.models.safety import check_tokenizer_folder
from core.settings import Settings
from tests.tiny_models import wordpiece
from tests.unit.hub.test_client import COMMIT, ROOT, hub

ASK = """
import json, sys
from pathlib import Path
from core.errors import SheetformerError
from core.inspect.tokens import open_reader
from core.inspect.tokens.text import read_text
from core.models import resolve_tokenizer
from core.settings import Settings
settings = Settings(home=Path(sys.argv[1]))
try:
    files = resolve_tokenizer(settings, sys.argv[2])
    found = read_text(settings, open_reader(files), "good film")
    print(json.dumps({"reference": files.reference, "limit": found.tokenizer.limit, "tokens": [token.token for token in found.tokens]}))
except SheetformerError as error:
    print(json.dumps({"error": str(error)}))
"""


def ask(tmp_path: Path, endpoint: str, reference: str) -> dict:
    """In a process of its own: the client reads the endpoint when it is imported."""
    variables = {"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", ASK, str(tmp_path / "home"), reference]
    out = subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=200, check=False)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout.splitlines()[-1])


@pytest.fixture
def tokenizer_files(tmp_path: Path) -> dict[str, bytes]:
    wordpiece(tmp_path / "made")
    return {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}


@pytest.mark.slow
def test_weights_are_not_fetched_and_what_is_here_stays(tmp_path: Path, tokenizer_files: dict[str, bytes]) -> None:
    everything = tokenizer_files | {"config.json": b'{"model_type": "bert"}', "model.safetensors": b"x" * 1_000, "tokenizer.py": b"raise"}
    with hub(everything) as (endpoint, asked):
        answer = ask(tmp_path, endpoint, "owner/tiny")
        assert answer["tokens"] == ["[CLS]", "good", "film", "[SEP]"], answer
        assert answer["reference"] == f"owner/tiny@{COMMIT}" and answer["limit"] == 64
        assert not [path for path in asked if path.endswith((".safetensors", ".py"))]
    assert ask(tmp_path, endpoint, f"owner/tiny@{COMMIT}") == answer  # the Hub is gone now


def test_code_of_a_tokenizers_own_is_refused(settings: Settings, tmp_path: Path) -> None:
    wordpiece(tmp_path)
    assert check_tokenizer_folder(settings, tmp_path, root=tmp_path) == {}
    said = json.loads((tmp_path / "tokenizer_config.json").read_text())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(said | {"auto_map": {"AutoTokenizer": ["evil.Evil", None]}}))
    with pytest.raises(NotAllowed, match="auto_map"):
        check_tokenizer_folder(settings, tmp_path, root=tmp_path)


def test_class_9_a_bomb_of_a_tokenizer_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes(b" " * 1_000_001)
    with pytest.raises(LimitReached, match="max_tokenizer_mb"):
        check_tokenizer_folder(settings.model_copy(update={"max_tokenizer_mb": 1}), tmp_path, root=tmp_path)


def test_a_model_of_this_machine_is_what_it_is_for_a_run(settings: Settings) -> None:
    assert resolve_tokenizer(settings, "embedded:sentiment") == resolve(settings, "embedded:sentiment")
