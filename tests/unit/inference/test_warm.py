"""What is prepared once for all jobs must start no thread, since threads are missing in a fork."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PREPARED = """
import sys, pathlib, psutil
from core import models
from core.settings import Settings
from core.inference.warm import prepare
import core.inference.run, torch, transformers, transformers.models.bert.modeling_bert
threads = psutil.Process().num_threads
settings, before = Settings(home=pathlib.Path(sys.argv[1])), threads()
prepare(settings)
assert threads() == before, (before, threads())
known = set(sys.modules)
from core.models import files
def read_again(*_):
    raise AssertionError("the weights are hashed again")
files.sha256_of = read_again
found = models.resolve(settings, "embedded:sentiment")
models.load_tokenizer(found)
models.load_model(found, "AutoModelForSequenceClassification")
assert set(sys.modules) == known, set(sys.modules) - known
"""


@pytest.mark.slow
@pytest.mark.model
def test_preparing_starts_no_thread_and_leaves_nothing_to_hash_or_import(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PREPARED, str(tmp_path)], cwd=Path(__file__).parents[3], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
