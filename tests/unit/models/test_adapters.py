"""The shelf of a workspace: put whole or not at all, taken off, and invisible to every other workspace (law 7)."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import models
from core.errors import BadInput, CannotWrite, Conflict, LimitReached, NotAllowed, NotFound
from core.models import AdapterFacts, adapter_facts, adapter_names, adapters, delete_adapter, list_models, put_adapter, resolve, write_facts
from core.settings import Settings

MINE, THEIRS = "mine-1", "theirs-1"


@pytest.fixture
def sentiment(settings: Settings) -> Path:
    return resolve(settings, "embedded:sentiment").adapter


def shelf(settings: Settings, owner: str) -> Path:
    return settings.home / "workspaces" / owner / "adapters"


def listed(settings: Settings, owner: str) -> list[str]:
    return [entry.reference for entry in list_models(settings, owner=owner) if entry.reference.startswith("adapter:")]


def test_an_adapter_is_chosen_at_once(settings: Settings, sentiment: Path) -> None:
    folder = put_adapter(settings, MINE, "moods", sentiment, replace=False)
    assert folder == shelf(settings, MINE) / "moods"
    assert listed(settings, MINE) == ["adapter:moods"]
    files = resolve(settings, "adapter:moods", MINE)
    assert (files.adapter, files.labels, files.tasks) == (folder, ("negative", "positive"), ("text-classification",))


def test_no_other_workspace_lists_or_resolves_it(settings: Settings, sentiment: Path) -> None:
    put_adapter(settings, THEIRS, "secret", sentiment, replace=False)
    for owner in (MINE, "local"):
        assert listed(settings, owner) == []
        with pytest.raises(NotFound, match="adapter:secret; there is none at all"):
            resolve(settings, "adapter:secret", owner)
        with pytest.raises(NotFound):
            delete_adapter(settings, owner, "secret")
    assert listed(settings, THEIRS) == ["adapter:secret"]
    with pytest.raises(NotFound):
        resolve(settings, "adapter:secret")


@pytest.mark.parametrize("owner", ["", "..", "../theirs-1", "/etc", "theirs-1/adapters"])
def test_a_workspace_is_never_a_path(settings: Settings, sentiment: Path, owner: str) -> None:
    put_adapter(settings, THEIRS, "secret", sentiment, replace=False)
    with pytest.raises(NotFound):
        resolve(settings, "adapter:secret", owner)
    with pytest.raises(NotFound):
        list_models(settings, owner=owner)
    with pytest.raises(NotFound):
        put_adapter(settings, owner, "x", sentiment, replace=False)


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "", "a" * 300, "x\0", "a\nb", ".hidden"])
def test_a_name_that_could_be_a_path_is_refused(settings: Settings, sentiment: Path, name: str) -> None:
    for act in (lambda: put_adapter(settings, MINE, name, sentiment, replace=False), lambda: delete_adapter(settings, MINE, name)):
        with pytest.raises(BadInput):
            act()
    assert not shelf(settings, MINE).exists()


def test_a_taken_name_proposes_a_free_one(settings: Settings, sentiment: Path) -> None:
    for name in ("moods", "moods-2"):
        put_adapter(settings, MINE, name, sentiment, replace=False)
    for taken in ("moods", "Moods"):  # one folder on a disk that knows no capitals
        with pytest.raises(Conflict, match="oods-3"):
            put_adapter(settings, MINE, taken, sentiment, replace=False)
    assert adapters.free_name(settings, THEIRS, "moods") == "moods"
    long = "a" * 96
    put_adapter(settings, MINE, long, sentiment, replace=False)
    assert adapters.free_name(settings, MINE, long) == "a" * 94 + "-2"


def test_replacing_leaves_one_adapter_and_nothing_else(settings: Settings, sentiment: Path) -> None:
    before = resolve_revision(settings, put_adapter(settings, MINE, "moods", sentiment, replace=False))

    def fill(folder: Path) -> None:
        shutil.copytree(sentiment, folder, dirs_exist_ok=True)
        write_facts(folder, AdapterFacts(run="r1"))

    put_adapter(settings, MINE, "moods", fill, replace=True)
    assert adapter_facts(settings, shelf(settings, MINE) / "moods").run == "r1"
    assert resolve(settings, "adapter:moods", MINE).revision != before
    assert [path.name for path in shelf(settings, MINE).iterdir()] == ["moods"]


def resolve_revision(settings: Settings, folder: Path) -> str:
    return resolve(settings, f"adapter:{folder.name}", MINE).revision


def test_a_full_disk_loses_nothing(settings: Settings, sentiment: Path) -> None:
    put_adapter(settings, MINE, "moods", sentiment, replace=False)
    before = resolve(settings, "adapter:moods", MINE).revision

    def fill(folder: Path) -> None:
        shutil.copy(sentiment / "adapter_config.json", folder)
        raise OSError(errno.ENOSPC, "No space left on device", str(folder / "adapter_model.safetensors"))

    for name, replace in (("moods", True), ("other", False)):
        with pytest.raises(CannotWrite, match="free space"):
            put_adapter(settings, MINE, name, fill, replace=replace)
    assert resolve(settings, "adapter:moods", MINE).revision == before
    assert [path.name for path in shelf(settings, MINE).iterdir()] == ["moods"]


def test_a_full_disk_is_told_also_by_a_library(settings: Settings, sentiment: Path) -> None:
    """safetensors has an error of its own."""

    def fill(folder: Path) -> None:
        raise RuntimeWarning("Error while serializing: I/O error: No space left on device (os error 28)")

    with pytest.raises(CannotWrite, match="free space"):
        put_adapter(settings, MINE, "moods", fill, replace=False)
    with pytest.raises(ZeroDivisionError):
        put_adapter(settings, MINE, "moods", lambda folder: 1 // 0, replace=False)
    assert list(shelf(settings, MINE).iterdir()) == []


@pytest.fixture
def failing_rename(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The last step fails: the new folder cannot take its name."""
    rename = Path.rename

    def fails(path: Path, target: Path) -> Path:
        if path.name.startswith(".writing-") and (path / "sheetformer.json").exists():
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fails)
    return


