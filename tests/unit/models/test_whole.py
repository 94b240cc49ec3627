"""A merged model is a model like any other: it loads as local:, and scores as the adapter does."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, CannotWrite
from core.models import ModelFiles, add_local, load_model, load_tokenizer, read_card, resolve, thresholds_of, upload_adapter, write_whole
from core.models.whole import merged_card
from core.settings import Settings
from tests.unit.models.conftest import adapter_files
from tests.unit.models.test_adapter_zip import zipped

CLASSIFIER = "AutoModelForSequenceClassification"
TEXTS = ["good bad a", "z y x", "bad", "good good q r s t u v w x y z a b c d e f g"]


@pytest.fixture
def three(with_base: Settings) -> ModelFiles:
    """An adapter with three labels on a base whose own head has two."""
    upload_adapter(with_base, "local", "mine", zipped(adapter_files(labels=("no", "so so", "yes"))))
    return resolve(with_base, "adapter:mine")


def scores(files: ModelFiles) -> Any:
    import torch

    tokenizer, model = load_tokenizer(files), load_model(files, CLASSIFIER)
    with torch.inference_mode():
        return model(**tokenizer(TEXTS, padding=True, truncation=True, max_length=files.max_length, return_tensors="pt")).logits


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("there", [False, True])
def test_it_loads_as_a_local_model_and_scores_the_same(with_base: Settings, three: ModelFiles, tmp_path: Path, there: bool) -> None:
    import torch

    out = tmp_path / "shelf" / "whole"
    if there:
        out.mkdir()
    write_whole(three, out)
    add_local(with_base, out, "whole")
    whole = resolve(with_base, "local:whole")
    assert (whole.labels, whole.max_length, whole.tasks[0]) == (three.labels, three.max_length, "text-classification")
    assert scores(whole).shape == (4, 3)
    assert torch.allclose(scores(whole), scores(three), atol=1e-6, rtol=0)
    assert not torch.allclose(scores(whole)[:, 0], scores(whole)[:, 2], atol=1e-3), "the head is not that of zeros"
    for name in ("vocab.txt", "tokenizer_config.json"):
        assert (out / name).read_bytes() == (three.base / name).read_bytes()
    assert read_card(out).languages == ("en",)
    assert "adapter:mine" in (out / "README.md").read_text() and "local:tiny" in (out / "README.md").read_text()
    told = "".join(path.read_text() for path in out.glob("*.json")) + (out / "README.md").read_text()
    assert str(tmp_path) not in told, "no path of this machine"
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.model
def test_thresholds_of_the_labels_go_with_it(with_base: Settings, tmp_path: Path) -> None:
    own = {"id2label": {"0": "no", "1": "yes"}, "problem_type": "multi_label_classification", "label_thresholds": {"no": 0.7, "yes": 0.2}}
    upload_adapter(with_base, "local", "mine", zipped(adapter_files() | {"config.json": json.dumps(own).encode()}))
    adapter = resolve(with_base, "adapter:mine")
    assert thresholds_of(load_model(adapter, CLASSIFIER).config.to_dict()) == (0.7, 0.2)
    write_whole(adapter, tmp_path / "shelf" / "whole")
    add_local(with_base, tmp_path / "shelf" / "whole", "whole")
    assert thresholds_of(load_model(resolve(with_base, "local:whole"), CLASSIFIER).config.to_dict()) == (0.7, 0.2)


def test_a_folder_that_is_in_use_stays_as_it_is(three: ModelFiles, tmp_path: Path) -> None:
    full, file, link = tmp_path / "full", tmp_path / "file", tmp_path / "link"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    file.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    for out in (full, file, link):
        with pytest.raises(BadInput, match="new or empty"):
            write_whole(three, out)
    with pytest.raises(BadInput, match="a folder that exists"):
        write_whole(three, tmp_path / "no" / "such")
    assert (full / "mine.txt").read_text() == file.read_text() == "mine"


def test_only_adapters_with_a_known_head(with_base: Settings, three: ModelFiles, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="a whole model already"):
        write_whole(resolve(with_base, "local:tiny"), tmp_path / "out")
    config = json.loads((three.adapter / "adapter_config.json").read_text())
    (three.adapter / "adapter_config.json").write_text(json.dumps(config | {"task_type": None}))
    with pytest.raises(BadInput, match="task_type"):
        write_whole(three, tmp_path / "out")
    assert not (tmp_path / "out").exists()


class LibraryError(Exception):
    """As safetensors tells of a full disk."""


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize(
    "error", [LibraryError("I/O error: No space left on device (os error 28)"), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))]
)
def test_a_full_disk_leaves_nothing(three: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(model: Any, folder: str, **_: Any) -> None:
        (Path(folder) / "model.safetensors").write_bytes(b"half")
        raise error

    monkeypatch.setattr("transformers.PreTrainedModel.save_pretrained", fails)
    (tmp_path / "outer").mkdir()
    with pytest.raises(CannotWrite, match="free space"):
        write_whole(three, tmp_path / "outer" / "out")
    assert list((tmp_path / "outer").iterdir()) == []


def test_the_card_keeps_what_the_adapter_s_says(settings: Settings, tmp_path: Path) -> None:
    files = resolve(settings, "embedded:sentiment")
    base = "sentence-transformers/all-MiniLM-L6-v2"
    (tmp_path / "README.md").write_text(merged_card(files.card, files.reference, base, files.tasks), "utf-8")
    assert read_card(tmp_path) == files.card
    from huggingface_hub import ModelCard

    data = ModelCard.load(tmp_path / "README.md").data
    assert (data.base_model, data.pipeline_tag) == (base, "text-classification")
