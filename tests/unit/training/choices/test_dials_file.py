"""Settings of a fine-tune as a file: what is written is read, and what cannot be meant is refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import BadInput, LimitReached
from core.schema import Split
from core.settings import Settings
from core.training.choices.dials_file import Saved, read_saved, read_saved_file, write_saved
from core.training.choices.presets import PRESETS
from core.training.choices.spec_making import make_dials


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_what_is_written_is_read(settings) -> None:
    dials = make_dials("thorough", {"rank": 4, "target_modules": ["query", "value"], "max_steps": 7})
    saved = Saved(
        preset="thorough", dials=dials, split=Split(method="time", column="when", share=0.125), problem="regression", separator=";", seed=9
    ).model_copy(update={"options": {"prompt_template": "Say {{this}}", "max_new_tokens": 9}})
    written = write_saved(saved)
    assert read_saved(settings, written) == saved and write_saved(saved) == written
    assert saved.turned == {"rank": 4, "target_modules": ["query", "value"], "max_steps": 7}
    json.loads(written)


def test_what_a_file_leaves_out_is_as_the_preset_has_it(settings) -> None:
    assert read_saved(settings, b"{}") == Saved()
    read = read_saved(settings, b'{"preset": "quick", "dials": {"rank": 4}}')
    assert (read.preset, read.turned, read.dials.epochs) == ("quick", {"rank": 4}, PRESETS["quick"].dials.epochs)


def test_without_a_preset_the_nearest_is_named(settings) -> None:
    dials = PRESETS["thorough"].dials.model_dump(mode="json") | {"rank": 5}
    read = read_saved(settings, json.dumps({"dials": dials}).encode())
    assert (read.preset, read.turned) == ("thorough", {"rank": 5})


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"rank = 4", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 90_000, "no JSON"),
        (b"[1]", "another kind of JSON"),
        (b'{"dials": [4]}', "another kind of JSON"),
        (b'{"dials": {"rnk": 4}}', "rnk"),
        (b'{"dials": {"rank": "many"}}', "rank: "),
        (b'{"dials": {"learning_rate": NaN}}', "learning_rate"),
        (b'{"preset": "best"}', "a preset among"),
        (b'{"preset": ["quick"]}', "a preset among"),
        (b'{"epochs": 3}', "'epochs'"),
        (b'{"split": {"method": "odd"}}', "split.method"),
        (b'{"seed": -1}', "seed"),
        (b'{"separator": 4}', "separator"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(settings, content: bytes, match: str) -> None:
    with pytest.raises(BadInput, match=match):
        read_saved(settings, content)


def test_a_file_has_a_limit(tmp_path: Path) -> None:
    small = Settings(home=tmp_path, max_dials_kb=1)
    path = tmp_path / "long.json"
    path.write_bytes(b"{" + b" " * 999 + b"}")
    with pytest.raises(LimitReached, match="max_dials_kb"):
        read_saved_file(small, path)
    path.write_bytes(b"{" + b" " * 998 + b"}")
    assert read_saved_file(small, path) == Saved()


def test_a_file_that_is_gone_says_so(settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.json"):
        read_saved_file(settings, tmp_path / "gone.json")
