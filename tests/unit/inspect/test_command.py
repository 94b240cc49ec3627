"""The command that a page shows is read back as the look it stands for."""

from __future__ import annotations

import shlex

import pytest
import typer
from typer.testing import CliRunner

from core.cli import logits
from core.inspect.command import command_line
from core.schema import LookSpec

TEXTS = ["good", "-1 'quoted' \"text\"\nsecond $HOME line", "--json", "naïve 👍🏽"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("task", "more", "options"),
    [
        ("text-classification", {}, {"threshold": 0.3}),
        ("text-classification", {"text_pair": "- second"}, {}),
        ("token-classification", {}, {"aggregation": "first"}),
        ("question-answering", {"question": "-who?"}, {"handle_no_answer": True}),
        ("zero-shot-classification", {}, {"multi_label": True, "labels": "phone,price", "hypothesis_template": "-about {}"}),
    ],
)
def test_the_command_is_the_look(text, task, more, options, monkeypatch) -> None:
    main = "context" if task == "question-answering" else "text"
    look = LookSpec(task=task, model="embedded:x", revision="0" * 40, cells={**more, main: text}, options=options)
    seen = {}

    def read(settings, task, model, cells, options):
        seen.update(task=task, model=model, cells=cells, options=options)
        raise typer.Exit

    monkeypatch.setattr(logits, "_look", read)
    app = typer.Typer()
    app.command("logits")(logits.logits)
    app.command("other")(lambda: None)
    words = shlex.split(command_line(look))
    assert words[:3] == ["python", "-m", "core"]
    CliRunner().invoke(app, words[3:])
    assert seen == {"task": task, "model": "embedded:x", "cells": dict(look.cells), "options": options}
    assert "--attribution" not in words and shlex.split(command_line(look, attribution="shapley"))[-1] in ("shapley", text)
