"""From what the user chose to the spec of a demo."""

from __future__ import annotations

from collections.abc import Sequence

from core import models
from core.demos.facts import task_of
from core.schema import DemoSpec
from core.settings import Settings
from core.workspaces import LOCAL


def make_spec(
    settings: Settings, model: str, *, task: str | None = None, title: str = "", examples: Sequence[Sequence[str]] = (), owner: str = LOCAL
) -> DemoSpec:
    """The spec of a demo.

    Args:
        model: reference.
        task: Hub name; without one the model's first.
        examples: rows of texts, one for each box of the page.
        owner: workspace whose models are meant.

    Raises:
        BadInput: the model cannot do the task.
        NotFound: no such model.
    """
    files = models.resolve(settings, model, owner)
    rows = tuple(tuple(row) for row in examples)
    return DemoSpec(task=task_of(files, task), model=model, revision=files.revision, title=title, examples=rows)
