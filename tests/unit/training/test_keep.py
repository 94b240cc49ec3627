"""What a training leaves on its shelf: one thing under one name, whoever takes names meanwhile and wherever it is killed."""

from __future__ import annotations

import pytest

from core import models
from core.errors import Conflict
from core.models.shelf import Shelf
from core.runs import RunContext, RunFolder
from core.settings import Settings
from core.training import run as job
from core.training.run import MADE, keep, put_anew, run
from core.workspaces import LOCAL
from tests.unit.training.conftest import sentences


def names(known: Settings) -> list[str]:
    return models.ADAPTERS.names(known, LOCAL)


def trained(tuned, known: Settings) -> RunFolder:
    folder = tuned(sentences(60), dials={"epochs": 1})
    assert run(RunContext(known, folder)) == "done"
    return folder


def test_a_name_that_is_taken_while_files_are_copied_fails_no_training(tuned, known, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, put, taken = tuned(sentences(60), dials={"epochs": 1}), Shelf.put, []

    def put_second(shelf: Shelf, settings: Settings, owner: str, name: str, source, *, replace: bool):
        if not taken:  # between the free name and the end of the copy
            taken.append(name)
            put(shelf, settings, owner, name, source, replace=False)
            models.write_facts(shelf.get(settings, owner, name), models.AdapterFacts(run="another"))
        return put(shelf, settings, owner, name, source, replace=replace)

    monkeypatch.setattr(Shelf, "put", put_second)
    assert run(RunContext(known, folder)) == "done"
    assert folder.summary()["adapter"] == "adapter:mine-2" and names(known) == ["mine", "mine-2"]
    assert models.adapter_facts(known, models.ADAPTERS.get(known, LOCAL, "mine")).run == "another"


def test_another_conflict_is_told(tuned, known, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = trained(tuned, known)

    def refuse(*given, **named):
        raise Conflict("a", "b", "c")

    monkeypatch.setattr(Shelf, "put", refuse)
    with pytest.raises(Conflict):
        put_anew(known, folder.spec(), LOCAL, folder.path / MADE)


def test_one_killed_before_it_could_note_its_name_leaves_no_second_thing(tuned, known, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, write = tuned(sentences(60), dials={"epochs": 1}), job.write_json

    def killed(path, value):
        if path == folder.choices_path and "adapter" in value:
            raise KeyboardInterrupt
        write(path, value)

    with monkeypatch.context() as patch:
        patch.setattr(job, "write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            run(RunContext(known, folder))
    assert names(known) == ["mine"] and "adapter" not in folder.choices()
    assert run(RunContext(known, folder, attempt=2)) == "done"
    assert names(known) == ["mine"] and folder.summary()["adapter"] == "adapter:mine"


def test_a_version_of_it_is_left_as_it_is(tuned, known) -> None:
    folder = trained(tuned, known)
    place = models.ADAPTERS.get(known, LOCAL, "mine")
    version = models.adapter_facts(known, place).model_copy(update={"version": 2, "version_of": "mine"})
    models.ADAPTERS.put(known, LOCAL, "mine-2", place, replace=False)
    models.write_facts(models.ADAPTERS.get(known, LOCAL, "mine-2"), version)
    models.ADAPTERS.delete(known, LOCAL, "mine")
    folder.choices_path.unlink()
    assert keep(RunContext(known, folder), folder.spec(), ["a"]) == "adapter:mine"
    assert models.adapter_facts(known, models.ADAPTERS.get(known, LOCAL, "mine-2")) == version
