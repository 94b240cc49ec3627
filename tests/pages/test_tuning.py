"""The page that tunes: what it finds in the labels, what stops it, and the job that it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import jobs, tables
from core.runs import open_run
from core.schema import FinetuneSpec
from tests.pages.conftest import texts


@pytest.fixture
def tickets(settings, tmp_path: Path) -> tables.Table:
    """Labelled texts, one of them spelled otherwise and one without a label."""
    path = tmp_path / "tickets.csv"
    rows = [(f"the parcel number {number} is late", "delivery") for number in range(12)]
    rows += [(f"invoice {number} is wrong, please correct it", "billing") for number in range(12)]
    rows += [("where is my parcel, it should be here", "Delivery "), ("hello there everybody", "")]
    path.write_text("text,topic\n" + "\n".join(f'"{text}",{topic}' for text, topic in rows), "utf-8")
    return tables.import_file(settings, "local", path, name="tickets.csv")


def button(app, key: str):
    return next(found for found in app.button if found.key == key)


def test_it_finds_columns_and_problems_and_starts_a_fine_tune(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    assert not app.exception
    said = texts(app)
    assert "no label" in said and "rows to learn from" in said.replace("row to", "rows to")
    assert button(app, "tune").label.startswith("Tune on") and not button(app, "tune").disabled
    assert "python -m core finetune tickets.csv" in said and "--label topic" in said
    button(app, "tune").click()
    app.run()
    assert not app.exception
    job = jobs.list_jobs(settings, owner="local")[0]
    spec = open_run(settings, job.id).spec()
    assert isinstance(spec, FinetuneSpec) and (spec.name, spec.model, spec.dials.epochs) == ("tickets", "embedded:minilm", 8)


def test_a_preset_and_a_dial_are_taken(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    app.radio(key="preset").set_value("quick")
    app.run()
    app.number_input(key="dial-quick-learning_rate").set_value(0.001)
    app.run()
    assert not app.exception
    said = texts(app)
    assert "--preset quick" in said and "--set learning_rate=0.001" in said


def test_one_class_cannot_be_learned(settings, tmp_path, open_page) -> None:
    path = tmp_path / "one.csv"
    path.write_text("text,topic\n" + "\n".join(f"the text of number {number},same" for number in range(20)), "utf-8")
    tables.import_file(settings, "local", path, name="one.csv")
    app = open_page("training/finetune")
    app.selectbox(key=next(box.key for box in app.selectbox if str(box.key).endswith("-label"))).set_value(1)
    app.run()
    assert not app.exception and button(app, "tune").disabled
    assert "label" in "\n".join(str(error.value) for error in app.error)


def test_without_a_table_it_offers_the_sample(settings, open_page) -> None:
    app = open_page("training/finetune")
    assert not app.exception and "There is no table yet" in texts(app)
