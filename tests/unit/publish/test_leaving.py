"""The last look: tokens, paths and names of files are found where they stand, and ordinary words are not."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from core import publish
from core.errors import BadInput, LimitReached
from core.publish import Parcel
from core.settings import Settings
from core.workspaces import LOCAL
from tests.unit.publish.conftest import score

TOKEN = "hf_" + "Ab1" * 8


def parcel(folder: Path, **files: str) -> Parcel:
    """Files with these texts; ``_`` in a name is a dot."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, "utf-8")
    return Parcel(folder, "adapter:mine", "model")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"use {TOKEN} here", "a token of the Hub"),
        ("hf_oauth_eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI2MjAxIn0.c2ln-bmF0_dXJl", "a token of the Hub"),
        ("api_org_" + "Ab" * 17, "a token of the Hub"),
        ("AKIA" + "ABCDEFGH12345678", "a key of AWS"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("ghp_" + "a1" * 18, "a token of GitHub"),
    ],
)
def test_a_secret_never_leaves_and_is_never_quoted(settings: Settings, tmp_path: Path, text: str, what: str) -> None:
    (found,) = publish.findings(settings, parcel(tmp_path / "p", config_json=f"{{}}\n{text}"))
    assert (found.what, found.where, found.secret, found.stops) == (what, "line 2", True, True)
    assert text not in found.line()


@pytest.mark.parametrize(
    "name", ["a.ipynb", "a.log", "a.ini", "a.sh", "a.html", "a.toml", ".env.local", "a.pem", "a.tsv", "a.xml", "A.CSV", "a"]
)
def test_no_ending_hides_a_secret(settings: Settings, name: str) -> None:
    made = publish.pack_file(settings, LOCAL, name, f"\xe9\nt = '{TOKEN}'".encode("latin-1"))
    (found,) = publish.findings(settings, made)
    assert (found.file, found.where, found.secret) == (name, "line 2", True)


def test_bytes_between_hide_no_secret_and_are_no_path(settings: Settings) -> None:
    def found(content: bytes) -> list[bool]:
        return [one.secret for one in publish.findings(settings, publish.pack_file(settings, LOCAL, "a.bin", content))]

    assert found(b"\x80\0 /tmp/x \xff" + TOKEN.encode() + b"\0") == [True]
    assert found(f"a\n{TOKEN}".encode("utf-16")) == [True]
    assert found(b"\x80\0 /tmp/x \xff") == []


def test_a_file_too_large_to_be_looked_at_stays(settings: Settings) -> None:
    made = publish.pack_file(settings, LOCAL, "a.log", b"x" * 1_000_001)
    assert publish.findings(settings, made) == []
    with pytest.raises(LimitReached, match="max_leaving_mb"):
        publish.findings(settings.model_copy(update={"max_leaving_mb": 1}), made)
    assert not made.folder.exists()


@pytest.mark.parametrize(
    "text",
    [
        "/home/ann/data/x",
        "see `/Users/ann/x.csv`",
        r'"C:\\Users\\ann\\x"',
        r"C:\Users\ann\x",
        "(/tmp/run-1/out)",
        "file:///etc/x",
        "{home}/runs/1",
    ],
)
def test_a_path_of_a_machine_is_found_in_a_card(settings: Settings, text: str) -> None:
    (found,) = publish.in_card(settings, "# A card\n" + text.replace("{home}", str(settings.home)))
    assert found.what.startswith("a path of a machine") and found.where == "line 2" and found.stops and not found.secret


@pytest.mark.parametrize("text", ["hf_model.config.hidden_size", "hf_hub_download_with_retries()", "hf_oauth_expiration_minutes: 480"])
def test_names_in_code_are_no_token(settings: Settings, text: str) -> None:
    assert publish.in_card(settings, text) == []


@pytest.mark.parametrize("text", ["data/result.parquet", "https://example.org/home/page", "and/or 3/4", "owner/name", "true/false: a/b"])
def test_ordinary_words_are_no_path(settings: Settings, text: str) -> None:
    assert publish.in_card(settings, text) == []


def test_names_of_the_users_files_are_found_in_a_card(settings: Settings) -> None:
    (found,) = publish.in_card(settings, "rows of\nsecret-customers.csv", ["secret-customers.csv", "column"])
    assert "secret-customers.csv" in found.what and found.where == "line 2" and found.stops


