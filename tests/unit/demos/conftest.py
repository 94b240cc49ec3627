"""Exports to look at: written once, the models tiny but one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from core import demos
from core.demos import folder as folder_module
from core.models import ModelCardFacts, ModelFiles
from core.schema import DemoSpec
from core.settings import Settings


@pytest.fixture(scope="module")
def module_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def exported(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes the export of a model that is installed, its weights linked."""

    def made(model: str, task: str | None = None, **how: object) -> Path:
        spec = demos.make_spec(module_settings, model, task=task)
        return demos.write_space(module_settings, spec, tmp_path_factory.mktemp("space") / "out", linked=True, **how)

    return made


@pytest.fixture
def exported_files(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes the export of any files, such as those of a tiny model, as if a reference stood for them."""

    def made(files: ModelFiles, task: str, **spec: object) -> Path:
        files = replace(files, card=ModelCardFacts())
        monkeypatch.setattr(folder_module.models, "resolve", lambda *_, **__: files)
        wanted = DemoSpec(task=task, model=files.reference, revision=files.revision, **spec)
        return demos.write_space(settings, wanted, tmp_path / "space", inside=True)

    return made


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], ModuleType]:
    """Imports answering.py of an export under a name of its own."""

    def opened(folder: Path) -> ModuleType:
        name = f"answering_{abs(hash(folder))}"
        spec = importlib.util.spec_from_file_location(name, folder / "answering.py")
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return opened
