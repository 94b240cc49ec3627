"""Adapters as zips: the same bytes each time, back again whole, and whatever else a zip may try (classes 5, 10 and 18)."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from core.errors import BadInput, Conflict, LimitReached, NotAllowed, NotFound, SheetformerError
from core.models import resolve, upload_adapter, write_adapter_zip
from core.settings import Settings
from tests.unit.models.conftest import QUERY, adapter_files, adapter_tensors

ME = "mine-1"


def zipped(files: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    made.seek(0)
    return made


def shelf(settings: Settings) -> Path:
    return settings.home / "workspaces" / ME / "adapters"


def refused(settings: Settings, source: io.BytesIO, kind: type[SheetformerError], match: str) -> None:
    with pytest.raises(kind, match=match):
        upload_adapter(settings, ME, "mine", source)
    assert not shelf(settings).exists() or list(shelf(settings).iterdir()) == []


def test_what_is_uploaded_can_be_chosen(with_base: Settings) -> None:
    done = upload_adapter(with_base, ME, "mine", zipped(adapter_files()))
    assert (done.reference, done.left_out) == ("adapter:mine", ())
    assert resolve(with_base, "adapter:mine", ME).labels == ("no", "yes")
    with pytest.raises(NotFound):
        resolve(with_base, "adapter:mine", "theirs-1")


def test_a_download_is_the_same_each_time_and_comes_back_the_same(with_base: Settings) -> None:
    upload_adapter(with_base, ME, "mine", zipped(adapter_files()))
    os.utime(shelf(with_base) / "mine" / "config.json", (1, 1))
    downloads = [io.BytesIO(), io.BytesIO()]
    for target in downloads:
        write_adapter_zip(with_base, ME, "mine", target)
    assert downloads[0].getvalue() == downloads[1].getvalue()
    upload_adapter(with_base, ME, "again", downloads[0])
    assert resolve(with_base, "adapter:again", ME).revision == resolve(with_base, "adapter:mine", ME).revision
    with pytest.raises(NotFound):
        write_adapter_zip(with_base, "theirs-1", "mine", io.BytesIO())


def test_weights_of_zeros_come_back_too(with_base: Settings) -> None:
    """Before its first step an adapter is half zeros, which compress like a bomb."""
    wide = np.zeros((200_000, 8), np.float32)
    tensors = adapter_tensors() | {f"{QUERY}.lora_A.weight": wide, f"{QUERY}.lora_B.weight": np.zeros((8, 200_000), np.float32)}
    files = adapter_files(r=200_000) | {"adapter_model.safetensors": save(tensors)}
    refused(with_base, zipped(files), LimitReached, "max_compression_ratio")
    upload_adapter(with_base, ME, "mine", zipped(files, how=zipfile.ZIP_STORED))
    download = io.BytesIO()
    write_adapter_zip(with_base, ME, "mine", download)
    upload_adapter(with_base, ME, "again", download)


def test_the_embedded_adapters_pass_their_own_check(settings: Settings) -> None:
    folder = resolve(settings, "embedded:sentiment").adapter
    upload_adapter(settings, ME, "moods", zipped({path.name: path.read_bytes() for path in folder.iterdir()}))
    assert resolve(settings, "adapter:moods", ME).labels == ("negative", "positive")


def test_one_folder_around_it_and_what_systems_add_do_not_matter(with_base: Settings) -> None:
    files = {f"mine/{name}": data for name, data in adapter_files().items()}
    files |= {"__MACOSX/mine/._config.json": b"x", "mine/.DS_Store": b"x", "mine/checkpoint-5/adapter_config.json": b"{}"}
    files |= {"mine/training_args.bin": pickle.dumps(1), "mine/tokenizer.json": b"{}"}
    done = upload_adapter(with_base, ME, "mine", zipped(files))
    assert done.left_out == ("mine/checkpoint-5/adapter_config.json", "mine/tokenizer.json", "mine/training_args.bin")
    assert {path.name for path in (shelf(with_base) / "mine").iterdir()} == set(adapter_files())


@pytest.mark.parametrize("name", ["README.md", "config.json", "sheetformer.json", "adapter_model.safetensors"])
@pytest.mark.parametrize("order", ["before", "after"])
def test_files_outside_the_adapters_folder_are_not_its_own(with_base: Settings, name: str, order: str) -> None:
    own, other = {f"mine/{name}": data for name, data in adapter_files().items()}, {name: b"not the adapter's"}
    done = upload_adapter(with_base, ME, "mine", zipped(other | own if order == "before" else own | other))
    assert done.left_out == (name,)
    assert {path.name: path.read_bytes() for path in (shelf(with_base) / "mine").iterdir()} == adapter_files()


@pytest.mark.parametrize("name", ["../evil.json", "a/../../evil.json", "/etc/evil.json", "..\\evil.json", "C:\\evil.json", "C:/evil.json"])
def test_names_that_lead_out_are_refused(with_base: Settings, name: str) -> None:
    refused(with_base, zipped(adapter_files() | {name: b"{}"}), NotAllowed, "leads out")
    assert not list(with_base.home.rglob("evil*"))


def test_a_name_with_a_nul_is_refused(with_base: Settings) -> None:
    data = zipped(adapter_files() | {"configXjson": b"{}"}).getvalue()
    refused(with_base, io.BytesIO(data.replace(b"configXjson", b"config\0json")), NotAllowed, "leads out")


def test_a_link_is_refused(with_base: Settings) -> None:
    entry = zipfile.ZipInfo("config.json")
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    files = adapter_files()
    del files["config.json"]
    made = zipped(files)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr(entry, "/etc/passwd")
    refused(with_base, made, BadInput, "symbolic link")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["config.json", "CONFIG.json"])
def test_two_files_of_one_name_are_refused(with_base: Settings, name: str) -> None:
    made = zipped(adapter_files())
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr(name, "{}")
    refused(with_base, made, NotAllowed, "twice")


def test_a_bomb_is_refused_by_what_it_states_and_by_what_comes_out(with_base: Settings) -> None:
    small = with_base.model_copy(update={"max_uncompressed_mb": 1})
    bomb = zipped(adapter_files() | {"README.md": b"0" * 3_000_000})
    refused(small, bomb, LimitReached, "max_uncompressed_mb")
    refused(with_base, bomb, LimitReached, "max_compression_ratio")
    lying = bomb.getvalue().replace((3_000_000).to_bytes(4, "little"), (3_000).to_bytes(4, "little"))
    assert lying != bomb.getvalue()
    refused(with_base, io.BytesIO(lying), BadInput, "incomplete or damaged|max_compression_ratio")


def test_too_large_and_too_many(with_base: Settings) -> None:
    files = adapter_files() | {"note.txt": os.urandom(1_200_000)}
    refused(with_base.model_copy(update={"max_upload_mb": 1}), zipped(files), LimitReached, "max_upload_mb")
    many = adapter_files() | {f"{number}.txt": b"" for number in range(8)}
    refused(with_base.model_copy(update={"max_model_files": 10}), zipped(many), LimitReached, "max_model_files")


def test_a_directory_of_many_entries_is_not_even_read(with_base: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    many = zipped(adapter_files() | {f"{number:0200d}.txt": b"" for number in range(60)})
    monkeypatch.setattr(zipfile.ZipFile, "__init__", lambda *_: pytest.fail("the directory was read"))
    refused(with_base.model_copy(update={"max_model_files": 10}), many, LimitReached, "max_model_files")


class Marker:
    """Unpickling this makes a folder: the proof that code ran."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("beside", [False, True])
