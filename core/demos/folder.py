"""Writes a demo as a folder that runs by itself: a Gradio Space, or a page of Streamlit as a Docker Space."""

from __future__ import annotations

import json
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from core import models
from core.demos.card import readme
from core.demos.facts import ADAPTER, BASE, base_on_hub, facts_of
from core.demos.pins import Sdk, requirements
from core.errors import BadInput, Conflict
from core.files import TEMPORARY_PREFIX, link_or_copy, saving
from core.models import ModelFiles
from core.schema import DemoSpec
from core.settings import MEGABYTE, Settings
from core.workspaces import LOCAL

TEMPLATES = Path(__file__).parent / "templates"
CODE: Mapping[Sdk, Mapping[str, str]] = MappingProxyType(
    {
        "gradio": MappingProxyType({"app.py": "gradio_app.py", "answering.py": "answering.py"}),
        "docker": MappingProxyType({"app.py": "streamlit_app.py", "answering.py": "answering.py", "Dockerfile": "Dockerfile"}),
    }
)
"""Files of the export by the templates that they are, byte for byte: nothing is ever written into code."""

OWN_OF_ADAPTER = ("adapter_config.json", "adapter_model.safetensors", "config.json", "README.md")
OF_BASE = (".json", ".jinja", ".txt", ".model", ".safetensors")
NOT_READ = ("data_config.json",)  # what sentence-transformers notes of a training, at the length of a book
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold


def write_space(
    settings: Settings,
    spec: DemoSpec,
    out: Path,
    *,
    sdk: Sdk = "gradio",
    owner: str = LOCAL,
    inside: bool | None = None,
    linked: bool = False,
) -> Path:
    """Writes the folder. It appears whole, by rename.

    Args:
        out: a folder that is new or empty.
        owner: workspace whose models are meant.
        inside: the base's weights go along. By default those of a base that the Hub has by name and commit do not.
        linked: weights are other names of ours, which is for folders that nobody edits.

    Raises:
        BadInput: ``out`` is not free.
        Conflict: the model is not the one that the spec names any more.
        CannotWrite: the disk is full, or the folder must not be written; nothing is left there.
    """
    models.check_free_folder(out)
    files = _files(settings, spec, owner)
    target = out.absolute()
    building = target.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}-{target.name[:40]}")
    try:
        with saving(target.parent):
            building.mkdir()
            for name, (source, data) in _content(spec, files, sdk, _goes_along(files, inside)).items():
                path = building / name
                path.parent.mkdir(exist_ok=True)
                if source is None:
                    path.write_bytes(data)
                elif linked:
                    link_or_copy(source, path)
                else:
                    shutil.copyfile(source, path)
            building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def write_zip(settings: Settings, spec: DemoSpec, target: BinaryIO, *, sdk: Sdk = "gradio", owner: str = LOCAL) -> None:
    """The same as one zip; weights are stored as they are, they do not get smaller.

    Raises:
        BadInput: it would be larger than ``max_space_mb``.
        Conflict: the model is not the one that the spec names any more.
    """
    files = _files(settings, spec, owner)
    content = _content(spec, files, sdk, _goes_along(files, None))
    size = sum(source.stat().st_size if source else len(data) for source, data in content.values())
    if size > settings.max_space_mb * MEGABYTE:
        found = f"{size / MEGABYTE:,.0f} MB"
        step = f"Write it on the command line: hub space {files.reference} --out FOLDER"
        raise BadInput(f"a zip of at most max_space_mb = {settings.max_space_mb} MB", found, step)
    with zipfile.ZipFile(target, "w") as archive:
        for name, (source, data) in sorted(content.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as file:
                if source is None:
                    file.write(data)
                else:
                    with source.open("rb") as weights:
                        shutil.copyfileobj(weights, file)


def _files(settings: Settings, spec: DemoSpec, owner: str) -> ModelFiles:
    files = models.resolve(settings, spec.model, owner)
    if files.revision != spec.revision:
        found = f"revision {files.revision[:12]}"
        raise Conflict(f"{spec.model} at revision {spec.revision[:12]}", found, "Start the demo again with the model as it is now.")
    return files


def _goes_along(files: ModelFiles, inside: bool | None) -> bool:
    """Whether the base's files are part of the export: unless the Hub has them under a name and a commit."""
    name, commit = base_on_hub(files)
    if inside is False and not name:
        raise BadInput("a base that the Hub knows by name", f"{files.reference}, which is here alone", "Let its files go along.")
    return not (name and commit) if inside is None else inside


def _content(spec: DemoSpec, files: ModelFiles, sdk: Sdk, inside: bool) -> dict[str, tuple[Path | None, bytes]]:
    """Name of each file to the file that it is a copy of, or to its bytes."""
    facts = facts_of(spec, files, inside=inside)
    name, _ = base_on_hub(files)
    made: dict[str, Any] = {
        "demo.json": json.dumps(facts, ensure_ascii=True, indent=2),
        "requirements.txt": requirements(sdk, adapter=files.adapter is not None),
        "README.md": readme(facts, sdk, licence=files.card.license, hub_models=[name] if name else []),
    }
    content: dict[str, tuple[Path | None, bytes]] = {file: (None, text.encode("utf-8")) for file, text in made.items()}
    # copies, not links: whoever changes their app must not change ours
    content |= {file: (None, (TEMPLATES / template).read_bytes()) for file, template in CODE[sdk].items()}
    if files.adapter is not None:
        content |= {
            f"{ADAPTER}/{file}": ((files.adapter / file).resolve(), b"") for file in OWN_OF_ADAPTER if (files.adapter / file).is_file()
        }
    if inside:
        kept = sorted(path for path in files.base.iterdir() if path.suffix in OF_BASE and path.name not in NOT_READ and path.is_file())
        content |= {f"{BASE}/{path.name}": (path.resolve(), b"") for path in kept}
    return content