def test_the_old_one_comes_back_where_the_new_one_cannot_stand(settings: Settings, sentiment: Path, failing_rename: None) -> None:
    put_adapter(settings, MINE, "moods", sentiment, replace=False)

    def fill(folder: Path) -> None:
        shutil.copytree(sentiment, folder, dirs_exist_ok=True)
        write_facts(folder, AdapterFacts(run="r1"))

    with pytest.raises(CannotWrite):
        put_adapter(settings, MINE, "moods", fill, replace=True)
    assert adapter_facts(settings, shelf(settings, MINE) / "moods") == AdapterFacts()
    assert [path.name for path in shelf(settings, MINE).iterdir()] == ["moods"]


def test_what_is_not_safe_never_reaches_the_shelf(settings: Settings, sentiment: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    shutil.copytree(sentiment, folder)
    (folder / "away").symlink_to("/etc")
    with pytest.raises(NotAllowed, match="leads out"):
        put_adapter(settings, MINE, "bad", folder, replace=False)
    assert list(shelf(settings, MINE).iterdir()) == []


def test_a_deleted_adapter_is_gone_and_the_others_stay(settings: Settings, sentiment: Path) -> None:
    for name in ("one", "two"):
        put_adapter(settings, MINE, name, sentiment, replace=False)
    delete_adapter(settings, MINE, "one")
    assert adapter_names(settings, MINE) == ["two"]
    assert [path.name for path in shelf(settings, MINE).iterdir()] == ["two"]


def test_facts_are_kept_and_name_the_task(settings: Settings, sentiment: Path) -> None:
    facts = AdapterFacts(task="zero-shot-classification", base="embedded:minilm", run="r1", created=1.5, labels=("a", "b"))

    def fill(folder: Path) -> None:
        shutil.copytree(sentiment, folder, dirs_exist_ok=True)
        (folder / "config.json").unlink()
        write_facts(folder, facts)

    folder = put_adapter(settings, MINE, "moods", fill, replace=False)
    assert adapter_facts(settings, folder) == facts
    files = resolve(settings, "adapter:moods", MINE)
    assert files.tasks == ("zero-shot-classification", "text-classification")
    assert files.labels == ("a", "b")
    assert "adapter:moods" in [entry.reference for entry in list_models(settings, "zero-shot-classification", MINE)]


@pytest.mark.parametrize("text", ["[]", '{"labels": 5}', '{"created": 1e999}', '{"task": "../x y"}'])
def test_odd_facts_are_no_facts(settings: Settings, tmp_path: Path, text: str) -> None:
    (tmp_path / "sheetformer.json").write_text(text)
    assert adapter_facts(settings, tmp_path) == AdapterFacts()


def test_an_adapter_that_announces_a_billion_labels_is_refused(settings: Settings, sentiment: Path, tmp_path: Path) -> None:
    folder = tmp_path / "huge"
    shutil.copytree(sentiment, folder)
    (folder / "config.json").write_text(json.dumps({"num_labels": 10**9}))
    with pytest.raises(LimitReached, match="max_model_labels"):
        put_adapter(settings, MINE, "huge", folder, replace=False)


def test_an_adapter_that_names_a_module_to_import_is_refused(settings: Settings, sentiment: Path, tmp_path: Path) -> None:
    """peft imports ``megatron_core`` by its name as soon as ``megatron_config`` is there."""
    folder = tmp_path / "foreign"
    shutil.copytree(sentiment, folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | {"megatron_config": {"x": 1}, "megatron_core": "antigravity"}))
    with pytest.raises(NotAllowed, match="megatron_config"):
        put_adapter(settings, MINE, "foreign", folder, replace=False)


def test_a_local_base_that_has_changed_is_noticed(settings: Settings, sentiment: Path, make_model) -> None:
    base = make_model()
    settings = settings.model_copy(update={"model_roots": (base.parent,)})
    models.add_local(settings, base, "base")
    revision = resolve(settings, "local:base").revision

    def fill(folder: Path) -> None:
        shutil.copytree(sentiment, folder, dirs_exist_ok=True)
        config = json.loads((folder / "adapter_config.json").read_text())
        (folder / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": "local:base"}))
        write_facts(folder, AdapterFacts(base="local:base", base_revision=revision))

    put_adapter(settings, MINE, "moods", fill, replace=False)
    assert resolve(settings, "adapter:moods", MINE).base == base.resolve()
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"id2label": {"0": "no", "1": "yes"}}))
    with pytest.raises(Conflict, match="local:base as it was"):
        resolve(settings, "adapter:moods", MINE)