def test_pickles_are_never_unpacked(with_base: Settings, tmp_path: Path, beside: bool) -> None:
    files = adapter_files() | {"adapter_model.bin": pickle.dumps(Marker(tmp_path / "marker"))}
    if beside:
        assert upload_adapter(with_base, ME, "mine", zipped(files)).left_out == ("adapter_model.bin",)
        assert not list(with_base.home.rglob("*.bin"))
    else:
        del files["adapter_model.safetensors"]
        refused(with_base, zipped(files), NotAllowed, "adapter_model.bin.*could run code")
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"auto_mapping": {"parent_library": "evil.models", "base_model_class": "X"}}, "auto_mapping"),
        ({"auto_map": {"AutoModel": "evil.Evil"}}, "auto_map"),
        ({"megatron_config": {"a": 1}, "megatron_core": "evil"}, "megatron_config"),
        ({"base_model_name_or_path": "/etc"}, "base by a model reference"),
        ({"base_model_name_or_path": "http://127.0.0.1:1/x"}, "base by a model reference"),
        ({"base_model_name_or_path": None}, "base by a model reference"),
        ({"base_model_name_or_path": "adapter:other"}, "a whole model"),
    ],
)
def test_code_classes_and_bases_of_others_are_refused(with_base: Settings, changes: dict[str, Any], match: str) -> None:
    refused(with_base, zipped(adapter_files(**changes)), NotAllowed, match)


