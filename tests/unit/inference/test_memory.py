"""A model that does not fit says so before it is loaded."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from core import inference, models
from core.errors import LimitReached
from core.inference import memory
from core.inference.memory import check_fits, weights_bytes
from core.inference.run import run
from core.settings import MEGABYTE
from tests.tiny_models import TinyFiles

TENSORS = {"embeddings": ("BF16", 2, (30_000, 10_000)), "head": ("F32", 4, (1_000, 10)), "places": ("I64", 8, (1, 512))}


def huge(folder: Path, tensors: dict[str, tuple[str, int, tuple[int, int]]] = TENSORS, name: str = "model.safetensors") -> TinyFiles:
    """A model folder whose weights are a true header and a hole in the disk."""
    folder.mkdir(exist_ok=True)
    entries, end = {}, 0
    for tensor, (kind, size, shape) in tensors.items():
        begin, end = end, end + size * shape[0] * shape[1]
        entries[tensor] = {"dtype": kind, "shape": list(shape), "data_offsets": [begin, end]}
    header = json.dumps(entries).encode()
    path = folder / name
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    os.truncate(path, 8 + len(header) + end)
    return TinyFiles(reference="local:huge", revision="a" * 64, base=folder)


def test_the_type_in_memory_counts_and_not_the_one_on_the_disk(tmp_path: Path) -> None:
    files = huge(tmp_path / "huge")
    floats, others = 300_000_000 + 10_000, 8 * 512
    assert weights_bytes(files, "fp32") == 4 * floats + others
    assert weights_bytes(files, "bf16") == 2 * floats + others
    assert weights_bytes(replace(files, adapter=tmp_path), "bf16") == 4 * floats + others  # merged in fp32
    huge(tmp_path / "huge", name="copy-in-another-format.safetensors")
    assert weights_bytes(files, "fp32") == 4 * floats + others  # only one of them is loaded


def test_the_weights_of_several_files_add_up(tmp_path: Path) -> None:
    files = huge(tmp_path / "huge", {"one": ("F16", 2, (10, 10))}, "model-00001-of-00002.safetensors")
    huge(tmp_path / "huge", {"two": ("F8_E4M3", 1, (10, 10)), "three": ("I8", 1, (10, 10))}, "model-00002-of-00002.safetensors")
    assert weights_bytes(files, "fp32") == 400 + 400 + 100


@pytest.mark.parametrize(
    ("free_mb", "job_mb", "precision", "said"),
    [
        (1_000, 9_000, "fp32", ["1,000 MB of memory that is free", "1,200 MB in fp32", "bf16, with which it takes 600 MB"]),
        (9_000, 1_000, "fp32", ["1,000 MB that one job may take (job_memory_mb)", "bf16, with which it takes 600 MB"]),
        (9_000, 500, "fp32", ["500 MB that one job may take", "Choose a smaller model"]),
        (500, 9_000, "bf16", ["500 MB of memory that is free", "600 MB in bf16", "Choose a smaller model"]),
    ],
)
def test_what_is_said(tmp_path: Path, settings, monkeypatch, free_mb: int, job_mb: int, precision: str, said: list[str]) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: free_mb * MEGABYTE)
    with pytest.raises(LimitReached) as error:
        check_fits(settings.model_copy(update={"job_memory_mb": job_mb}), huge(tmp_path / "huge"), precision)
    assert all(part in str(error.value) for part in said), str(error.value)


def test_what_fits_is_not_refused(tmp_path: Path, settings, monkeypatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: 1_201 * MEGABYTE)
    check_fits(settings.model_copy(update={"job_memory_mb": 1_201}), huge(tmp_path / "huge"), "fp32")


def test_neither_the_estimate_nor_the_job_loads_it(new_run, context_of, catalogue, settings, tmp_path, monkeypatch) -> None:
    loads = []
    monkeypatch.setattr(models, "load_model", lambda *arguments, **keywords: loads.append(arguments))
    catalogue["local:huge"] = huge(tmp_path / "huge", {"weights": ("F16", 2, (1_000_000, 500_000))})  # a terabyte
    folder = new_run({"text": ["good"]}, model="local:huge")
    with pytest.raises(LimitReached, match="local:huge, which takes 2,000,000 MB in fp32"):
        inference.estimate(settings, folder.spec(), folder.input_path)
    with pytest.raises(LimitReached, match="local:huge, which takes 2,000,000 MB in fp32"):
        run(context_of(folder))
    assert loads == []
