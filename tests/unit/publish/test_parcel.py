"""What is put together to leave."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core import publish
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.publish.parcel import KEPT_SECONDS
from core.runs import RunFolder, create_run
from core.schema import RehearsalSpec
from core.settings import Settings
from core.workspaces import LOCAL
from tests.unit.publish.conftest import RUN


def test_an_adapter_leaves_with_its_own_files_and_without_the_id_of_its_run(settings: Settings, adapter: Path) -> None:
    (adapter / "notes.txt").write_text("private")
    parcel = publish.pack_adapter(settings, LOCAL, "mine")
    assert next(iter(parcel.files())) == "README.md"
    assert set(parcel.files()) == {"README.md", "adapter_config.json", "adapter_model.safetensors", "config.json", "sheetformer.json"}
    assert RUN not in (parcel.folder / "sheetformer.json").read_text() and RUN in (adapter / "sheetformer.json").read_text()
    weights = parcel.files()["adapter_model.safetensors"]
    assert weights.read_bytes() == (adapter / "adapter_model.safetensors").read_bytes()


def test_a_card_in_the_parcel_leaves_the_adapters_own_alone(settings: Settings, adapter: Path) -> None:
    before, parcel = (adapter / "README.md").read_text(), publish.pack_adapter(settings, LOCAL, "mine")
    parcel.write_card("---\nlicense: mit\n---\nother")
    assert (adapter / "README.md").read_text() == before and "other" in parcel.files()["README.md"].read_text()
    parcel.discard()
    assert (adapter / "README.md").read_text() == before and parcel.files() == {}


def test_a_merged_model_comes_out_of_its_zip_and_a_folder_as_it_is(settings: Settings, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "merged.zip", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("../out.txt", "stays inside")
    parcel = publish.pack_whole(settings, LOCAL, "adapter:mine", tmp_path / "merged.zip")
    assert set(parcel.files()) == {"config.json", "out.txt"} and not (parcel.folder.parent / "out.txt").exists()
    with pytest.raises(NotFound, match="gone after a day"):
        publish.pack_whole(settings, LOCAL, "adapter:mine", tmp_path / "none.zip")
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "model.safetensors").write_bytes(b"w")
    assert set(publish.pack_whole(settings, LOCAL, "local:mine", tmp_path / "whole").files()) == {"model.safetensors"}


def test_a_failed_packing_leaves_nothing_and_old_ones_go(settings: Settings, adapter: Path, tmp_path: Path) -> None:
    old = publish.pack_adapter(settings, LOCAL, "mine")
    long_ago = old.folder.stat().st_mtime - KEPT_SECONDS - 10
    os.utime(old.folder, (long_ago, long_ago))
    with pytest.raises(NotFound):
        publish.pack_whole(settings, LOCAL, "adapter:mine", tmp_path / "none.zip")
    assert list(old.folder.parent.iterdir()) == []
    with pytest.raises(NotFound):
        publish.pack_adapter(settings, LOCAL, "none")


def test_the_parcel_of_a_push_that_can_be_gone_on_with_stays(settings: Settings, adapter: Path) -> None:
    waiting = publish.pack_adapter(settings, LOCAL, "mine")
    order = publish.Order(repository="me/mine", message="m", files=waiting.files())
    pushes = publish.Pushes()
    push = pushes.start(settings, LOCAL, order, token=None)
    push.stop()
    del push
    os.utime(waiting.folder, (0, 0))
    publish.pack_file(settings, LOCAL, "a.txt", b"a").discard()
    assert waiting.files().keys() == order.files.keys()
    pushes.forget(LOCAL, order.what)
    publish.pack_file(settings, LOCAL, "a.txt", b"a").discard()
    assert not waiting.folder.exists()


def test_a_push_whose_files_are_gone_says_what_to_do(settings: Settings) -> None:
    parcel = publish.pack_file(settings, LOCAL, "a/b.txt", b"b")
    order, pushes = publish.Order(repository="me/mine", message="m", files=parcel.files()), publish.Pushes()
    pushes.start(settings, LOCAL, order, token=None).stop()
    parcel.discard()
    with pytest.raises(NotFound, match="Put it together again"):
        pushes.go_on(settings, LOCAL, order.what, token=None)
    assert order.folder == parcel.folder


def test_a_single_file_keeps_to_the_repository(settings: Settings) -> None:
    assert set(publish.pack_file(settings, LOCAL, "a/b.txt", b"b").files()) == {"a/b.txt"}
    with pytest.raises(BadInput):
        publish.pack_file(settings, LOCAL, "../b.txt", b"b")


def test_a_result_leaves_with_the_columns_that_may(settings: Settings, scored: RunFolder) -> None:
    whole = publish.pack_result(settings, LOCAL, scored.id)
    table = pq.read_table(whole.files()["data/result.parquet"])
    assert table.column_names == publish.columns_of(scored) and table.num_rows == 3
    assert not table.schema.metadata and pq.read_schema(scored.result_path).metadata, "names of files may stand there"
    less = publish.pack_result(settings, LOCAL, scored.id, leave_out=["customer"])
    assert "customer" not in pq.read_table(less.files()["data/result.parquet"]).column_names
    masked = publish.pack_result(settings, LOCAL, scored.id, masked=["customer"], mask=lambda text: text[0] + "…")
    assert pq.read_table(masked.files()["data/result.parquet"])["customer"].to_pylist() == ["A…", "B…", "C…"]


def test_a_result_that_is_not_ours_or_not_there_stays(settings: Settings, scored: RunFolder) -> None:
    with pytest.raises(NotAllowed, match="another's"):
        publish.pack_result(settings, "theirs", scored.id)
    with pytest.raises(BadInput, match="'none'"):
        publish.pack_result(settings, LOCAL, scored.id, leave_out=["none"])
    with pytest.raises(BadInput, match="a column that leaves"):
        publish.pack_result(settings, LOCAL, scored.id, leave_out=publish.columns_of(scored))
    with pytest.raises(Conflict):
        publish.pack_result(settings, LOCAL, create_run(settings, RehearsalSpec(), owner=LOCAL).id)