def test_a_base_that_is_not_here_is_named_and_not_fetched(with_base: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("core.hub.cached_snapshot", lambda *_: None)
    monkeypatch.setattr("core.hub.model_facts", lambda *_, **__: pytest.fail("the network was asked"))
    refused(with_base, zipped(adapter_files("owner/name", revision="a" * 40)), NotFound, "owner/name@aaaa")
    refused(with_base, zipped(adapter_files("local:none")), NotFound, "local:none")


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_broken_zip_is_refused(with_base: Settings, cut: int) -> None:
    data = zipped(adapter_files()).getvalue()
    refused(with_base, io.BytesIO(data[:-cut]), BadInput, "zip")


NO_ADAPTERS = {
    "nothing": b"",
    "its first bytes": b"PK",
    "not a zip": b"not a zip",
    "an empty one": zipped({}).getvalue(),
    "another file": zipped({"a.txt": b"x"}).getvalue(),
}


@pytest.mark.parametrize("data", NO_ADAPTERS.values(), ids=NO_ADAPTERS)  # a zip holds the time: without names, workers collect other tests
def test_something_else_is_refused(with_base: Settings, data: bytes) -> None:
    refused(with_base, io.BytesIO(data), BadInput, "zip")


def test_a_byte_that_fell_over_never_ends_in_a_traceback(with_base: Settings) -> None:
    data, draw = zipped(adapter_files()).getvalue(), random.Random(4)
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(draw.randint(1, 4)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        try:
            upload_adapter(with_base, ME, "mine", io.BytesIO(bytes(broken)), replace=True)
        except SheetformerError:
            continue
    assert [path.name for path in shelf(with_base).iterdir()] in ([], ["mine"])


def test_two_adapters_and_none_are_refused(with_base: Settings) -> None:
    both = {f"{folder}/{name}": data for folder in ("one", "two") for name, data in adapter_files().items()}
    refused(with_base, zipped(both), BadInput, "several")
    refused(with_base, zipped({"readme.txt": b"x"}), BadInput, "none in it")


def test_broken_weights_are_refused(with_base: Settings) -> None:
    files = adapter_files()
    for data in (files["adapter_model.safetensors"][:-9], b"", b"\xff" * 100, b"{}"):
        refused(with_base, zipped(files | {"adapter_model.safetensors": data}), BadInput, "safetensors")


def test_a_password_and_a_taken_name(with_base: Settings) -> None:
    data = bytearray(zipped(adapter_files()).getvalue())
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    refused(with_base, io.BytesIO(bytes(data)), BadInput, "password")
    upload_adapter(with_base, ME, "mine", zipped(adapter_files()))
    with pytest.raises(Conflict, match="mine-2"):
        upload_adapter(with_base, ME, "mine", zipped(adapter_files()))
    files = adapter_files(labels=("a", "b", "c"))
    upload_adapter(with_base, ME, "mine", zipped(files), replace=True)
    assert resolve(with_base, "adapter:mine", ME).labels == ("a", "b", "c")


def test_an_adapter_for_another_base_is_refused(with_base: Settings) -> None:
    """The tensors of the embedded sentiment adapter, which says that it was tuned on the tiny model."""
    folder = resolve(with_base, "embedded:sentiment").adapter
    files = {name: (folder / name).read_bytes() for name in ("adapter_config.json", "adapter_model.safetensors", "config.json")}
    config = json.loads(files["adapter_config.json"]) | {"base_model_name_or_path": "local:tiny"}
    refused(with_base, zipped(files | {"adapter_config.json": json.dumps(config).encode()}), BadInput, "tensors fit local:tiny")