def test_a_vocabulary_may_hold_what_looks_like_a_path(settings: Settings, tmp_path: Path) -> None:
    assert publish.findings(settings, parcel(tmp_path / "p", tokenizer_json='"/home/ubuntu/x": 7')) == []
    assert publish.findings(settings, parcel(tmp_path / "q", tokenizer_json=f'"{TOKEN}": 7'))[0].secret


def test_weights_are_looked_at_too(settings: Settings, tmp_path: Path) -> None:
    made = parcel(tmp_path / "p")
    save_file({"a": np.zeros(2, np.float32)}, made.folder / "model.safetensors", metadata={"from": "/home/ann/model"})
    (found,) = publish.findings(settings, made)
    assert found.file == "model.safetensors" and found.where == "header"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.parquet", b"no table"),
        ("x.parquet", b"PAR1" + bytes(20) + b"PAR1"),
        ("x.safetensors", b"odd"),
        ("x.safetensors", struct.pack("<Q", 2) + b"[]"),
        ("x.safetensors", struct.pack("<Q", 200_000) + b"[" * 200_000),
        ("x.safetensors", b"\xff" * 8 + b"{}"),
    ],
)
def test_a_broken_file_is_explained_and_stays(settings: Settings, name: str, content: bytes) -> None:
    made = publish.pack_file(settings, LOCAL, name, content)
    with pytest.raises(BadInput, match="cannot be looked into") as caught:
        publish.findings(settings, made)
    assert caught.value.expected == f"a whole {name[2:]} file" and not made.folder.exists()


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([[], [TOKEN], None]),
        pa.array([["x", TOKEN]], pa.list_(pa.string(), 2)),
        pa.array([{"a": {"b": ["x", TOKEN]}}, None]),
        pa.array([[("k", TOKEN)]], pa.map_(pa.string(), pa.string())),
        pa.array([[(TOKEN, 1)]], pa.map_(pa.string(), pa.int8())),
        pa.array([TOKEN, "x", None]).dictionary_encode(),
        pa.array([TOKEN.encode(), b"\xff\0"]),
        pa.array([b"\xff" + TOKEN.encode()], pa.binary(28)),
        pa.array([TOKEN], pa.string_view()),
        pa.array([f'"{TOKEN}"'], pa.json_()),
    ],
    ids=lambda cells: str(cells.type),
)
def test_cells_of_any_type_are_looked_into(settings: Settings, tmp_path: Path, cells: pa.Array) -> None:
    made = parcel(tmp_path / "p")
    pq.write_table(pa.table([pa.array(range(len(cells))), cells], ["n", "c.d"]), made.folder / "a.parquet")
    (found,) = publish.findings(settings, made)
    assert (found.what, found.where, found.count, found.secret) == ("a token of the Hub", "column 'c.d'", 1, True)


def test_names_of_columns_and_words_beside_cells_are_looked_at_and_not_quoted(settings: Settings, tmp_path: Path) -> None:
    made = parcel(tmp_path / "p")
    table = pa.table([[1], [TOKEN], [{TOKEN: 1}], ["x"]], ["a", TOKEN, "s", "a"])
    pq.write_table(table.replace_schema_metadata({"by": f"me, {TOKEN}"}), made.folder / "a.parquet")
    found = publish.findings(settings, made)
    assert [one.where for one in found] == ["header"] * 3 + ["column 2"] and all(one.secret for one in found)
    assert TOKEN not in "".join(one.line() for one in found)


def test_cells_with_secrets_stop_a_push_and_paths_in_them_are_the_authors_to_judge(settings: Settings, tmp_path: Path) -> None:
    text = f"review,mine,note\nLovely,positive,{TOKEN}\nBroke,negative,/home/ann/x\nFine,positive,/home/bob/y\n"
    made = publish.pack_result(settings, LOCAL, score(settings, tmp_path, text).id)
    found = {one.what: one for one in publish.findings(settings, made)}
    assert found["a token of the Hub"].stops and found["a token of the Hub"].where == "column 'note'"
    assert found["a path of a machine"].count == 2 and not found["a path of a machine"].stops
    assert found["a path of a machine"].line() == "data/result.parquet, column 'note': a path of a machine, 2 times"
